/** The state of share partitions: how it begins, is read, changes, is fenced, and lives through a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { startServices } from '../../../src/broker/services.ts';
import type { ShareCoordinator } from '../../../src/coordinator/share/coordinator.ts';
import {
  initialize,
  read,
  remove,
  type StateWrite,
  summarize,
  write,
} from '../../../src/coordinator/share/operations.ts';
import { coordinatorKey } from '../../../src/coordinator/share/coordinator-key.ts';
import type { SharePartitionKey } from '../../../src/coordinator/share/records.ts';
import { answer } from '../../../src/coordinator/types.ts';
import type { BrokerServices } from '../../../src/handlers/types.ts';
import { MemoryCatalog } from '../../../src/storage/catalog/memory.ts';
import { settle } from '../../support/groups.ts';
import { MemoryEngine } from '../../support/memory-engine.ts';
import { openTestServices } from '../../support/test-services.ts';

const TOPIC = '__share_group_state';

class World {
  readonly storage = { catalog: new MemoryCatalog(), engine: new MemoryEngine() };
  services!: BrokerServices;
  key!: SharePartitionKey;

  static async open(): Promise<World> {
    const world = new World();
    await world.start();
    const topic = { name: 'orders', partitionCount: 2, replicationFactor: 1, assignments: null, configs: new Map() };
    const { id } = await world.services.metadata.createTopic(topic);
    world.key = { groupId: 'group', topicId: id, partition: 1 };
    await world.states.ensureReady(coordinatorKey(world.key));
    return world;
  }

  async start(): Promise<void> {
    const settings = {
      'share.coordinator.state.topic.num.partitions': '1',
      'share.coordinator.snapshot.update.records.per.snapshot': '3',
    };
    ({ services: this.services } = await openTestServices({ ...this.storage, settings }));
    startServices(this.services);
    await this.states.whenLoaded();
  }

  get states(): ShareCoordinator {
    return this.services.shareStates;
  }

  initialize(stateEpoch = 2, startOffset = -1): Promise<void> {
    return this.states.run(this.key, (shard) => initialize(shard, this.key, { stateEpoch, startOffset }));
  }

  read(leaderEpoch: number) {
    return this.states.run(this.key, (shard) => read(shard, this.key, leaderEpoch));
  }

  write(fields: Partial<StateWrite>): Promise<void> {
    const change = { stateEpoch: 2, leaderEpoch: 5, startOffset: 0, deliveryCompleteCount: 0, batches: [], ...fields };
    return this.states.run(this.key, (shard) => write(shard, this.key, change));
  }

  get recordCount(): number {
    return this.services.partitions.get(TOPIC, 0)?.logEndOffset ?? 0;
  }
}

function batch(firstOffset: number, lastOffset: number, deliveryState: number, deliveryCount = 1) {
  return { firstOffset, lastOffset, deliveryState, deliveryCount };
}

function refused(code: number): (error: unknown) => boolean {
  return (error) => error instanceof KafkaError && error.code === code;
}

test('a state that is not initialized can be neither read nor written', async () => {
  const world = await World.open();
  await assert.rejects(world.read(0), refused(ErrorCode.INVALID_REQUEST));
  await assert.rejects(world.write({}), refused(ErrorCode.INVALID_REQUEST));
  const summary = await world.states.run(world.key, (shard) => summarize(shard, world.key));
  assert.deepEqual(summary, { stateEpoch: 0, leaderEpoch: 0, startOffset: -1, deliveryCompleteCount: -1 });
});

test('what leaders write comes together, and what lies before the start offset goes', async () => {
  const world = await World.open();
  await world.initialize();
  assert.equal((await world.read(5)).startOffset, -1);
  await world.write({ deliveryCompleteCount: 5, batches: [batch(0, 4, 2), batch(5, 9, 0)] });
  await world.write({ startOffset: 3, deliveryCompleteCount: 4, batches: [batch(7, 8, 2, 2)] });
  const { startOffset, deliveryCompleteCount, batches } = await world.read(5);
  assert.equal(startOffset, 3);
  assert.equal(deliveryCompleteCount, 4);
  assert.deepEqual(batches, [batch(3, 4, 2), batch(5, 6, 0), batch(7, 8, 2, 2), batch(9, 9, 0)]);
});

test('the start offset never goes back', async () => {
  const world = await World.open();
  await world.initialize();
  await world.read(5);
  await world.write({ startOffset: 10, deliveryCompleteCount: 1 });
  await world.write({ startOffset: 4, deliveryCompleteCount: 7 });
  const { startOffset, deliveryCompleteCount } = await world.read(5);
  assert.deepEqual([startOffset, deliveryCompleteCount], [10, 1]);
});

test('an update leaves out what lies before the start offset that the state has already', async () => {
  const world = await World.open();
  await world.initialize();
  await world.read(5);
  await world.write({ startOffset: 10 });
  const late = { stateEpoch: 2, leaderEpoch: 5, startOffset: 4, deliveryCompleteCount: 0 };
  const [record] = await world.states.run(world.key, (shard) =>
    answer(write(shard, world.key, { ...late, batches: [batch(4, 6, 2), batch(8, 12, 0)] }).records),
  );
  assert.deepEqual(record?.value?.stateBatches, [batch(10, 12, 0)]);
});

test('nobody is told where a group begins before that is committed', async () => {
  const world = await World.open();
  const begins = async () => (await world.states.run(world.key, (shard) => summarize(shard, world.key))).startOffset;
  await world.initialize();
  await world.read(5);
  await world.write({ startOffset: 4 });
  const { engine } = world.storage;
  engine.autoCommit = false;
  const written = assert.rejects(world.write({ startOffset: 10 }), refused(ErrorCode.NOT_COORDINATOR));
  const told = assert.rejects(begins(), refused(ErrorCode.NOT_COORDINATOR));
  await settle();
  engine.fail();
  await Promise.all([written, told]);
  assert.equal(await begins(), 4);
  const again = world.write({ startOffset: 10 });
  const moved = begins();
  engine.commit();
  await again;
  assert.equal(await moved, 10);
});

test('a leader that reads fences those before it, and is remembered', async () => {
  const world = await World.open();
  await world.initialize();
  await world.read(5);
  await assert.rejects(world.read(4), refused(ErrorCode.FENCED_LEADER_EPOCH));
  await assert.rejects(world.write({ leaderEpoch: 4 }), refused(ErrorCode.FENCED_LEADER_EPOCH));
  await world.start();
  await assert.rejects(world.read(4), refused(ErrorCode.FENCED_LEADER_EPOCH));
});

test('a state that begins anew fences those that work with the old one', async () => {
  const world = await World.open();
  await world.initialize(2);
  await world.read(5);
  await world.write({ startOffset: 4, batches: [batch(4, 9, 2)] });
  await world.initialize(7, 20);
  await assert.rejects(world.write({ stateEpoch: 2 }), refused(ErrorCode.FENCED_STATE_EPOCH));
  await assert.rejects(world.initialize(6), refused(ErrorCode.FENCED_STATE_EPOCH));
  const { stateEpoch, startOffset, batches } = await world.read(5);
  assert.deepEqual([stateEpoch, startOffset, batches], [7, 20, []]);
});

test('after so many updates there is a snapshot, and the state is the same after a restart', async () => {
  const world = await World.open();
  await world.initialize();
  await world.read(5);
  for (let offset = 0; offset < 9; offset++)
    await world.write({ batches: [batch(offset, offset, offset % 3 === 0 ? 0 : 2)] });
  const before = await world.read(5);
  assert.equal(before.snapshotEpoch, 2);
  assert.equal(world.recordCount, 11);
  await world.start();
  assert.deepEqual(await world.read(5), before);
});

test('a state that begins anew keeps count of the updates until its next snapshot', async () => {
  const world = await World.open();
  await world.initialize();
  await world.read(5);
  await world.write({ batches: [batch(0, 0, 2)] });
  await world.initialize(7, 20);
  await world.write({ stateEpoch: 7, startOffset: 20 });
  assert.equal((await world.read(5)).snapshotEpoch, 1);
  await world.write({ stateEpoch: 7, startOffset: 20 });
  assert.equal((await world.read(5)).snapshotEpoch, 2);
});

test('a deleted state is gone, also after a restart; to delete it again is no error', async () => {
  const world = await World.open();
  await world.initialize();
  const deleteState = (): Promise<void> => world.states.run(world.key, (shard) => remove(shard, world.key));
  await deleteState();
  await deleteState();
  await world.start();
  await assert.rejects(world.read(0), refused(ErrorCode.INVALID_REQUEST));
});

test('the states of a topic go with it', async () => {
  const world = await World.open();
  await world.initialize();
  const { recordCount } = world;
  await world.services.metadata.deleteTopic('orders');
  assert.equal(world.recordCount, recordCount + 1);
});

test('the states of a topic that many groups read go with it, though one batch does not hold so much', async () => {
  const world = await World.open();
  const { topicId } = world.key;
  const keys = Array.from({ length: 6000 }, (_, i) => ({ groupId: `${i}`.padStart(200, 'x'), topicId, partition: 0 }));
  const begun = { stateEpoch: 2, startOffset: -1 };
  await Promise.all(keys.map((key) => world.states.run(key, (shard) => initialize(shard, key, begun))));
  await world.services.metadata.deleteTopic('orders');
  const left = await world.states.run(world.key, (shard) => answer([...shard.states()].length));
  assert.equal(left, 0);
});

test('a partition that is not there, and numbers below 0, are refused', async () => {
  const world = await World.open();
  const other = { ...world.key, partition: 2 };
  const begun = { stateEpoch: 0, startOffset: -1 };
  const begin = (key: SharePartitionKey, fields = begun): Promise<void> =>
    world.states.run(key, (shard) => initialize(shard, key, fields));
  await assert.rejects(begin(other), refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
  await assert.rejects(begin({ ...world.key, partition: -1 }), refused(ErrorCode.INVALID_REQUEST));
  await assert.rejects(begin(world.key, { ...begun, stateEpoch: -1 }), refused(ErrorCode.INVALID_REQUEST));
});
