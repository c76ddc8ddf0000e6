/** The examples of docs/operations.md do what it says: on a broker with a topic, its data directory once it is stopped, and a copy. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '../../src/index.ts';
import { check, examplesOf } from './documented-commands.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-docs-'));
const home = process.cwd();
const examples = examplesOf('operations.md');
let broker: Broker;

async function withOrders(dataDir?: string): Promise<Broker> {
  const started = await startBroker({ topics: ['orders'], dataDir });
  await started.produce('orders', ['one', 'two']);
  return started;
}

before(async () => {
  process.chdir(directory);
  const stopped = await withOrders('data');
  await stopped.close();
  cpSync('data', 'backup', { recursive: true });
  broker = await withOrders();
});
after(async () => {
  process.chdir(home);
  await broker.close();
  rmSync(directory, { recursive: true, force: true });
});

test('there are examples', () => assert.ok(examples.length >= 4));

for (const example of examples) test(`$ ${example.command}`, () => check(example, broker.bootstrapServers));
