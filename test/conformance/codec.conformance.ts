/**
 * Every message in every version, as the generated codecs write it, read and written again by Kafka's own code: that of
 * 4.4, and that of 3.9.1 for the versions that 4.0 dropped.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiInfo } from '../../protocol/apis.ts';
import type { Message } from '../../protocol/schema.ts';
import { Writer } from '../../protocol/writer.ts';
import { seededRandom } from '../../src/base/random.ts';
import { cacheDir } from '../support/broker-process.ts';
import { loadCodecs } from '../support/codecs.ts';
import { randomMessage, versionsOf } from '../support/schema-interpreter.ts';
import { missing } from './client-suite.ts';

const SEED = 99;
const ROUNDS = 15;

const current = join(cacheDir, 'kafka');
const old = join(cacheDir, 'java39');
const needs = { files: [join(current, 'kafka-clients-4.4.0.jar')], component: 'kafka' };
const needsOld = { files: [join(old, 'kafka-clients-3.9.1.jar')], component: 'java39' };

/** Whether 4.0 dropped this version of a message. */
function isDropped({ kind, apiKey = -1 }: Message, version: number): boolean {
  if (kind !== 'request' && kind !== 'response') return false;
  return version < (apiInfo.get(apiKey)?.minVersion ?? 0);
}

async function randomLines(isWanted: (schema: Message, version: number) => boolean): Promise<string[]> {
  const random = seededRandom(SEED);
  const lines: string[] = [];
  for (const { schema, write } of await loadCodecs()) {
    if (schema.kind === 'header') continue;
    for (const version of versionsOf(schema)) {
      if (!isWanted(schema, version)) continue;
      for (let round = 0; round < ROUNDS; round++) {
        const writer = new Writer();
        write(writer, randomMessage(schema, version, random), version);
        lines.push(`${schema.name} ${version} ${writer.toBuffer().toString('hex')}`);
      }
    }
  }
  return lines;
}

async function compare(libs: string, lines: readonly string[]): Promise<void> {
  const source = join(import.meta.dirname, 'java/CodecCheck.java');
  const child = spawn('java', ['-Xmx256m', '-cp', `${libs}/*`, source], { stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(`${lines.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(output.slice(0, 4_000).trim(), `checked ${lines.length}`);
  assert.equal(code, 0);
}

test("Kafka's own code reads every message and writes it as the same bytes", { skip: missing(needs) }, async () => {
  await compare(current, await randomLines((schema, version) => !isDropped(schema, version)));
});

test("Kafka 3.9's own code does so in every version that 4.0 dropped", { skip: missing(needsOld) }, async () => {
  const golden = readFileSync(join(import.meta.dirname, '../golden/old-messages.hex'), 'utf8')
    .trim()
    .split('\n');
  await compare(old, [...golden, ...(await randomLines(isDropped))]);
});
