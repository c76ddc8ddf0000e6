/** Clients of Kafka 0.8 to 2.0, over real sockets: message sets, and the versions that Kafka 4.0 dropped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiInfo, ApiKey } from '../../protocol/apis.ts';
import { codecNumbered } from '../../protocol/compression/codecs.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { compressionCodec } from '../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { decodeRecords } from '../../protocol/records/iterate.ts';
import { newOffsets } from '../../src/coordinator/group/offsets/new-offsets.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import {
  ApiVersions,
  Fetch,
  fetched,
  fetchRequest,
  ListOffsets,
  onlyProduced,
  Produce,
  produce,
  produceRequest,
} from '../support/data-apis.ts';
import { messageSet, readMessageSet } from '../support/message-sets.ts';
import { settle, soon, turns } from '../support/run-clock.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import type { WireClient } from '../support/wire-client.ts';

const TIME = 1_700_000_000_000;

async function send(client: WireClient, version: number, records: Buffer): Promise<[code: number, offset: number]> {
  const { errorCode, baseOffset } = onlyProduced(await client.call(Produce, version, produceRequest('t', 0, records)));
  return [errorCode, baseOffset];
}

/** Offset and value of each message that a fetch of version 0 to 3 gets. */
async function values(client: WireClient, version: number, offset = 0, maxBytes = 1_000_000): Promise<unknown[]> {
  const [answer] = fetched(await client.call(Fetch, version, fetchRequest('t', [{ partition: 0, offset, maxBytes }])));
  assert.equal(answer?.errorCode, ErrorCode.NONE);
  const messages = await readMessageSet(answer.records ?? Buffer.alloc(0));
  for (const { magic } of messages) assert.equal(magic, version < 2 ? 0 : 1);
  return messages.map((message) => [message.offset, message.value]);
}

/** Ends a transaction of nobody: an offset that no old client sees. */
function appendMarker(broker: TestBroker): void {
  const marker = {
    outcome: 'commit',
    producerId: 5n,
    producerEpoch: 0,
    coordinatorEpoch: 1,
    timestampMs: TIME,
  } as const;
  broker.services.partitions.get('t', 0)?.appendMarker({ ...marker, transactionVersion: 1 });
}

test('what any old version brings is a batch, and comes back in every version', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  for (const version of [0, 1, 2]) {
    for (const magic of [0, 1]) {
      const set = messageSet(magic, [
        { key: 'k', value: `${version}${magic}a`, timestampMs: TIME },
        { value: `${version}${magic}b`, timestampMs: TIME + 5 },
      ]);
      assert.deepEqual(await send(client, version, set), [0, version * 4 + magic * 2]);
    }
  }
  const expected = [0, 1, 2]
    .flatMap((version) => [`${version}0a`, `${version}0b`, `${version}1a`, `${version}1b`])
    .map((value, offset) => [offset, value]);
  for (const version of [0, 1, 2, 3]) assert.deepEqual(await values(client, version), expected);
  const [now] = fetched(await client.call(Fetch, 4, fetchRequest('t', [{ partition: 0, offset: 2 }])));
  const records = await decodeRecords(now?.records?.subarray(0) ?? assert.fail());
  assert.deepEqual(
    records.map(({ key, value, timestampMs }) => [key?.toString(), value?.toString(), timestampMs]),
    [
      ['k', '01a', TIME],
      [undefined, '01b', TIME + 5],
    ],
  );
  assert.deepEqual(await values(client, 2, 10), [
    [10, '21a'],
    [11, '21b'],
  ]);
  const traffic = broker.services.partitions.get('t', 0)?.traffic ?? assert.fail();
  assert.equal(traffic.convertedReceivedRecords, 12);
  assert.equal(traffic.convertedSentRecords, 4 * 12 + 2);
  assert.ok(traffic.conversionMs >= 0);
});

test('compressed sets keep their codec both ways, and topics may want another', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  const inner = messageSet(1, [
    { value: 'a', timestampMs: TIME, offset: 0 },
    { value: 'b', timestampMs: TIME, offset: 1 },
  ]);
  for (const codec of [1, 2, 3]) {
    const value = await (await codecNumbered(codec)).compress(inner);
    const set = messageSet(1, [{ value, attributes: codec, timestampMs: TIME, offset: 1 }]);
    assert.deepEqual(await send(client, 2, set), [0, 2 * codec - 2]);
    const [stored] = fetched(await client.call(Fetch, 4, fetchRequest('t', [{ partition: 0, offset: 2 * codec - 2 }])));
    assert.equal(compressionCodec(stored?.records ?? assert.fail(), 0), codec);
    for (const version of [0, 3]) {
      assert.deepEqual(await values(client, version, 2 * codec - 2), [
        [2 * codec - 2, 'a'],
        [2 * codec - 1, 'b'],
      ]);
    }
  }
  await broker.createTopic('gzip', 1, { 'compression.type': 'gzip' });
  await client.call(Produce, 1, produceRequest('gzip', 0, messageSet(0, [{ value: 'x'.repeat(1000) }])));
  const [gzip] = fetched(await client.call(Fetch, 4, fetchRequest('gzip', [{ partition: 0 }])));
  assert.equal(compressionCodec(gzip?.records ?? assert.fail(), 0), 1);
});

