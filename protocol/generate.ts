/**
 * Generates protocol/generated from protocol/messages: one module per message, and maps of the codecs.
 *
 * Runs on `npm ci` and before a build. The result is not committed: it is deterministic and takes under a second.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileName, generateCodecMap, generateMessage, generateResponseReaders } from './generator/file.ts';
import type { Message } from './schema.ts';

const here = import.meta.dirname;
const source = join(here, 'messages');
const target = join(here, 'generated');

/** All message schemas, in the order of their file names. */
async function loadMessages(): Promise<Message[]> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const messages: Message[] = [];
  for (const file of files.toSorted()) {
    const module = (await import(join(source, file))) as Record<string, Message>;
    messages.push(...Object.values(module));
  }
  return messages;
}

/** Writes a file unless it has that text already, so that watchers stay quiet. */
function writeIfChanged(path: string, text: string): void {
  let current: string | undefined;
  try {
    current = readFileSync(path, 'utf8');
  } catch {
    current = undefined; // not there yet
  }
  if (current !== text) writeFileSync(path, text);
}

const messages = await loadMessages();
mkdirSync(target, { recursive: true });
const files = new Map([
  ['codecs.ts', generateCodecMap(messages)],
  ['response-readers.ts', generateResponseReaders(messages)],
]);
for (const message of messages) files.set(`${fileName(message.name)}.ts`, generateMessage(message));
for (const old of readdirSync(target)) if (!files.has(old)) rmSync(join(target, old));
for (const [file, text] of files) writeIfChanged(join(target, file), text);
