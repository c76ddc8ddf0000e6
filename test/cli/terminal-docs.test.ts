/** The examples of docs/terminal.md do what it says, in their order, against one broker. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '../../src/index.ts';
import { type Ran, ran } from './in-process.ts';

const text = readFileSync(new URL('../../docs/terminal.md', import.meta.url), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'walka-docs-'));
const home = process.cwd();
let broker: Broker;
before(async () => {
  broker = await startBroker();
  process.chdir(directory);
});
after(async () => {
  process.chdir(home);
  await broker.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Example {
  readonly command: string;
  readonly expected: string;
}

/** Blocks of `$ command` with what it prints. */
function examples(): Example[] {
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

/** `printf '…' | walka …`, or one of the two. */
async function run(command: string): Promise<Ran> {
  const env = { WALKA_BOOTSTRAP_SERVERS: broker.bootstrapServers, NO_COLOR: '1' };
  let last: Ran = { code: 0, out: '', err: '' };
  for (const part of command.split(' | ')) {
    const [name, ...args] = words(part, broker.bootstrapServers);
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

test('there are examples', () => assert.ok(examples().length > 20));

for (const { command, expected } of examples()) {
  test(`$ ${command}`, async () => {
    const { out, err } = await run(command);
    assert.match(out + err, pattern(expected));
  });
}
