/** What members may say about records of a share partition, and what becomes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { AcknowledgeType } from '../../src/share/acknowledge.ts';
import { batch, LOCK_MS, Rig, type RigOptions } from './rig.ts';
import { cpuClock } from '../support/cpu-time.ts';

const { GAP, ACCEPT, RELEASE, REJECT, RENEW } = AcknowledgeType;

/** A partition of which member a has 0-9 in two batches. */
function acquired(options: RigOptions = {}): Rig {
  const rig = new Rig(options);
  rig.fetch('a', [batch(0, 4)]);
  rig.fetch('a', [batch(5, 9)]);
  return rig;
}

function refused(code: number): (error: unknown) => boolean {
  return (error) => error instanceof KafkaError && error.code === code;
}

test('what is accepted is stored before it is answered, and moves the start offset', async () => {
  const rig = acquired();
  await rig.acknowledge('a', 0, 9, ACCEPT);
  assert.deepEqual(rig.updates, [
    {
      stateEpoch: 2,
      startOffset: 0,
      deliveryCompleteCount: 10,
      batches: [{ firstOffset: 0, lastOffset: 9, deliveryState: 2, deliveryCount: 1 }],
    },
  ]);
  assert.equal(rig.partition.startOffset, 10);
  assert.equal(rig.partition.nextFetchOffset(), 10);
});

test('each record may have its own type; gaps and rejected records are archived', async () => {
  const rig = acquired();
  await rig.acknowledge('a', 0, 4, ACCEPT, GAP, RELEASE, REJECT, ACCEPT);
  assert.deepEqual(rig.lastStored, ['0-0=2', '1-1=4', '2-2=0', '3-3=4', '4-4=2']);
  assert.equal(rig.partition.startOffset, 2);
});

test('the start offset is stored with the next change', async () => {
  const rig = acquired();
  await rig.acknowledge('a', 0, 4, ACCEPT);
  await rig.acknowledge('a', 5, 5, ACCEPT);
  assert.equal(rig.updates.at(-1)?.startOffset, 5);
  assert.equal(rig.updates.at(-1)?.deliveryCompleteCount, 1);
});

test('records of others, and records that nobody has, cannot be acknowledged', async () => {
  const rig = acquired();
  await assert.rejects(rig.acknowledge('b', 0, 4, ACCEPT), refused(ErrorCode.INVALID_RECORD_STATE));
  await rig.acknowledge('a', 1, 1, RELEASE);
  await assert.rejects(rig.acknowledge('a', 0, 4, ACCEPT), refused(ErrorCode.INVALID_RECORD_STATE));
  await assert.rejects(rig.acknowledge('a', 1, 1, ACCEPT), refused(ErrorCode.INVALID_RECORD_STATE));
});

test('what lies past the acquired records is no valid request, what lies before the start offset is done with', async () => {
  const rig = acquired();
  await assert.rejects(rig.acknowledge('a', 8, 10, ACCEPT), refused(ErrorCode.INVALID_REQUEST));
  await assert.rejects(rig.acknowledge('a', 10, 12, ACCEPT), refused(ErrorCode.INVALID_REQUEST));
  await rig.acknowledge('a', 0, 4, ACCEPT);
  await rig.acknowledge('b', 0, 4, ACCEPT);
  assert.equal(rig.updates.length, 1);
});

test('a range that begins before the start offset acknowledges what is left of it', async () => {
  const rig = acquired();
  await rig.acknowledge('a', -1, 1, ACCEPT);
  assert.equal(rig.partition.startOffset, 2);
  await rig.acknowledge('a', 0, 3, ACCEPT);
  assert.equal(rig.partition.startOffset, 4);
});

test('acknowledgements of one partition are all taken, or none of them', async () => {
  const rig = acquired();
  const accept = (firstOffset: number, lastOffset: number) => ({ firstOffset, lastOffset, types: [ACCEPT] });
  const overlapping = rig.partition.acknowledge('a', [accept(0, 3), accept(3, 4)]);
  await assert.rejects(overlapping, refused(ErrorCode.INVALID_RECORD_STATE));
  const tooFar = rig.partition.acknowledge('a', [accept(0, 3), accept(4, 20)]);
  await assert.rejects(tooFar, refused(ErrorCode.INVALID_REQUEST));
  assert.equal(rig.updates.length, 0);
  await rig.partition.acknowledge('a', [accept(0, 3), accept(4, 9)]);
  assert.equal(rig.partition.startOffset, 10);
});

test('an unknown type is no valid request', async () => {
  await assert.rejects(acquired().acknowledge('a', 0, 4, 5), refused(ErrorCode.INVALID_REQUEST));
});

test('while an acknowledgement is being stored, its records can neither be acknowledged nor acquired', async () => {
  const rig = acquired();
  let open = (): void => {};
  rig.gate = new Promise((resolve) => (open = resolve));
  const stored = rig.acknowledge('a', 0, 4, RELEASE);
  await assert.rejects(rig.acknowledge('a', 0, 4, ACCEPT), refused(ErrorCode.INVALID_RECORD_STATE));
  assert.equal(rig.partition.nextFetchOffset(), 10);
  open();
  await stored;
  assert.equal(rig.partition.nextFetchOffset(), 0);
});

