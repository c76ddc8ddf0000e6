/** ListOffsets, OffsetForLeaderEpoch, DeleteRecords and InitProducerId, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { CompressionCodec, patchCrc } from '../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../protocol/records/build.ts';
import {
  ApiVersions,
  batchOf,
  DeleteRecords,
  InitProducerId,
  ListOffsets,
  OffsetForLeaderEpoch,
  onlyProduced,
  Produce,
  produce,
  produceRequest,
} from '../support/data-apis.ts';
import { startTestBroker } from '../support/test-broker.ts';
import type { WireClient } from '../support/wire-client.ts';

type Found = [errorCode: number, offset: number, timestamp: number, leaderEpoch: number];

async function list(client: WireClient, version: number, timestamp: number, partitions = [0]): Promise<Found[]> {
  const response = await client.call(ListOffsets, version, {
    replicaId: -1,
    topics: [{ name: 't', partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })) }],
  });
  return response.topics.flatMap(({ partitions }) =>
    partitions.map(
      ({ errorCode, offset, timestamp, leaderEpoch }): Found => [errorCode, offset, timestamp, leaderEpoch],
    ),
  );
}

test('offsets by time and by name, in every version', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  for (const [i, time] of [1000, 3000, 2000].entries()) {
    await client.call(Produce, 9, produceRequest('t', 0, batchOf([`a${i}`, `b${i}`], time)));
  }
  const epoch = broker.services.partitions.get('t', 0)?.leaderEpoch ?? NaN;
  for (let version = 1; version <= 11; version++) {
    const shown = version >= 4 ? epoch : -1;
    assert.deepEqual(await list(client, version, -1), [[0, 6, -1, shown]]);
    assert.deepEqual(await list(client, version, -2), [[0, 0, -1, shown]]);
    assert.deepEqual(await list(client, version, 1001), [[0, 2, 3000, shown]]);
    assert.deepEqual(await list(client, version, 9999), [[0, -1, -1, -1]]);
    const special = async (timestamp: number): Promise<Found | undefined> =>
      (await list(client, version, timestamp))[0];
    const unsupported: Found = [ErrorCode.UNSUPPORTED_VERSION, -1, -1, -1];
    assert.deepEqual(await special(-3), version >= 7 ? [0, 2, 3000, shown] : unsupported);
    assert.deepEqual(await special(-4), version >= 8 ? [0, 0, -1, shown] : unsupported);
    assert.deepEqual(await special(-5), version >= 9 ? [0, -1, -1, -1] : unsupported);
    assert.deepEqual(await special(-6), version >= 11 ? [0, -1, -1, -1] : unsupported);
  }
});

test('ListOffsets: unknown partitions, and one that is named twice', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  assert.deepEqual(await list(client, 7, -1, [5]), [[ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, -1]]);
  const codes = (await list(client, 7, -1, [0, 0])).map(([code]) => code);
  assert.deepEqual(codes, [ErrorCode.INVALID_REQUEST]);
  const of = (...partitionIndexes: number[]): object => ({
    name: 't',
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
  });
  const topics = [of(0), { name: 'empty', partitions: [] }, of(1, 0)] as never;
  const response = await client.call(ListOffsets, 7, { topics });
  const answers = response.topics.map(({ name, partitions }) => [
    name,
    ...partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
  ]);
  const { INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
  assert.deepEqual(answers, [['t', [0, INVALID_REQUEST], [1, UNKNOWN_TOPIC_OR_PARTITION]]]);
});

test('ListOffsets: an isolation level that does not exist is refused', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  for (const isolationLevel of [-1, 2]) {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    const response = await client.call(ListOffsets, 7, { isolationLevel, topics });
    assert.equal(response.topics[0]?.partitions[0]?.errorCode, ErrorCode.INVALID_REQUEST);
  }
});

test('OffsetForLeaderEpoch tells where the current epoch ends', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'a', 'b');
  const leaderEpoch = broker.services.partitions.get('t', 0)?.leaderEpoch ?? NaN;
  for (let version = 2; version <= 4; version++) {
    const ask = async (currentLeaderEpoch: number, partition = 0): Promise<object | undefined> => {
      const partitions = [{ partition, currentLeaderEpoch, leaderEpoch }];
      const response = await client.call(OffsetForLeaderEpoch, version, { topics: [{ topic: 't', partitions }] });
      return response.topics[0]?.partitions[0];
    };
    assert.deepEqual(await ask(-1), { errorCode: 0, partition: 0, leaderEpoch, endOffset: 2 });
    const failed = { partition: 0, leaderEpoch: -1, endOffset: -1 };
    assert.deepEqual(await ask(leaderEpoch + 1), { ...failed, errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
    assert.deepEqual(await ask(-1, 3), { ...failed, partition: 3, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  }
});

test('DeleteRecords moves the log start, and refuses what Kafka refuses', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  await broker.createTopic('compacted', 1, { 'cleanup.policy': 'compact' });
  await broker.services.metadata.ensureInternalTopic('__consumer_offsets');
  const client = await broker.connect();
  for (let i = 0; i < 4; i++) await produce(client, 't', 0, `v${i}`);
  const remove = async (name: string, offset: number, partitionIndex = 0): Promise<[number, number]> => {
    const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
    const response = await client.call(DeleteRecords, 2, { topics, timeoutMs: 1000 });
    const answer = response.topics[0]?.partitions[0];
    return [answer?.errorCode ?? NaN, answer?.lowWatermark ?? NaN];
  };
  assert.deepEqual(await remove('t', 2), [0, 2]);
  assert.deepEqual(await remove('t', 1), [0, 2]);
  assert.deepEqual(await list(client, 7, -2), [[0, 2, -1, broker.services.partitions.get('t', 0)?.leaderEpoch]]);
  assert.deepEqual(await remove('t', 5), [ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
  assert.deepEqual(await remove('t', -2), [ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
  assert.deepEqual(await remove('t', -1), [0, 4]);
  assert.deepEqual(await remove('t', 0, 9), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]);
  assert.deepEqual(await remove('compacted', 0), [ErrorCode.POLICY_VIOLATION, -1]);
  assert.deepEqual(await remove('__consumer_offsets', 0), [ErrorCode.INVALID_TOPIC_EXCEPTION, -1]);
});

test('DeleteRecords: of a partition that is named twice the last offset counts', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  for (const partition of [0, 0, 0, 1]) await produce(client, 't', partition, 'x');
  const of = (name: string, ...partitions: [number, number][]): object => ({
    name,
    partitions: partitions.map(([partitionIndex, offset]) => ({ partitionIndex, offset })),
  });
  const topics = [of('t', [0, 3], [1, 1]), of('empty'), of('t', [0, 2])] as never;
  const response = await client.call(DeleteRecords, 2, { topics, timeoutMs: 1000 });
  const answer = (partitionIndex: number, lowWatermark: number): object => ({
    partitionIndex,
    lowWatermark,
    errorCode: 0,
  });
  assert.deepEqual(response.topics, [{ name: 't', partitions: [answer(0, 2), answer(1, 1)] }]);
});

test('InitProducerId gives each producer an id of its own', async () => {
  await using broker = await startTestBroker();
  const client = await broker.connect();
  const ids = new Set<bigint>();
  for (let version = 0; version <= 5; version++) {
    const response = await client.call(InitProducerId, version, { transactionTimeoutMs: 1000, transactionalId: null });
    assert.deepEqual([response.errorCode, response.producerEpoch], [0, 0]);
    ids.add(response.producerId);
  }
  assert.equal(ids.size, 6);
  const refused = async (fields: Parameters<typeof InitProducerId.write>[1]): Promise<number> =>
    (await client.call(InitProducerId, 4, { transactionTimeoutMs: 1000, ...fields })).errorCode;
  assert.equal(await refused({ transactionalId: '' }), ErrorCode.INVALID_REQUEST);
  assert.equal(await refused({ transactionalId: null, producerId: 5n }), ErrorCode.INVALID_REQUEST);
});

test('ApiVersions lists what is served and checks who asks', async () => {
  await using broker = await startTestBroker();
  const client = await broker.connect();
  const { clusterId, nodeId } = broker.services.metadata;
  const ask = (version: number, fields = {}): Promise<ReturnType<typeof ApiVersions.read>> =>
    client.call(ApiVersions, version, { clientSoftwareName: 'test', clientSoftwareVersion: '1.0', ...fields });
  for (let version = 0; version <= 5; version++) {
    const response = await ask(version);
    assert.equal(response.errorCode, 0);
    const produceRange = response.apiKeys.find(({ apiKey }) => apiKey === 0);
    assert.deepEqual([produceRange?.minVersion, produceRange?.maxVersion], [0, 13]);
    if (version < 3) continue;
    assert.ok(response.finalizedFeatures.some(({ name }) => name === 'metadata.version'));
  }
  for (const clientSoftwareName of ['', '-a', 'a b', 'a.']) {
    assert.equal((await ask(3, { clientSoftwareName })).errorCode, ErrorCode.INVALID_REQUEST);
  }
  assert.equal((await ask(5, { clusterId, nodeId })).errorCode, 0);
  assert.equal((await ask(5, { clusterId })).errorCode, ErrorCode.INVALID_REQUEST);
  assert.equal((await ask(5, { clusterId: 'other', nodeId })).errorCode, ErrorCode.REBOOTSTRAP_REQUIRED);
});

test('a record is found by its time in a batch that expands to much more than is looked at at once', async () => {
  await using broker = await startTestBroker({ settings: { 'message.max.bytes': '10000000' } });
  await broker.createTopic('t');
  const client = await broker.connect();
  const records = Array.from({ length: 300_000 }, (_, i) => ({
    key: null,
    value: Buffer.alloc(10),
    timestampMs: 1000 + i,
  }));
  for (const compression of [CompressionCodec.GZIP, CompressionCodec.SNAPPY, CompressionCodec.LZ4] as const) {
    const batch = await buildCompressedBatch(records, { compression });
    assert.equal(onlyProduced(await client.call(Produce, 7, produceRequest('t', 0, batch))).errorCode, 0);
  }
  const epoch = broker.services.partitions.get('t', 0)?.leaderEpoch ?? NaN;
  for (const i of [0, 70_000, 299_999]) {
    assert.deepEqual(await list(client, 7, 1000 + i), [[0, i, 1000 + i, epoch]]);
  }
  assert.deepEqual(await list(client, 7, -3), [[0, 299_999, 300_999, epoch]]);
  assert.deepEqual(await list(client, 7, 301_000), [[0, -1, -1, -1]]);
});

test('times at the end of what 64 bits hold are found', async () => {
  await using broker = await startTestBroker({
    settings: { 'log.message.timestamp.after.max.ms': String(2n ** 63n - 1n) },
  });
  await broker.createTopic('t');
  const client = await broker.connect();
  const batch = batchOf(['a'], 5);
  for (const at of [27, 35]) batch.writeBigInt64BE(2n ** 63n - 1n, at);
  patchCrc(batch, 0);
  assert.equal(onlyProduced(await client.call(Produce, 7, produceRequest('t', 0, batch))).errorCode, 0);
  for (const time of [-3, 2 ** 53 - 2]) {
    const [found] = await list(client, 7, time);
    assert.deepEqual(found?.slice(0, 2), [0, 0]);
  }
});
