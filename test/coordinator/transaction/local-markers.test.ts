/** Markers are written until they are there, or until nobody needs them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { startServices } from '../../../src/broker/services.ts';
import { GROUP_METADATA_TOPIC } from '../../../src/metadata/topic-name.ts';
import type { EndTransactionMarker } from '../../../src/partition/types.ts';
import { ErrorCode } from '../../../protocol/errors.ts';
import { settle, Watched } from '../../support/groups.ts';
import { Lines } from '../../support/log-lines.ts';
import { openTestServices, type TestServices } from '../../support/test-services.ts';
import { codeOf, part } from '../../support/transactions.ts';

const MARKER: EndTransactionMarker = {
  producerId: 7n,
  producerEpoch: 3,
  coordinatorEpoch: 1,
  outcome: 'commit',
  transactionVersion: 2,
};

interface World extends TestServices {
  readonly clock: ManualClock;
  /** Log end offsets of topic `t`. */
  ends(): (number | undefined)[];
  write(marker?: Partial<EndTransactionMarker>, indexes?: readonly number[]): Watched<void>;
}

async function open(stack: AsyncDisposableStack): Promise<World> {
  const clock = new ManualClock();
  const opened = stack.use(await openTestServices({ clock, settings: { 'offsets.topic.num.partitions': '2' } }));
  const { services } = opened;
  startServices(services);
  const topic = { name: 't', partitionCount: 2, replicationFactor: 1, assignments: null, configs: new Map() };
  await services.metadata.createTopic(topic);
  return {
    ...opened,
    clock,
    ends: () => [0, 1].map((index) => services.partitions.get('t', index)?.logEndOffset),
    write: (marker = {}, indexes = [0, 1]) =>
      new Watched(services.markers.write(indexes.map(part), { ...MARKER, ...marker })),
  };
}

test('a marker is written into every partition, and waited for', async () => {
  await using stack = new AsyncDisposableStack();
  const world = await open(stack);
  world.engine.autoCommit = false;
  const written = world.write();
  await settle();
  assert.deepEqual(world.ends(), [1, 1]);
  assert.equal(written.isDone, false);
  world.engine.commit();
  await settle();
  assert.equal(written.isDone, true);
});

test('a marker that the disk has no room for is tried again until it has', async () => {
  await using stack = new AsyncDisposableStack();
  const world = await open(stack);
  world.engine.autoCommit = false;
  const written = world.write();
  for (let i = 0; i < 5; i++) {
    await settle();
    world.engine.fail('DISK_FULL');
    await settle();
    assert.deepEqual(world.ends(), [0, 0]);
    world.clock.advance(1000);
  }
  world.engine.autoCommit = true;
  await settle();
  world.engine.commit();
  await settle();
  assert.equal(written.isDone, true);
  assert.deepEqual(world.ends(), [1, 1]);
});

test('partitions that are deleted need no marker, not even while it is tried', async () => {
  await using stack = new AsyncDisposableStack();
  const world = await open(stack);
  const missing = world.write({}, [5]);
  await settle();
  assert.equal(missing.isDone, true);
  world.engine.autoCommit = false;
  const written = world.write();
  await settle();
  world.engine.fail();
  await world.services.metadata.deleteTopic('t');
  await settle();
  world.clock.advance(1000);
  await settle();
  assert.equal(written.isDone, true);
});

test('a partition that knows a newer epoch or coordinator is left alone', async () => {
  await using stack = new AsyncDisposableStack();
  const world = await open(stack);
  world.write();
  await settle();
  for (const older of [{ producerEpoch: 2 }, { coordinatorEpoch: 0 }]) {
    const refused = world.write(older);
    await settle();
    assert.equal(refused.isDone, true);
    assert.deepEqual(world.ends(), [1, 1]);
  }
  const { markers } = world.services;
  const once = (marker: Partial<EndTransactionMarker>): Promise<number> =>
    codeOf(markers.writeOnce(part(0), { ...MARKER, ...marker }));
  assert.equal(await once({ producerEpoch: 2 }), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(await once({ coordinatorEpoch: 0 }), ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  assert.equal(await codeOf(markers.writeOnce(part(9), MARKER)), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('markers of offsets go through the coordinator of groups, and wait without a word until it is loaded', async () => {
  await using stack = new AsyncDisposableStack();
  const first = await open(stack);
  await first.services.groups.ensureReady('g');
  const offsets = { topic: GROUP_METADATA_TOPIC, partition: 1 };
  const written = new Watched(first.services.markers.write([offsets], MARKER));
  await settle();
  assert.equal(written.isDone, true);
  const { engine, catalog, clock } = first;
  engine.asyncReads = true;
  const logger = new Lines();
  const { services } = stack.use(await openTestServices({ engine, catalog, clock, logger }));
  startServices(services);
  const again = new Watched(services.markers.write([offsets], MARKER));
  await settle();
  clock.advance(1000);
  await settle();
  assert.equal(again.isDone, true);
  assert.equal(services.partitions.get(GROUP_METADATA_TOPIC, 1)?.logEndOffset, 2);
  assert.deepEqual(logger.lines, []);
});

test('a broker that stops gives up, and leaves it to the next start', async () => {
  await using stack = new AsyncDisposableStack();
  const world = await open(stack);
  world.engine.autoCommit = false;
  const given = codeOf(world.write().promise);
  await settle();
  world.engine.fail();
  await settle();
  world.services.markers.close();
  assert.equal(await given, ErrorCode.NOT_COORDINATOR);
});
