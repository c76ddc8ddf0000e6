/** A broker beside fake timers, as jest, vitest and sinon make them: put in place before it is loaded, and after. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** What vitest fakes unless it is told otherwise, and microtasks, as jest does. Without ticks, Node itself stands still. */
const PROGRAM = `
  import FakeTimers from '@sinonjs/fake-timers';
  const load = () => import(${JSON.stringify(join(root, 'src/index.ts'))});
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date',
    'performance', 'hrtime', 'queueMicrotask'];
  const fake = () => FakeTimers.install({ toFake, now: 0 });
  const before = process.argv.at(-1) === 'before';
  if (before) fake();
  const { startBroker } = await load();
  if (!before) fake();
  const broker = await startBroker({ topics: [{ name: 't', configs: { 'compression.type': 'gzip' } }] });
  await broker.produce('t', Array.from({ length: 3000 }, (_, i) => ({ key: 'k' + i, value: 'v'.repeat(1000) })));
  const waiting = broker.waitForRecords('t', 3001);
  await broker.produce('t', 'last');
  const records = await waiting;
  const failure = await broker.waitForRecords('t', 5000, { timeout: 5 }).catch(({ message }) => message.split('.')[0]);
  const delay = broker.delay('*', { ms: 1 });
  delay.remove();
  await broker.reset();
  console.log(records.length, records[0].timestamp > 1_700_000_000_000, failure, Date.now());
  await broker.close();
`;

for (const when of ['before', 'after']) {
  test(`a broker works under fake timers that were there ${when} it was loaded`, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', when], {
      encoding: 'utf8',
      timeout: 120_000,
      cwd: root,
    });
    const failure = 'waitForRecords: 3001 of 5000 records came to t within 5 ms';
    assert.deepEqual([stdout, status], [`3001 true ${failure} 0\n`, 0], stderr);
  });
}
