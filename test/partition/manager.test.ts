/** The manager of partitions over the real metadata store: it follows topics, settings, retention and seals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { readableBytes } from '../../src/handlers/fetch/find.ts';
import { FetchTarget } from '../../src/handlers/fetch/target.ts';
import type { Topic } from '../../src/metadata/types.ts';
import { StreamPartitionManager } from '../../src/partition/manager.ts';
import { IsolationLevel, type PartitionLog } from '../../src/partition/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { StorageError } from '../../src/storage/types.ts';
import { Lines } from '../support/log-lines.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import { CLIENT, COORDINATOR, NOW, batch, committed, produce, sequenced } from '../support/partitions.ts';
import { turns } from '../support/run-clock.ts';

async function open(
  settings: Readonly<Record<string, string>> = {},
  engine = new MemoryEngine(),
  catalog = new MemoryCatalog(),
  logger: Logger = silentLogger,
) {
  const config = createBrokerConfig(new Map(Object.entries({ 'walka.durability': 'memory', ...settings })));
  const metadata = await CatalogMetadataStore.open({ catalog, config, random: seededRandom(3) });
  await catalog.start();
  const clock = new ManualClock();
  const manager = new StreamPartitionManager({ metadata, engine, config, clock, logger });
  const create = (name: string, configs: Readonly<Record<string, string>> = {}, partitionCount = 1): Promise<Topic> =>
    metadata.createTopic({
      name,
      partitionCount,
      replicationFactor: 1,
      assignments: null,
      configs: new Map(Object.entries(configs)),
    });
  const get = (name: string, index = 0): PartitionLog => {
    const log = manager.get(name, index);
    assert.ok(log !== undefined);
    return log;
  };
  return { config, catalog, metadata, engine, clock, manager, create, get };
}

test('partitions are found by name and by id, as one object, and only those that exist', async () => {
  const { manager, create } = await open();
  const topic = await create('a', {}, 2);
  const log = manager.get('a', 1);
  assert.equal(log?.stream, topic.partitions.at(1)?.stream);
  assert.equal(manager.getById(topic.id, 1), log);
  assert.equal(manager.get('a', 2), undefined);
  assert.equal(manager.get('a', -1), undefined);
  assert.equal(manager.get('b', 0), undefined);
  assert.equal(manager.getById('AAAAAAAAAAAAAAAAAAAAAA', 0), undefined);
});

test('partitions added later are served, and the old ones stay', async () => {
  const { manager, metadata, create, get } = await open();
  await create('a');
  const first = get('a');
  assert.equal(manager.get('a', 1), undefined);
  await metadata.createPartitions('a', 3);
  assert.equal(get('a'), first);
  assert.equal(get('a', 2).index, 2);
});

test("a topic's settings are in force as soon as they are changed", async () => {
  const { metadata, create, get } = await open();
  await create('a');
  const log = get('a');
  assert.equal(log.config.maxMessageBytes, 1_048_588);
  await metadata.alterTopicConfigs('a', () => new Map([['max.message.bytes', '100']]));
  assert.equal(log.config.maxMessageBytes, 100);
  await assert.rejects(produce(log, batch(9)), { code: ErrorCode.MESSAGE_TOO_LARGE });
});

test("the broker's dynamic settings reach topics that do not override them", async () => {
  const { config, create, get } = await open();
  await create('a');
  await create('b', { 'max.message.bytes': '500' });
  const logs = [get('a'), get('b')];
  config.setDynamic(new Map([['message.max.bytes', '200']]), new Map());
  assert.deepEqual(
    logs.map((log) => log.config.maxMessageBytes),
    [200, 500],
  );
});

test('a deleted topic ends its partitions and streams; one of the same name starts empty', async () => {
  const { manager, metadata, engine, create, get } = await open();
  const old = await create('a', {}, 3);
  const log = get('a');
  await produce(get('a', 1), batch(1));
  engine.autoCommit = false;
  const waiting = log.append(batch(3), CLIENT);
  const outcome = committed(log, waiting.endOffset);
  await metadata.deleteTopic('a');
  await assert.rejects(outcome, { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  engine.commit();
  assert.equal(manager.get('a', 0), undefined);
  assert.equal(manager.getById(old.id, 0), undefined);
  // The third had no stream yet.
  assert.deepEqual(engine.deleted.toSorted(), [...old.partitions.streams()].slice(0, 2));
  await create('a');
  assert.equal(get('a').logEndOffset, 0);
  assert.notEqual(get('a').topicId, old.id);
  assert.notEqual(get('a').stream, log.stream);
});

test('a deletion that was cut off is finished at the next start, and a stream that nobody knows is left alone', async () => {
  const engine = new MemoryEngine();
  engine.createStream(77);
  const first = await open({}, engine);
  await first.create('a');
  await produce(first.get('a'), batch(1));
  const { stream } = first.get('a');
  await first.manager.close();
  await first.catalog.deleteTopic('a');
  const second = await open({}, engine, first.catalog);
  assert.deepEqual(engine.deleted, [stream]);
  await turns(1);
  await second.manager.close();
  assert.deepEqual((await first.catalog.load('')).deletions, []);
});

test('others have their turns while a deletion looks at partitions that were never written to', async () => {
  const { catalog, metadata, clock, create } = await open();
  const isUnderWay = async (): Promise<boolean> => (await catalog.load('')).deletions.length > 0;
  await create('a', {}, 20_000);
  await metadata.deleteTopic('a');
  let pauses = 0;
  for (await turns(1); await isUnderWay(); await turns(1)) {
    clock.advance(1);
    pauses += 1;
  }
  assert.equal(pauses, 4);
});

test('a deleted topic is forgotten only when its streams are gone for good', async () => {
  const { create, get, metadata, catalog, engine } = await open();
  await create('a');
  await produce(get('a'), batch(1));
  const failed = Promise.withResolvers<void>();
  engine.deleteStream = () => failed.promise;
  await metadata.deleteTopic('a');
  await turns(1);
  assert.deepEqual(
    (await catalog.load('')).deletions.map(({ name }) => name),
    ['a'],
  );
  failed.resolve();
  await turns(1);
  assert.deepEqual((await catalog.load('')).deletions, []);
});

test('a partition is known to the engine from its first append on, and can be asked for anything before', async () => {
  const { engine, create, get } = await open();
  await create('a');
  const log = get('a');
  const wanted = { offset: 0, maxBytes: 1, atLeastOne: true, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  assert.equal((await log.read({ ...wanted, isolation: IsolationLevel.READ_COMMITTED })).byteLength, 0);
  assert.equal(await log.offsetForTimestamp(0, 1), null);
  assert.equal(await log.maxTimestamp(0), null);
  assert.equal(await log.epochForOffset(0), 0);
  assert.deepEqual(await log.endOffsetForEpoch(0), { leaderEpoch: 0, endOffset: 0 });
  assert.equal(await log.deleteRecords(-1), 0);
  engine.seal();
  assert.equal(engine.has(log.stream), false);
  engine.refusal = new StorageError('DISK_FULL', 'full');
  await assert.rejects(produce(log, batch(1)), { code: ErrorCode.KAFKA_STORAGE_ERROR });
  assert.equal(engine.has(log.stream), false);
  engine.refusal = null;
  assert.equal((await produce(log, batch(1))).baseOffset, 0);
  assert.equal(engine.has(log.stream), true);
});

test('flush.messages=1 and flush.ms=0 mean a sync, and internal topics follow the strongest in use', async () => {
  const { metadata, engine, create, get } = await open();
  await metadata.ensureInternalTopic('__consumer_offsets');
  await create('plain');
  await create('synced', { 'flush.messages': '1' });
  await create('also', { 'flush.ms': '0' });
  const durability = (name: string): string | undefined => {
    const log = get(name);
    log.append(batch(1), COORDINATOR);
    return engine.streams.get(log.stream)?.batches.at(-1)?.durability;
  };
  assert.equal(durability('plain'), 'os');
  assert.equal(durability('__consumer_offsets'), 'os');
  assert.equal(durability('synced'), 'fsync');
  assert.equal(durability('__consumer_offsets'), 'fsync');
  assert.equal(durability('also'), 'fsync');
  await metadata.deleteTopic('also');
  assert.equal(durability('__consumer_offsets'), 'fsync');
  await metadata.alterTopicConfigs('synced', () => new Map());
  assert.equal(durability('synced'), 'os');
  assert.equal(durability('__consumer_offsets'), 'os');
});

test('retention moves log starts by age and size, leaves compacted topics and what is not committed', async () => {
  const { engine, manager, create, get, clock } = await open();
  await create('aged', { 'retention.ms': '1000' });
  await create('sized', { 'retention.bytes': '70' });
  await create('compacted', { 'cleanup.policy': 'compact', 'retention.ms': '1' });
  await create('forever', { 'retention.ms': '-1' });
  for (const name of ['aged', 'sized', 'compacted', 'forever']) {
    for (let i = 0; i < 3; i++) get(name).append(batch(1), CLIENT);
  }
  await Promise.resolve();
  engine.autoCommit = false;
  get('aged').append(batch(1), CLIENT);
  clock.advance(5000);
  let told = 0;
  get('aged').addWaiter({ onProgress: () => told++ });
  await manager.applyRetention();
  assert.deepEqual(
    ['aged', 'sized', 'compacted', 'forever'].map((name) => get(name).logStartOffset),
    [3, 2, 0, 0],
  );
  assert.equal(told, 1);
});

/** An engine that is closed while retention asks it. */
class ClosingEngine extends MemoryEngine {
  onAsked = (): void => undefined;