test('bad sets get the codes of Kafka 3.9, and nothing of them is written', async () => {
  await using broker = await startTestBroker({ settings: { 'message.max.bytes': '5000' } });
  await broker.createTopic('t');
  await broker.createTopic('compacted', 1, { 'cleanup.policy': 'compact' });
  await broker.createTopic('append-time', 1, { 'message.timestamp.type': 'LogAppendTime' });
  const client = await broker.connect();
  const good = messageSet(1, [{ key: 'k', value: 'v', timestampMs: TIME }]);
  const bad = Buffer.from(good);
  bad.writeUInt8(bad.readUInt8(bad.length - 1) ^ 1, bad.length - 1);
  const nothing = [ErrorCode.NONE, -1];
  assert.deepEqual(await send(client, 2, Buffer.alloc(0)), nothing);
  assert.deepEqual(await send(client, 2, good.subarray(0, 20)), nothing);
  assert.deepEqual(await send(client, 2, bad), [ErrorCode.CORRUPT_MESSAGE, -1]);
  assert.deepEqual(await send(client, 2, Buffer.concat([good, bad])), [ErrorCode.CORRUPT_MESSAGE, -1]);
  assert.deepEqual(await send(client, 3, good), [ErrorCode.INVALID_RECORD, -1]);
  const mixed = Buffer.concat([good, messageSet(0, [{ value: 'v' }])]);
  assert.deepEqual(await send(client, 2, mixed), [ErrorCode.INVALID_RECORD, -1]);
  const large = messageSet(1, [{ value: Buffer.alloc(5000), timestampMs: TIME }]);
  assert.deepEqual(await send(client, 2, large), [ErrorCode.MESSAGE_TOO_LARGE, -1]);
  const many = messageSet(
    1,
    Array.from({ length: 8 }, () => ({ value: Buffer.alloc(700), timestampMs: TIME })),
  );
  assert.deepEqual(await send(client, 2, many), [ErrorCode.MESSAGE_TOO_LARGE, -1]);
  const future = messageSet(1, [{ value: 'v', timestampMs: Date.now() + 1e9 }]);
  assert.deepEqual(await send(client, 2, future), [ErrorCode.INVALID_TIMESTAMP, -1]);
  const code = async (topic: string, set: Buffer): Promise<number> =>
    onlyProduced(await client.call(Produce, 2, produceRequest(topic, 0, set))).errorCode;
  assert.equal(await code('compacted', messageSet(1, [{ value: 'v', timestampMs: TIME }])), ErrorCode.INVALID_RECORD);
  assert.equal(await code('compacted', good), ErrorCode.NONE);
  assert.equal(await code('append-time', messageSet(1, [{ value: 'v', attributes: 8 }])), ErrorCode.INVALID_TIMESTAMP);
  const appended = onlyProduced(await client.call(Produce, 2, produceRequest('append-time', 0, good)));
  assert.ok(appended.logAppendTimeMs > TIME);
  assert.deepEqual(await send(client, 2, good), [ErrorCode.NONE, 0]);
});

test('what a client of v0 to v2 gets ends at its bound, and one of v3 gets a first message whole', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'x'.repeat(100), 'y', 'z');
  for (const version of [0, 1, 2]) {
    const request = fetchRequest('t', [{ partition: 0, maxBytes: 50 }]);
    const [cut] = fetched(await client.call(Fetch, version, request));
    assert.equal(cut?.records?.length, 50);
    assert.deepEqual(await readMessageSet(cut.records), []);
    assert.deepEqual(await values(client, version, 1, 50), [[1, 'y']]);
  }
  assert.deepEqual(await values(client, 3, 0, 50), [[0, 'x'.repeat(100)]]);
  assert.deepEqual(await values(client, 0, 1, 54), [
    [1, 'y'],
    [2, 'z'],
  ]);
});

test('markers of transactions are passed over, to whatever lies behind', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'a');
  for (let i = 0; i < 5000; i++) appendMarker(broker);
  await produce(client, 't', 0, 'b');
  for (const version of [0, 3]) {
    assert.deepEqual(await values(client, version, 1, 100), [[5001, 'b']]);
    assert.deepEqual(await values(client, version), [
      [0, 'a'],
      [5001, 'b'],
    ]);
  }
});

