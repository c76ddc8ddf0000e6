/** What a member gets of a share partition. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcknowledgeType } from '../../src/share/acknowledge.ts';
import { AcquireMode } from '../../src/share/acquire.ts';
import { batch, LOCK_MS, Rig, shown } from './rig.ts';

const { ACCEPT, RELEASE, REJECT } = AcknowledgeType;
const EXACT = { mode: AcquireMode.RECORD_LIMIT };

test('records belong to one member at a time, and the next fetch goes on behind them', () => {
  const rig = new Rig();
  const log = [batch(0, 4), batch(5, 9)];
  assert.deepEqual(rig.fetch('a', log.slice(0, 1)), ['0-4#1']);
  assert.equal(rig.partition.nextFetchOffset(), 5);
  assert.deepEqual(rig.fetch('b', log), ['5-9#1']);
  assert.deepEqual(rig.fetch('c', log), []);
});

test('a batch is acquired whole although fewer records are wanted', () => {
  const log = [batch(0, 4), batch(5, 9)];
  assert.deepEqual(new Rig().fetch('a', log, { maxRecords: 3 }), ['0-4#1']);
  assert.deepEqual(new Rig().fetch('a', log, { maxRecords: 6 }), ['0-9#1']);
  assert.deepEqual(new Rig().fetch('a', log, { maxRecords: 0 }), []);
});

test('acquired batches have about the wanted size and end with batches of the log', () => {
  const log = [batch(0, 2), batch(3, 5), batch(6, 8), batch(9, 9)];
  assert.deepEqual(new Rig().fetch('a', log, { batchSize: 4 }), ['0-5#1', '6-9#1']);
  assert.deepEqual(new Rig().fetch('a', log, { batchSize: 1 }), ['0-2#1', '3-5#1', '6-8#1', '9-9#1']);
});

test('an exact record limit leaves the rest of the batch to the next fetch', () => {
  const rig = new Rig();
  const log = [batch(0, 9)];
  assert.deepEqual(rig.fetch('a', log, { ...EXACT, maxRecords: 4 }), ['0-3#1']);
  assert.equal(rig.partition.nextFetchOffset(), 4);
  assert.deepEqual(rig.fetch('b', log, { ...EXACT, maxRecords: 4 }), ['4-7#1']);
  assert.deepEqual(rig.fetch('c', log, { ...EXACT, maxRecords: 4 }), ['8-9#1']);
});

test('what is released comes again, and only that', async () => {
  const rig = new Rig();
  const log = [batch(0, 9)];
  rig.fetch('a', log);
  await rig.acknowledge('a', 0, 9, ACCEPT, RELEASE, ACCEPT, RELEASE, RELEASE, ...Array<number>(5).fill(ACCEPT));
  assert.equal(rig.partition.nextFetchOffset(), 1);
  assert.deepEqual(rig.fetch('b', log), ['1-1#2', '3-4#2']);
});

test('a read in the middle of a batch does not give what others have', async () => {
  const rig = new Rig();
  rig.fetch('a', [batch(0, 9)], { ...EXACT, maxRecords: 2 });
  rig.fetch('b', [batch(0, 9)], { ...EXACT, maxRecords: 2 });
  await rig.acknowledge('a', 0, 1, RELEASE);
  assert.deepEqual(rig.fetch('c', [batch(0, 9)]), ['0-1#2', '4-9#1']);
});

test('records that fail often come in ever smaller pieces, alone at last, and are then archived', async () => {
  const rig = new Rig();
  const log = [batch(0, 7)];
  const seen: string[] = [];
  for (let i = 0; i < 20; i++) {
    const acquired = rig.acquire('a', log);
    if (acquired.length === 0) break;
    seen.push(...acquired.map(shown));
    for (const { firstOffset, lastOffset } of acquired) await rig.acknowledge('a', firstOffset, lastOffset, RELEASE);
  }
  const singles = (first: number): string[] => [0, 1, 2, 3].map((i) => `${first + i}-${first + i}#5`);
  assert.deepEqual(seen, ['0-7#1', '0-7#2', '0-7#3', '0-3#4', ...singles(0), '4-7#4', ...singles(4)]);
  assert.equal(rig.partition.startOffset, 8);
});

test('records that failed often come whole behind more others of their batch than would come of them', async () => {
  const rig = new Rig();
  const log = [batch(0, 9)];
  rig.fetch('a', log);
  await rig.acknowledge('a', 6, 9, RELEASE);
  for (let i = 0; i < 2; i++) {
    rig.fetch('b', log);
    await rig.acknowledge('b', 6, 9, RELEASE);
  }
  await rig.acknowledge('a', 0, 5, RELEASE);
  assert.deepEqual(rig.fetch('c', log), ['0-5#2', '6-9#4']);
});

test('no more offsets are in flight than the limit, but what is available among them may come again', async () => {
  const rig = new Rig({ settings: { maxRecordLocks: 100 } });
  const log = [batch(0, 99), batch(100, 109)];
  assert.deepEqual(rig.fetch('a', log), ['0-99#1']);
  assert.equal(rig.partition.canAcquire(), false);
  assert.deepEqual(rig.fetch('b', log), []);
  await rig.acknowledge('a', 50, 50, RELEASE);
  assert.equal(rig.partition.canAcquire(), true);
  assert.deepEqual(rig.fetch('b', log), ['50-50#2']);
  await rig.acknowledge('a', 0, 9, ACCEPT);
  assert.deepEqual(rig.fetch('b', log), ['100-109#1']);
});

test('a lock that runs out makes its records available, and counts as a delivery', async () => {
  const rig = new Rig();
  const log = [batch(0, 4)];
  rig.fetch('a', log);
  await rig.pass(LOCK_MS - 1);
  assert.deepEqual(rig.fetch('b', log), []);
  await rig.pass(1);
  assert.deepEqual(rig.lastStored, ['0-4=0']);
  assert.deepEqual(rig.fetch('b', log), ['0-4#2']);
});

test('a lock that runs out for the last time archives', async () => {
  const rig = new Rig({ settings: { deliveryCountLimit: 2 } });
  const log = [batch(0, 4)];
  rig.fetch('a', log);
  await rig.pass(LOCK_MS);
  assert.deepEqual(rig.fetch('a', log), ['0-4#2']);
  await rig.pass(LOCK_MS);
  assert.deepEqual(rig.lastStored, ['0-4=4']);
  assert.deepEqual(rig.fetch('a', log), []);
  assert.equal(rig.partition.startOffset, 5);
});

test('batches that are in the log no more are archived when the read comes from behind them', async () => {
  const rig = new Rig();
  rig.fetch('a', [batch(0, 4)]);
  rig.fetch('a', [batch(5, 9)]);
  await rig.partition.release('a');
  assert.deepEqual(rig.fetch('a', [batch(5, 9)]), ['5-9#2']);
  await rig.acknowledge('a', 5, 9, REJECT);
  assert.equal(rig.partition.startOffset, 10);
});

test('a read_committed group does not get aborted batches, and their records are done with', async () => {
  const rig = new Rig();
  const transactional = { producerId: 7n, isTransactional: true };
  const log = [
    batch(0, 1),
    batch(2, 4, transactional),
    batch(5, 5, { ...transactional, isControl: true }),
    batch(6, 7, transactional),
    batch(8, 8, { ...transactional, isControl: true }),
  ];
  const aborted = [{ producerId: 7n, firstOffset: 2 }];
  assert.deepEqual(rig.fetch('a', log, { aborted }), ['0-1#1', '5-8#1']);
  await rig.acknowledge('a', 0, 1, ACCEPT);
  assert.equal(rig.partition.startOffset, 5);
});

test('what a stored state leaves out between its batches is fetched, later holes are not', async () => {
  const stored = [
    { firstOffset: 5, lastOffset: 6, deliveryState: 2, deliveryCount: 1 },
    { firstOffset: 9, lastOffset: 9, deliveryState: 0, deliveryCount: 1 },
  ];
  const rig = new Rig({ startOffset: 2, stored });
  assert.equal(rig.partition.nextFetchOffset(), 2);
  assert.deepEqual(rig.fetch('a', [batch(0, 4), batch(5, 9), batch(10, 12)]), ['2-4#1', '7-8#1', '9-9#2', '10-12#1']);
  assert.deepEqual(rig.fetch('a', [batch(13, 14), batch(20, 22)]), ['13-22#1']);
  await rig.acknowledge('a', 2, 4, ACCEPT);
  await rig.acknowledge('a', 7, 22, ACCEPT);
  assert.equal(rig.partition.startOffset, 23);
});

test('when the log begins later, what is available before is gone and what is acquired ends with its lock', async () => {
  const rig = new Rig();
  rig.fetch('a', [batch(0, 9)], { ...EXACT, maxRecords: 5 });
  rig.partition.moveLogStart(7);
  assert.equal(rig.partition.startOffset, 7);
  assert.equal(rig.partition.nextFetchOffset(), 7);
  assert.deepEqual(rig.fetch('b', [batch(0, 9)]), ['7-9#1']);
  await rig.acknowledge('a', 0, 4, RELEASE);
  await rig.pass(LOCK_MS);
  assert.deepEqual(rig.fetch('b', [batch(0, 9)]), ['7-9#2']);
});
