/** The metadata store over a catalog in memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { ConfigResourceType, type MetadataChange, type NewTopic } from '../../src/metadata/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';

const random = seededRandom(1);

function newTopic(name: string, changes: Partial<NewTopic> = {}): NewTopic {
  return { name, partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map(), ...changes };
}

async function open(catalog = new MemoryCatalog(), settings: Record<string, string> = {}) {
  const config = createBrokerConfig(new Map(Object.entries({ 'walka.durability': 'memory', ...settings })));
  const store = await CatalogMetadataStore.open({ catalog, config, random });
  await catalog.start();
  return { catalog, config, store };
}

function failsWith(code: number, message?: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof KafkaError, String(error));
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  };
}

describe('the metadata store', () => {
  it('makes a topic visible once it is committed', async () => {
    const { store } = await open();
    const changes: MetadataChange[] = [];
    store.onChange((change) => changes.push(change));
    const creation = store.createTopic(newTopic('a', { partitionCount: 3 }));
    assert.equal(store.topic('a'), undefined);
    const topic = await creation;
    assert.equal(store.topic('a'), topic);
    assert.equal(store.topicById(topic.id), topic);
    assert.deepEqual(
      topic.partitions.map(({ index, leaderEpoch }) => [index, leaderEpoch]),
      [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    );
    assert.deepEqual(changes, [{ kind: 'topic-created', topic }]);
  });

  it('raises leader epochs at every start', async () => {
    const { catalog, store } = await open();
    await store.createTopic(newTopic('a'));
    await catalog.close();
    const second = await open(catalog);
    assert.equal(second.store.topic('a')?.partitions.at(0)?.leaderEpoch, 1);
    await second.store.createPartitions('a', 2);
    assert.deepEqual(
      second.store.topic('a')?.partitions.map(({ leaderEpoch }) => leaderEpoch),
      [1, 0],
    );
    assert.equal(second.store.clusterId, store.clusterId);
  });

  it('takes the number of partitions from num.partitions for -1', async () => {
    const { store } = await open(undefined, { 'num.partitions': '7' });
    const topic = await store.createTopic(newTopic('a', { partitionCount: -1, replicationFactor: -1 }));
    assert.equal(topic.partitions.length, 7);
  });

  it('refuses bad names', async () => {
    const { store } = await open();
    for (const name of ['', '.', '..', 'a/b', 'ü', 'x'.repeat(250)]) {
      await assert.rejects(store.createTopic(newTopic(name)), failsWith(ErrorCode.INVALID_TOPIC_EXCEPTION));
    }
    await store.createTopic(newTopic('x'.repeat(249)));
  });

  it('refuses names that collide with an existing topic, also one just being created', async () => {
    const { store } = await open();
    const [first, second, third] = await Promise.allSettled([
      store.createTopic(newTopic('a.b')),
      store.createTopic(newTopic('a_b')),
      store.createTopic(newTopic('a.b')),
    ]);
    assert.equal(first.status, 'fulfilled');
    assert.ok(second.status === 'rejected' && third.status === 'rejected');
    failsWith(ErrorCode.INVALID_TOPIC_EXCEPTION, /collides with existing topic: a\.b/)(second.reason);
    failsWith(ErrorCode.TOPIC_ALREADY_EXISTS)(third.reason);
    await store.deleteTopic('a.b');
    await store.createTopic(newTopic('a_b'));
  });

  it('refuses what Kafka refuses of partitions and replicas', async () => {
    const { store } = await open();
    const cases: [Partial<NewTopic>, number][] = [
      [{ replicationFactor: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR],
      [{ replicationFactor: -2 }, ErrorCode.INVALID_REPLICATION_FACTOR],
      [{ replicationFactor: 2 }, ErrorCode.INVALID_REPLICATION_FACTOR],
      [{ partitionCount: 0 }, ErrorCode.INVALID_PARTITIONS],
      [{ partitionCount: -2 }, ErrorCode.INVALID_PARTITIONS],
      [{ partitionCount: 0, replicationFactor: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR],
      [{ assignments: [{ partitionIndex: 0, brokerIds: [1] }] }, ErrorCode.INVALID_REQUEST],
      [{ assignments: [{ partitionIndex: 0, brokerIds: [1] }], replicationFactor: -1 }, ErrorCode.INVALID_REQUEST],
      [{ configs: new Map([['no.such', '1']]) }, ErrorCode.INVALID_CONFIG],
      [{ configs: new Map([['retention.ms', 'x']]) }, ErrorCode.INVALID_CONFIG],
      [{ configs: new Map([['retention.ms', null]]) }, ErrorCode.INVALID_CONFIG],
    ];
    for (const [changes, code] of cases) {
      await assert.rejects(store.createTopic(newTopic('a', changes)), failsWith(code));
      assert.throws(() => store.validateNewTopic(newTopic('a', changes)), failsWith(code));
    }
    assert.deepEqual(store.topics(), []);
  });

  it('takes manual assignments to this broker and no others', async () => {
    const { store } = await open(undefined, { 'node.id': '5' });
    const assigned = (pairs: readonly [number, number[]][]): NewTopic => {
      const assignments = pairs.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds }));
      return newTopic('a', { partitionCount: -1, replicationFactor: -1, assignments });
    };
    const bad: [number, number[]][][] = [[[0, []]], [[0, [6]]], [[0, [5, 5]]], [[1, [5]]]];
    for (const assignments of bad) {
      const creation = store.createTopic(assigned(assignments));
      await assert.rejects(creation, failsWith(ErrorCode.INVALID_REPLICA_ASSIGNMENT));
    }
    const topic = await store.createTopic(
      assigned([
        [1, [5]],
        [0, [5]],
      ]),
    );
    assert.equal(topic.partitions.length, 2);
  });

  it('gives a topic that was deleted and created again a new id and new streams', async () => {
    const { store } = await open();
    const first = await store.createTopic(newTopic('a'));
    const [, second] = await Promise.all([store.deleteTopic('a'), store.createTopic(newTopic('a'))]);
    assert.notEqual(second.id, first.id);
    assert.notEqual(second.partitions.at(0)?.stream, first.partitions.at(0)?.stream);
    assert.equal(store.topicById(first.id), undefined);
    await assert.rejects(store.deleteTopic('b'), failsWith(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
  });

  it('only ever adds partitions', async () => {
    const { store } = await open();
    await store.createTopic(newTopic('a', { partitionCount: 2 }));
    await assert.rejects(store.createPartitions('a', 2), failsWith(ErrorCode.INVALID_PARTITIONS, /already has 2/));
    await assert.rejects(store.createPartitions('a', 1), failsWith(ErrorCode.INVALID_PARTITIONS, /not be an increase/));
    assert.equal((await store.createPartitions('a', 4)).partitions.length, 4);
  });

  it('loses no change when two change the same configs at once', async () => {
    const { store } = await open();
    await store.createTopic(newTopic('a', { configs: new Map([['retention.ms', '1']]) }));
    await Promise.all([
      store.alterTopicConfigs('a', (current) => new Map([...current, ['segment.ms', '2']])),
      store.alterTopicConfigs('a', (current) => new Map([...current, ['flush.ms', '3']])),
    ]);
    assert.deepEqual([...(store.topic('a')?.configs.keys() ?? [])].sort(), ['flush.ms', 'retention.ms', 'segment.ms']);
  });

  it('keeps dynamic configs and puts those of brokers in force, also after a restart', async () => {
    const { catalog, config, store } = await open();
    const { BROKER, GROUP } = ConfigResourceType;
    await store.alterDynamicConfigs(BROKER, '', () => new Map([['log.retention.ms', '5']]));
    await store.alterDynamicConfigs(BROKER, String(config.nodeId), () => new Map([['log.flush.interval.ms', '6']]));
    await store.alterDynamicConfigs(GROUP, 'g', () => new Map([['consumer.session.timeout.ms', '50000']]));
    assert.equal(config.int('log.retention.ms'), 5);
    await catalog.close();
    const second = await open(catalog);
    assert.equal(second.config.int('log.retention.ms'), 5);
    assert.equal(second.config.int('log.flush.interval.ms'), 6);
    assert.deepEqual(second.store.resourceNames(GROUP), ['g']);
    await second.store.alterDynamicConfigs(GROUP, 'g', () => new Map());
    assert.deepEqual(second.store.resourceNames(GROUP), []);
  });

  it('creates an internal topic once for all who need it', async () => {
    const { store } = await open();
    const [first, second] = await Promise.all([
      store.ensureInternalTopic('__consumer_offsets'),
      store.ensureInternalTopic('__consumer_offsets'),
    ]);
    assert.equal(first, second);
    assert.equal(first.partitions.length, 50);
    assert.equal(first.isInternal, true);
    assert.equal(first.configs.get('cleanup.policy'), 'compact');
  });

  it('gives out producer ids once, also across a restart', async () => {
    const { catalog, store } = await open();
    const ids = new Set(await Promise.all(Array.from({ length: 1500 }, () => store.allocateProducerId())));
    assert.equal(ids.size, 1500);
    await catalog.close();
    const second = await open(catalog);
    assert.equal(ids.has(await second.store.allocateProducerId()), false);
  });

  it('says storage error and stays as it was when the catalog refuses', async () => {
    const { catalog, store } = await open();
    await catalog.close();
    await assert.rejects(store.createTopic(newTopic('a')), failsWith(ErrorCode.KAFKA_STORAGE_ERROR));
    await assert.rejects(store.allocateProducerId(), failsWith(ErrorCode.KAFKA_STORAGE_ERROR));
    assert.equal(store.topic('a'), undefined);
  });
});