test('what cannot be stored is taken back: the member still has its records', async () => {
  const rig = acquired();
  rig.error = new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  await assert.rejects(rig.acknowledge('a', 0, 4, ACCEPT), refused(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  assert.equal(rig.partition.startOffset, 0);
  rig.error = null;
  await rig.acknowledge('a', 0, 9, ACCEPT);
  assert.equal(rig.partition.startOffset, 10);
});

test('a lock that runs out while an acknowledgement cannot be stored is not taken again', async () => {
  const rig = acquired();
  let open = (): void => {};
  rig.gate = new Promise((resolve) => (open = resolve));
  rig.error = new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const lost = assert.rejects(rig.acknowledge('a', 0, 4, ACCEPT));
  rig.clock.advance(LOCK_MS);
  open();
  await lost;
  assert.deepEqual(rig.fetch('b', [batch(0, 4)]), ['0-4#2']);
});

test('a renewed lock begins anew, for the renewed records only', async () => {
  const rig = acquired();
  await rig.pass(LOCK_MS - 1);
  await rig.acknowledge('a', 1, 2, RENEW);
  await rig.pass(1);
  assert.deepEqual(rig.lastStored, ['5-9=0']);
  assert.deepEqual(rig.fetch('b', [batch(0, 4), batch(5, 9)]), ['0-0#2', '3-4#2', '5-9#2']);
  await rig.acknowledge('a', 1, 2, ACCEPT);
});

test('a group may forbid to renew', async () => {
  const rig = acquired({ settings: { renewAcknowledgeEnable: false } });
  await assert.rejects(rig.acknowledge('a', 1, 2, RENEW), refused(ErrorCode.INVALID_RECORD_STATE));
});

test('a member that goes gives back what it has, and nothing of others', async () => {
  const rig = acquired();
  rig.fetch('b', [batch(10, 14)]);
  await rig.acknowledge('a', 2, 2, ACCEPT);
  await rig.partition.release('a');
  assert.deepEqual(rig.lastStored, ['0-1=0', '3-9=0']);
  const log = [batch(0, 4), batch(5, 9), batch(10, 14)];
  assert.deepEqual(rig.fetch('c', log), ['0-1#2', '3-4#2', '5-9#2']);
  await rig.acknowledge('b', 10, 14, ACCEPT);
});

test('with dead letters, records that are given up are kept there before they are archived', async () => {
  const rig = acquired({ hasDeadLetters: true, settings: { deliveryCountLimit: 2 } });
  await rig.acknowledge('a', 0, 1, REJECT);
  assert.deepEqual(rig.updates[0]?.batches, [{ firstOffset: 0, lastOffset: 1, deliveryState: 3, deliveryCount: 1 }]);
  await rig.pass(0);
  assert.deepEqual(rig.lastStored, ['0-1=4']);
  assert.equal(rig.partition.startOffset, 2);
  await rig.pass(LOCK_MS);
  rig.fetch('b', [batch(0, 4), batch(5, 9)]);
  await rig.pass(LOCK_MS);
  assert.deepEqual(
    rig.deadLetters.map(({ firstOffset, lastOffset, cause }) => `${firstOffset}-${lastOffset} ${cause}`),
    ['0-1 rejected', '2-4 delivery-count-limit', '5-9 delivery-count-limit'],
  );
  assert.equal(rig.partition.startOffset, 10);
});

test('those who wait are told when something may be acquired, and when nobody is served any more', async () => {
  const rig = acquired();
  let told = 0;
  const waiter = (): void => void (told += 1);
  rig.partition.addWaiter(waiter);
  await rig.acknowledge('a', 0, 0, RELEASE);
  assert.ok(told > 0);
  const before = told;
  rig.partition.close();
  assert.ok(told > before);
  assert.equal(rig.clock.pendingTimers <= 1, true);
  assert.equal(rig.partition.canAcquire(), false);
});

test('a lock behind what is being stored ends with the partition: nothing is written when time is up', async () => {
  const rig = acquired();
  let open = (): void => {};
  rig.gate = new Promise((resolve) => (open = resolve));
  rig.error = new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  const lost = assert.rejects(rig.acknowledge('a', 0, 4, ACCEPT));
  rig.partition.close();
  open();
  await lost;
  const { length } = rig.updates;
  await rig.pass(LOCK_MS);
  assert.equal(rig.updates.length, length);
});

test('records that were being archived when the broker went are sent to the dead letters again', async () => {
  const stored = [
    { firstOffset: 0, lastOffset: 1, deliveryState: 3, deliveryCount: 1 },
    { firstOffset: 2, lastOffset: 2, deliveryState: 3, deliveryCount: 5 },
    { firstOffset: 3, lastOffset: 3, deliveryState: 0, deliveryCount: 1 },
  ];
  const rig = new Rig({ stored, hasDeadLetters: true });
  await rig.pass(0);
  assert.deepEqual(
    rig.deadLetters.map(({ firstOffset, lastOffset, cause }) => `${firstOffset}-${lastOffset} ${cause}`),
    ['0-1 rejected', '2-2 delivery-count-limit'],
  );
  assert.equal(rig.partition.startOffset, 3);
});

test('records of a large batch that are each treated differently take no time that grows with their square', async () => {
  const count = 30_000;
  const rig = new Rig({ settings: { maxRecordLocks: count } });
  const log = [batch(0, count - 1)];
  const types = Array.from({ length: count }, (_, i) =>
    i % 2 === 0 ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE,
  );
  const cpuMs = cpuClock();
  rig.fetch('a', log, { maxRecords: count });
  await rig.acknowledge('a', 0, count - 1, ...types);
  assert.equal(rig.fetch('a', log, { maxRecords: count }).length, count / 2);
  await rig.partition.release('a');
  assert.equal(rig.fetch('a', log, { maxRecords: count }).length, count / 2);
  await rig.pass(LOCK_MS + 1);
  assert.equal(rig.fetch('b', log, { maxRecords: count })[0], '1-1#4');
  assert.ok(cpuMs() < 3000);
});