  override retentionPoint(): Promise<number> {
    this.onAsked();
    return Promise.reject(new StorageError('CLOSED', 'The engine is closed'));
  }
}

test('retention that a close cuts off is no failure', async () => {
  const engine = new ClosingEngine();
  const logger = new Lines();
  const { manager, create, get } = await open({}, engine, new MemoryCatalog(), logger);
  await create('aged', { 'retention.ms': '1000' });
  await produce(get('aged'), batch(1));
  await manager.applyRetention();
  assert.deepEqual(
    logger.lines.map(({ event }) => event),
    ['retention-failed'],
  );
  engine.onAsked = () => void manager.close();
  await manager.applyRetention();
  assert.equal(logger.lines.length, 1);
});

test('snapshots are written when a journal file is sealed, once for each state of the log', async () => {
  const { engine, create, get } = await open();
  await create('a', {}, 2);
  await produce(get('a'), sequenced(0));
  engine.seal();
  const stream = engine.streams.get(get('a').stream);
  const first = stream?.snapshot;
  assert.equal(first?.offset, 1);
  engine.seal();
  assert.equal(stream?.snapshot, first);
  await produce(get('a'), sequenced(1));
  engine.seal();
  assert.equal(stream?.snapshot?.offset, 2);
});

/** Time for so many looks at what is idle. */
async function passes(clock: ManualClock, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    clock.advance(20_000);
    await turns(1);
  }
}

