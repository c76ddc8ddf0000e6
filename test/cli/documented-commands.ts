/** The examples of a page of the documentation: blocks of `$ command` with what it prints. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Ran, ran } from './in-process.ts';

export interface Example {
  readonly command: string;
  readonly expected: string;
}

/** Those of `docs/PAGE`, in their order. */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const found: Example[] = [];
  for (const [, block = ''] of text.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const at = part.indexOf('\n');
      found.push({ command: part.slice(0, at), expected: part.slice(at + 1) });
    }
  }
  return found;
}

function words(command: string, bootstrap: string): string[] {
  const all = Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
  return all.map((word) => (word === '$WALKA_BOOTSTRAP_SERVERS' ? bootstrap : word));
}

/** Runs `printf '…' | walka …`, or one of the two, for the broker at `bootstrap`. */
async function run(command: string, bootstrap: string): Promise<Ran> {
  const env = { WALKA_BOOTSTRAP_SERVERS: bootstrap, NO_COLOR: '1' };
  let last: Ran = { code: 0, out: '', err: '' };
  for (const part of command.split(' | ')) {
    const [name, ...args] = words(part, bootstrap);
    if (name === 'printf') last = { code: 0, out: (args[0] ?? '').replaceAll('\\n', '\n'), err: '' };
    else {
      assert.equal(name, 'walka', part);
      last = await ran(args, env, last.out);
    }
  }
  return last;
}

/** `…` stands for any text of a line, and on a line of its own for any number of lines. */
function pattern(expected: string): RegExp {
  const escaped = expected.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const open = escaped.replaceAll(/^ *…\n/gm, '(?:.*\n)*').replaceAll('…', '[^\\n]*');
  return new RegExp(`^${open}$`);
}

/** The command prints what the page says. */
export async function check({ command, expected }: Example, bootstrap: string): Promise<void> {
  const { out, err } = await run(command, bootstrap);
  assert.match(out + err, pattern(expected));
}