test('a fetch for which there are only markers waits for records, or until its time is up', async () => {
  const clock = new ManualClock();
  await using broker = await startTestBroker({ clock });
  await broker.createTopic('t');
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  await produce(writer, 't', 0, 'a');
  appendMarker(broker);
  const request = fetchRequest('t', [{ partition: 0, offset: 1 }], { maxWaitMs: 500 });
  reader.start(Fetch, 2, request);
  await turns(200);
  await produce(writer, 't', 0, 'b');
  const [woken] = fetched(await soon(reader.result(Fetch, 2)));
  assert.deepEqual(
    (await readMessageSet(woken?.records ?? assert.fail())).map(({ offset }) => offset),
    [2],
  );
  appendMarker(broker);
  reader.start(Fetch, 2, { ...request, topics: fetchRequest('t', [{ partition: 0, offset: 3 }]).topics ?? [] });
  const outcome = await settle(clock, reader.result(Fetch, 2));
  const [late] = outcome.status === 'fulfilled' ? fetched(outcome.value) : assert.fail();
  assert.equal(late?.errorCode, ErrorCode.NONE);
  assert.equal(late.records?.length, 0);
});

test('headers go, and times of the append stay', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 1, { 'message.timestamp.type': 'LogAppendTime' });
  const client = await broker.connect();
  const record = { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 5 };
  const headers = [{ key: 'h', value: Buffer.from('x') }];
  await client.call(Produce, 9, produceRequest('t', 0, buildBatch([{ ...record, headers }])));
  const [answer] = fetched(await client.call(Fetch, 3, fetchRequest('t', [{ partition: 0 }])));
  const [message] = await readMessageSet(answer?.records ?? assert.fail());
  assert.equal(message?.isAppendTime, true);
  assert.ok((message.timestampMs ?? 0) > TIME);
  assert.deepEqual([message.key, message.value], ['k', 'v']);
});

test('zstd cannot be sent to old clients, nor anything to them where that is switched off', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  await broker.createTopic('zstd', 1, { 'compression.type': 'zstd' });
  const client = await broker.connect();
  await produce(client, 't', 0, 'a');
  const record = { key: null, value: Buffer.from('v'), timestampMs: 5 };
  await client.call(Produce, 9, produceRequest('t', 0, await buildCompressedBatch([record], { compression: 4 })));
  await client.call(Produce, 2, produceRequest('zstd', 0, messageSet(1, [{ value: 'v' }])));
  assert.deepEqual(await values(client, 3), [[0, 'a']]);
  const code = async (topic: string, offset: number): Promise<number | undefined> =>
    fetched(await client.call(Fetch, 3, fetchRequest(topic, [{ partition: 0, offset }])))[0]?.errorCode;
  assert.equal(await code('t', 1), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  assert.equal(await code('zstd', 0), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);

  await using strict = await startTestBroker({ settings: { 'log.message.downconversion.enable': 'false' } });
  await strict.createTopic('t');
  const other = await strict.connect();
  assert.deepEqual(await values(other, 3), []);
  await produce(other, 't', 0, 'a');
  const [refused] = fetched(await other.call(Fetch, 3, fetchRequest('t', [{ partition: 0 }])));
  assert.equal(refused?.errorCode, ErrorCode.UNSUPPORTED_VERSION);
  strict.services.config.setDynamic(new Map([['log.message.downconversion.enable', 'true']]), new Map());
  assert.deepEqual(await values(other, 3), [[0, 'a']]);
});

test('an old fetch of much is answered in parts of 2 MiB', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  for (let i = 0; i < 8; i++) {
    for (const partition of [0, 1]) await produce(client, 't', partition, 'x'.repeat(500_000));
  }
  const wanted = [0, 1].map((partition) => ({ partition, maxBytes: 100_000_000 }));
  for (const version of [0, 3]) {
    const answers = fetched(await client.call(Fetch, version, fetchRequest('t', wanted, { maxBytes: 100_000_000 })));
    const sizes = answers.map(({ records }) => records?.length ?? 0);
    const total = (sizes[0] ?? 0) + (sizes[1] ?? 0);
    assert.ok(total > 1_000_000 && total <= 2_100_000, sizes.join());
  }
});

