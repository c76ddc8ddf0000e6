/** Dead letters of share groups, as Apache Kafka 4.4 writes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { batchPositions, decodeRecordsSync, type DecodedRecord } from '../../protocol/records/iterate.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { partsBytes } from '../../src/base/part-bytes.ts';
import { localSharePersister } from '../../src/broker/share-persister.ts';
import { ConfigResourceType } from '../../src/metadata/types.ts';
import { IsolationLevel, type PartitionLog } from '../../src/partition/types.ts';
import { DeadLetters } from '../../src/share/dead-letters/dead-letters.ts';
import type { DeadLetterQueue, DiscardCause } from '../../src/share/types.ts';
import { initializeState, ShareMember } from '../support/share-apis.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';

const RELEASE = 2;
const REJECT = 3;
const ARCHIVED = 4;

type Configs = Readonly<Record<string, string>>;

const ALLOWED: Configs = { 'errors.deadletterqueue.group.enable': 'true' };
const AUTO_CREATED: Configs = { 'errors.deadletterqueue.auto.create.topics.enable': 'true' };
const NAMED: Configs = { 'errors.deadletterqueue.topic.name': 'dlq.orders' };
const COPIED: Configs = { ...NAMED, 'errors.deadletterqueue.copy.record.enable': 'true' };

class World implements AsyncDisposable {
  readonly broker: TestBroker;
  readonly topicId: string;

  constructor(broker: TestBroker, topicId: string) {
    this.broker = broker;
    this.topicId = topicId;
  }

  /** A share group with such configs, and a topic of three partitions. */
  static async open(configs: Configs, settings: Configs = {}): Promise<World> {
    const broker = await startTestBroker({ settings });
    const { metadata } = broker.services;
    await metadata.alterDynamicConfigs(ConfigResourceType.GROUP, 'group', () => new Map(Object.entries(configs)));
    return new World(broker, await broker.createTopic('orders', 3));
  }

  log(name: string, index = 0): PartitionLog {
    return this.broker.services.partitions.get(name, index) as PartitionLog;
  }

  queue(index = 0): DeadLetterQueue {
    const key = { groupId: 'group', topicId: this.topicId, partition: index };
    return new DeadLetters(this.broker.services).of(key, this.log('orders', index));
  }

  async append(...values: string[]): Promise<void> {
    await this.appendBatch(buildBatch(recordsOf(values)));
  }

  async appendBatch(batch: Buffer): Promise<void> {
    const log = this.log('orders');
    const options = { origin: 'client', produceVersion: 13 } as const;
    await log.ready();
    const slice = plainSlice(batch);
    log.append((await log.prepare(slice, options)) ?? slice, options);
  }

  async letters(name = 'dlq.orders', index = 0): Promise<DecodedRecord[]> {
    return (await this.batches(name, index)).flat();
  }

  async batches(name = 'dlq.orders', index = 0): Promise<DecodedRecord[][]> {
    const { parts, byteLength } = await this.log(name, index).read({
      offset: 0,
      maxBytes: 100_000_000,
      atLeastOne: true,
      isolation: IsolationLevel.READ_UNCOMMITTED,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    });
    const bytes = await partsBytes(parts, byteLength);
    return [...batchPositions(bytes)].map((at) => decodeRecordsSync(bytes, at));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
  }
}

function recordsOf(values: readonly string[]) {
  const headers = [{ key: 'own', value: Buffer.from('header') }];
  return values.map((value) => ({
    key: Buffer.from(`key of ${value}`),
    value: Buffer.from(value),
    headers,
    timestampMs: 1,
  }));
}

function discarded(firstOffset: number, lastOffset: number, cause: DiscardCause = 'rejected', deliveryCount = 1) {
  return { firstOffset, lastOffset, deliveryCount, cause };
}

function headersOf({ headers }: DecodedRecord): string[] {
  return headers.map(({ key, value }) => `${key}=${Buffer.from(value ?? '').toString()}`);
}

