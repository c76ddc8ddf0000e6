/** The examples of docs/terminal.md do what it says, in their order, against one broker. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '../../src/index.ts';
import { check, examplesOf } from './documented-commands.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-docs-'));
const home = process.cwd();
const examples = examplesOf('terminal.md');
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

test('there are examples', () => assert.ok(examples.length > 20));

for (const example of examples) test(`$ ${example.command}`, () => check(example, broker.bootstrapServers));