test('ListOffsets v0 lists where to begin, the newest first', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  await client.call(
    Produce,
    2,
    produceRequest(
      't',
      0,
      messageSet(
        1,
        [1, 2, 3].map((i) => ({ timestampMs: TIME + i })),
      ),
    ),
  );
  const list = async (timestamp: number, maxNumOffsets: number, partitionIndex = 0): Promise<unknown[]> => {
    const wanted = { partitionIndex, timestamp, maxNumOffsets };
    const response = await client.call(ListOffsets, 0, { topics: [{ name: 't', partitions: [wanted, wanted] }] });
    const [first, second] = response.topics[0]?.partitions ?? [];
    assert.deepEqual(second, first, 'one that is named twice is answered twice');
    return first?.errorCode === 0 ? first.oldStyleOffsets.map(Number) : [first?.errorCode];
  };
  assert.deepEqual(await list(-1, 1), [3]);
  assert.deepEqual(await list(-1, 10), [3, 0]);
  assert.deepEqual(await list(-2, 10), [0]);
  assert.deepEqual(await list(TIME + 2, 10), [1, 0]);
  assert.deepEqual(await list(TIME + 9, 10), [3, 0]);
  assert.deepEqual(await list(TIME - 9, 10), [0]);
  assert.deepEqual(await list(-1, 0), []);
  assert.deepEqual(await list(-1, 10, 1), [0]);
  assert.deepEqual(await list(-1, -1), [ErrorCode.INVALID_REQUEST]);
  assert.deepEqual(await list(-3, 1), [ErrorCode.UNSUPPORTED_VERSION]);
  assert.deepEqual(await list(-1, 1, 7), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
});

test('ListOffsets v0 of records without times leaves none of them out, but for a time to come', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await send(client, 0, messageSet(0, [{}, {}, {}]));
  const list = async (timestamp: number): Promise<unknown> => {
    const partitions = [{ partitionIndex: 0, timestamp, maxNumOffsets: 10 }];
    const response = await client.call(ListOffsets, 0, { topics: [{ name: 't', partitions }] });
    return response.topics[0]?.partitions[0]?.oldStyleOffsets.map(Number);
  };
  const now = broker.services.clock.now();
  assert.deepEqual(await list(-1), [3, 0]);
  assert.deepEqual(await list(TIME), [0]);
  assert.deepEqual(await list(now - 1), [0]);
  assert.deepEqual(await list(now + 3_600_000), [3, 0]);
});

test('OffsetCommit v1 may say when a commit was', () => {
  const env = { clock: new ManualClock(), settings: { offsetMetadataMaxBytes: 9 } } as never;
  const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null };
  const partitions = [partition, { ...partition, commitTimestamp: -1 }, { ...partition, commitTimestamp: 77 }];
  const { records } = newOffsets(env, {
    groupId: 'g',
    expireTimestampMs: -1,
    topics: [{ name: 't', topicId: '', partitions }],
  });
  const now = new ManualClock().now();
  assert.deepEqual(
    records.map(({ value }) => value?.commitTimestampMs),
    [now, now, 77],
  );
});

test('walka.min.client.version leaves what clients of that release need', async () => {
  const shown = async (release: string): Promise<Map<number, number>> => {
    await using broker = await startTestBroker({ settings: { 'walka.min.client.version': release } });
    await broker.createTopic('t');
    const client = await broker.connect();
    const { apiKeys } = await client.call(ApiVersions, 0, {});
    return new Map(apiKeys.map(({ apiKey, minVersion }) => [apiKey, minVersion]));
  };
  const all = await shown('0.8');
  const current = await shown('2.1');
  for (const [apiKey, minVersion] of current) {
    const info = apiInfo.get(apiKey);
    assert.equal(minVersion, apiKey === ApiKey.Produce ? 0 : info?.minVersion, `${apiKey}`);
    assert.equal(all.get(apiKey), info?.oldVersion ?? info?.minVersion, `${apiKey}`);
  }
  const some = await shown('0.10.1.1');
  const minimum = (api: keyof typeof ApiKey): number | undefined => some.get(ApiKey[api]);
  assert.deepEqual([minimum('ListOffsets'), minimum('OffsetCommit'), minimum('OffsetFetch')], [1, 2, 1]);
  assert.deepEqual([minimum('Fetch'), minimum('CreateTopics'), minimum('DescribeAcls')], [0, 0, 0]);
  assert.equal((await shown('0.10.0')).get(ApiKey.ListOffsets), 0);
  assert.equal((await shown('0.11')).get(ApiKey.Fetch), 4);
  assert.equal((await shown('0.11.0.3')).get(ApiKey.DescribeConfigs), 0);
  await assert.rejects(shown('latest'), /walka\.min\.client\.version/);
});

test('a version that no client needs any more closes the connection', async () => {
  await using broker = await startTestBroker({ settings: { 'walka.min.client.version': '0.11.0' } });
  await broker.createTopic('t');
  for (const version of [0, 3]) {
    const client = await broker.connect();
    client.start(Fetch, version, fetchRequest('t', [{ partition: 0 }]));
    assert.equal(await client.next(), null);
  }
  const client = await broker.connect();
  client.start(Produce, 2, produceRequest('t', 0, messageSet(1, [{ value: 'v' }])));
  assert.equal(await client.next(), null);
  const current = await broker.connect();
  assert.equal(fetched(await current.call(Fetch, 4, fetchRequest('t', [{ partition: 0 }]))).length, 1);
});