function offsetOf(letter: DecodedRecord): number {
  return Number(headersOf(letter)[2]?.split('=')[1]);
}

test('a dead letter says where the record was, and why it was given up', async () => {
  await using world = await World.open(NAMED);
  await world.broker.createTopic('dlq.orders', 2, ALLOWED);
  await world.queue().send(discarded(4, 5));
  await world.queue(1).send(discarded(7, 7, 'delivery-count-limit', 5));
  const [first, second, ...more] = await world.letters();
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(more.length, 0);
  assert.deepEqual(headersOf(first), [
    '__dlq.errors.topic=orders',
    '__dlq.errors.partition=0',
    '__dlq.errors.offset=4',
    '__dlq.errors.group=group',
    '__dlq.errors.delivery.count=1',
    '__dlq.errors.message=Offset rejected by client.',
  ]);
  assert.equal(headersOf(second)[2], '__dlq.errors.offset=5');
  assert.deepEqual([first.key, first.value], [null, null]);
  const [third] = await world.letters('dlq.orders', 1);
  assert.ok(third !== undefined);
  assert.deepEqual(headersOf(third).slice(1), [
    '__dlq.errors.partition=1',
    '__dlq.errors.offset=7',
    '__dlq.errors.group=group',
    '__dlq.errors.delivery.count=5',
    '__dlq.errors.message=Offset delivery count exceeded the threshold.',
  ]);
});

test('letters of a partition go to the partition that its index leaves, divided by their number', async () => {
  await using world = await World.open(NAMED);
  await world.broker.createTopic('dlq.orders', 2, ALLOWED);
  await world.queue(2).send(discarded(1, 1));
  assert.deepEqual((await world.letters('dlq.orders', 0)).map(offsetOf), [1]);
});

test('dead letters are wanted where the group names a topic that allows them', async () => {
  await using plain = await World.open({});
  assert.equal(plain.queue().isWanted(), false);
  await using absent = await World.open(NAMED);
  assert.equal(absent.queue().isWanted(), false);
  await absent.broker.createTopic('dlq.orders');
  assert.equal(absent.queue().isWanted(), false);
  await absent.queue().send(discarded(0, 3));
  assert.deepEqual(await absent.letters(), []);
  await absent.broker.services.metadata.alterTopicConfigs('dlq.orders', () => new Map(Object.entries(ALLOWED)));
  assert.equal(absent.queue().isWanted(), true);
  await absent.broker.services.features.update(new Map([['share.version', { level: 1, upgradeType: 2 }]]), false);
  assert.equal(absent.queue().isWanted(), false);
});

test('the name of the topic must begin as the broker says, and not as an internal one', async () => {
  await using world = await World.open({ 'errors.deadletterqueue.topic.name': 'letters' });
  await world.broker.createTopic('letters', 1, ALLOWED);
  assert.equal(world.queue().isWanted(), false);
  const prefix = { 'errors.deadletterqueue.topic.name.prefix': 'let' };
  await using other = await World.open({ 'errors.deadletterqueue.topic.name': 'letters' }, prefix);
  await other.broker.createTopic('letters', 1, ALLOWED);
  assert.equal(other.queue().isWanted(), true);
});

test('a topic that is missing is created where the broker may, so that it allows dead letters', async () => {
  await using world = await World.open(NAMED, { ...AUTO_CREATED, 'num.partitions': '3' });
  assert.equal(world.queue().isWanted(), true);
  await Promise.all([world.queue(1).send(discarded(0, 0)), world.queue(2).send(discarded(1, 1))]);
  const topic = world.broker.services.metadata.topic('dlq.orders');
  assert.equal(topic?.partitions.length, 3);
  assert.deepEqual(Object.fromEntries(topic.configs), { ...ALLOWED, 'message.timestamp.type': 'CreateTime' });
  assert.deepEqual((await world.letters('dlq.orders', 1)).map(offsetOf), [0]);
  assert.deepEqual((await world.letters('dlq.orders', 2)).map(offsetOf), [1]);
});

