/** Which records consumer groups write, in Kafka's order, and that the state is what the log says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecords, batchPositions } from '../../../../protocol/records/iterate.ts';
import { ConsumerWorld, EAGER } from '../../../support/consumer-world.ts';

/** Types of the records that were written since `mark`, a batch each; a tombstone is negative. */
class Writes {
  readonly #world: ConsumerWorld;
  #seen = 0;

  constructor(world: ConsumerWorld) {
    this.#world = world;
  }

  async next(): Promise<number[][]> {
    const { partitions, engine, coordinator } = this.#world;
    const log = partitions.get('__consumer_offsets', coordinator.partitionFor('group'));
    assert.ok(log !== undefined);
    const stream = this.#world.metadata.topic('__consumer_offsets')?.partitions.at(log.index)?.stream;
    const batches = engine.streams.get(stream as never)?.batches ?? [];
    const fresh = batches.slice(this.#seen);
    this.#seen = batches.length;
    const all: number[][] = [];
    for (const { bytes } of fresh) {
      for (const at of batchPositions(bytes)) {
        const records = await decodeRecords(bytes, at);
        all.push(records.map(({ key, value }) => (value === null ? -1 : 1) * (key as Buffer).readInt16BE(0)));
      }
    }
    return all;
  }
}

test('joining, waiting, reconciling and leaving write what Kafka writes', async () => {
  const world = await ConsumerWorld.open(EAGER);
  const writes = new Writes(world);
  await world.joinConsumer('a');
  assert.deepEqual(await writes.next(), [[5, 3, 7, 6, 8]]);
  await world.joinConsumer('b');
  assert.deepEqual(await writes.next(), [[5, 3, 7, 7, 6, 8]]);
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1, 2, 3] } });
  assert.deepEqual(await writes.next(), [[8]]);
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1, 2, 3] } });
  assert.deepEqual(await writes.next(), []);
  await world.beat('b', { memberEpoch: -1 });
  assert.deepEqual(await writes.next(), [[-8, -7, -5, 3]]);
  await world.beat('a', { memberEpoch: -1 });
  assert.deepEqual(await writes.next(), [[-8, -7, -5, 3, 6]]);
});

test('a static member that goes for a while and comes back writes what Kafka writes', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', { instanceId: 'i' });
  const writes = new Writes(world);
  await writes.next();
  await world.beat('a', { instanceId: 'i', memberEpoch: -2 });
  assert.deepEqual(await writes.next(), [[8]]);
  await world.joinConsumer('b', { instanceId: 'i' });
  assert.deepEqual(await writes.next(), [[-8, -7, -5, 5, 7, 8, 8]]);
});

test('a regular expression is a record of its own, which goes with its last member', async () => {
  const world = await ConsumerWorld.open(EAGER);
  const writes = new Writes(world);
  await world.joinConsumer('a', { subscribedTopicNames: [], subscribedTopicRegex: 'o.*' });
  assert.deepEqual(await writes.next(), [[5, 8]]);
  await world.turn();
  assert.deepEqual(await writes.next(), [[16, 3]]);
  await world.beat('a', { memberEpoch: 1, owned: {} });
  assert.deepEqual(await writes.next(), [[7, 6, 8]]);
  await world.beat('a', { memberEpoch: -1 });
  assert.deepEqual(await writes.next(), [[-8, -7, -5, -16, 3, 6]]);
});

test('a downgrade writes tombstones for everything, then the classic group, in one batch', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  world.join({ memberId: 'x' });
  await world.pass(0);
  const writes = new Writes(world);
  await writes.next();
  await world.beat('a', { memberEpoch: -1 });
  assert.deepEqual(await writes.next(), [[-8, -8, -7, -7, -6, -5, -5, -4, -3, 2]]);
});

test('deleting an empty group writes the same tombstones', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  await world.beat('a', { memberEpoch: -1 });
  const writes = new Writes(world);
  await writes.next();
  await world.apis.deleteGroup('group');
  assert.deepEqual(await writes.next(), [[-6, -4, -3]]);
});

test('a write that is lost leaves nothing behind', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  const before = await world.describe();
  world.engine.autoCommit = false;
  const joining = world.beat('b', {
    memberEpoch: 0,
    rebalanceTimeoutMs: 1000,
    subscribedTopicNames: ['orders'],
    owned: {},
  });
  await world.pass(0);
  const beating = world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1, 2, 3] } });
  await world.pass(0);
  world.engine.fail();
  world.engine.autoCommit = true;
  assert.notEqual((await joining).errorCode, 0);
  assert.notEqual((await beating).errorCode, 0);
  assert.deepEqual(await world.describe(), before);
});