test('a partition that nobody uses is given up, and everybody goes on with another object', async () => {
  const { engine, create, get, clock } = await open();
  await create('a');
  await create('waited');
  await create('busy');
  const first = get('a');
  await produce(first, sequenced(0));
  const waited = get('waited');
  waited.addWaiter({ onProgress() {} });
  const busy = get('busy');
  engine.autoCommit = false;
  await produce(busy, batch(1));
  clock.advance(30_000);
  assert.equal(get('a'), first);
  await passes(clock, 5);
  const second = get('a');
  assert.notEqual(second, first);
  assert.equal(get('waited'), waited);
  assert.equal(get('busy'), busy);
  await assert.rejects(produce(first, sequenced(1)), { code: ErrorCode.NOT_LEADER_OR_FOLLOWER });
  const entry = { target: new FetchTarget('a', first.topicId, 0), log: first, errorCode: ErrorCode.NONE };
  assert.equal(readableBytes(entry, IsolationLevel.READ_UNCOMMITTED), -1, 'a fetch that holds it does not wait for it');
  const again = await produce(second, sequenced(0));
  assert.deepEqual([again.duplicate, again.baseOffset], [true, 0]);
  await assert.rejects(produce(second, sequenced(2)), { code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  assert.equal((await produce(second, sequenced(1))).baseOffset, 1);
});

test('a producer expires in a partition that is given up, too', async () => {
  const { create, get, clock } = await open({ 'producer.id.expiration.ms': '300000' });
  await create('a');
  const first = get('a');
  await produce(first, sequenced(0));
  await passes(clock, 20);
  assert.notEqual(get('a'), first);
  await get('a').ready();
  assert.deepEqual(get('a').activeProducers(), []);
});

test('producers expire by a timer, and no timer is left after close', async () => {
  const { manager, create, get, clock } = await open({ 'producer.id.expiration.ms': '60000' });
  await create('a');
  await produce(get('a'), sequenced(0));
  await assert.rejects(produce(get('a'), sequenced(5)), { code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  clock.advance(600_000);
  assert.equal((await produce(get('a'), sequenced(5))).baseOffset, 1);
  assert.equal(clock.pendingTimers, 2); // for producers, and for idle partitions
  await manager.close();
  assert.equal(clock.pendingTimers, 0);
  assert.equal(clock.now(), NOW + 600_000);
});