test('keys and values are copied where the group wants it, and those that are gone stay empty', async () => {
  await using world = await World.open(COPIED);
  await world.broker.createTopic('dlq.orders', 1, ALLOWED);
  await world.append('a', 'b', 'c');
  const compressed = { compression: CompressionCodec.GZIP };
  await world.appendBatch(await buildCompressedBatch(recordsOf(['d', 'e']), compressed));
  await world.append('f');
  await world.log('orders').deleteRecords(2);
  await world.queue().send(discarded(1, 4));
  const letters = await world.letters();
  assert.deepEqual(letters.map(offsetOf), [1, 2, 3, 4]);
  assert.deepEqual(
    letters.map(({ value }) => value?.toString()),
    [undefined, 'c', 'd', 'e'],
  );
  assert.deepEqual(
    letters.map(({ key }) => key?.toString()),
    [undefined, 'key of c', 'key of d', 'key of e'],
  );
  assert.equal(headersOf(letters[1] as DecodedRecord)[0], '__dlq.errors.topic=orders');
});

test('letters go in batches that their topic takes, without what it does not take at all', async () => {
  await using world = await World.open(COPIED);
  await world.broker.createTopic('dlq.orders', 1, { ...ALLOWED, 'max.message.bytes': '4000' });
  const values = ['x'.repeat(1500), 'y'.repeat(1500), 'z'.repeat(9000), 'small', 'v'.repeat(1200)];
  for (const value of values) await world.append(value);
  await world.queue().send(discarded(0, 4));
  const batches = await world.batches();
  assert.deepEqual(batches.flat().map(offsetOf), [0, 1, 2, 3, 4]);
  assert.ok(batches.length > 1);
  assert.deepEqual(
    batches.flat().map(({ value }) => value?.length),
    [1500, 1500, undefined, 5, 1200],
  );
});

test('a topic that takes no records without keys loses the letters, and nothing else', async () => {
  await using world = await World.open(NAMED);
  await world.broker.createTopic('dlq.orders', 1, { ...ALLOWED, 'cleanup.policy': 'compact' });
  await world.queue().send(discarded(0, 3));
  assert.deepEqual(await world.letters(), []);
});

test('records that members reject, or give back too often, are archived once their letters are written', async () => {
  await using world = await World.open({ ...COPIED, 'share.delivery.count.limit': '2' }, AUTO_CREATED);
  const { services } = world.broker;
  await initializeState(services, 'group', world.topicId);
  await world.append('a', 'b', 'c', 'd');
  const member = new ShareMember(await world.broker.connect(), world.topicId);
  await member.acquire();
  assert.equal(await member.acknowledge([0, 3, REJECT, RELEASE, RELEASE, REJECT]), 0);
  assert.deepEqual(await member.acquire(), ['1-2#2']);
  assert.equal(await member.acknowledge([1, 2, RELEASE]), 0);
  const key = { groupId: 'group', topicId: world.topicId, partition: 0 };
  const isDone = () => services.sharePartitions.find(key)?.startOffset === 4;
  for (let turns = 0; !isDone(); turns++) {
    assert.ok(turns < 10_000);
    await setImmediate();
  }
  const letters = (await world.letters()).map((letter) => `${letter.value?.toString()} ${headersOf(letter).at(-1)}`);
  assert.deepEqual(letters.toSorted(), [
    'a __dlq.errors.message=Offset rejected by client.',
    'b __dlq.errors.message=Offset delivery count exceeded the threshold.',
    'c __dlq.errors.message=Offset delivery count exceeded the threshold.',
    'd __dlq.errors.message=Offset rejected by client.',
  ]);
  const { batches } = await localSharePersister(services.shareStates).read(key, 0);
  assert.deepEqual(
    batches.filter(({ deliveryState }) => deliveryState !== ARCHIVED),
    [],
  );
});
