/** Produce, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { batchOf, onlyProduced, Produce, produce, produceRequest } from '../support/data-apis.ts';
import { turns, until } from '../support/run-clock.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { requestFrame, type WireClient } from '../support/wire-client.ts';

const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

async function errorOf(
  broker: TestBroker,
  version: number,
  request: Parameters<typeof Produce.write>[1],
): Promise<number> {
  const client = await broker.connect();
  return onlyProduced(await client.call(Produce, version, request)).errorCode;
}

test('every version appends a batch and tells where', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('t');
  const client = await broker.connect();
  for (let version = 3; version <= 13; version++) {
    const fields = version >= 13 ? { topicId } : {};
    const request = produceRequest('t', 0, batchOf(['a', 'b']), fields);
    const answer = onlyProduced(await client.call(Produce, version, request));
    assert.equal(answer.errorCode, ErrorCode.NONE);
    assert.equal(answer.baseOffset, (version - 3) * 2);
    assert.equal(answer.logAppendTimeMs, -1);
    assert.equal(answer.logStartOffset, version >= 5 ? 0 : -1);
  }
});

test('acks 0 gets no answer, and the next request does', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  client.start(Produce, 7, produceRequest('t', 0, batchOf(['quiet']), { acks: 0 }));
  assert.equal(await produce(client, 't', 0, 'loud'), 1);
});

test('acks 0 with an error closes the connection', async () => {
  await using broker = await startTestBroker();
  const client = await broker.connect();
  client.start(Produce, 7, produceRequest('missing', 0, batchOf(['x']), { acks: 0 }));
  assert.equal(await client.next(), null);
});

test('acks that mean nothing are refused where nothing else is wrong', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const { INVALID_RECORD, INVALID_REQUIRED_ACKS, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
  for (const acks of [2, -2, 100]) {
    const refused = (name: string, records: Buffer | null): Promise<number> =>
      errorOf(broker, 7, produceRequest(name, 0, records, { acks }));
    assert.equal(await refused('t', batchOf(['x'])), INVALID_REQUIRED_ACKS);
    assert.equal(await refused('missing', batchOf(['x'])), UNKNOWN_TOPIC_OR_PARTITION);
    assert.equal(await refused('t', null), INVALID_RECORD);
    assert.equal(await refused('t', Buffer.alloc(3)), INVALID_RECORD);
  }
  assert.equal(broker.services.partitions.get('t', 0)?.logEndOffset, 0);
});

test('unknown topics, partitions and ids have their own errors', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('t');
  const records = batchOf(['x']);
  assert.equal(await errorOf(broker, 9, produceRequest('u', 0, records)), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(await errorOf(broker, 9, produceRequest('t', 1, records)), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(
    await errorOf(broker, 13, produceRequest('', 1, records, { topicId })),
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  );
  assert.equal(
    await errorOf(broker, 13, produceRequest('', 0, records, { topicId: ZERO_ID })),
    ErrorCode.UNKNOWN_TOPIC_ID,
  );
});

test('clients may not write internal topics, except the admin client', async () => {
  await using broker = await startTestBroker();
  await broker.services.metadata.ensureInternalTopic('__consumer_offsets');
  const client = await broker.connect();
  const records = buildBatch([{ key: Buffer.from('k'), value: null, timestampMs: 1 }]);
  const request = produceRequest('__consumer_offsets', 0, records);
  const answers: [number, number][] = [];
  for (const clientId of ['test', '__admin_client', '__admin_client-1']) {
    client.send(requestFrame(Produce.apiKey, 9, 1, (writer) => Produce.write(writer, request, 9), clientId));
    const { errorCode, baseOffset } = onlyProduced(await client.result(Produce, 9));
    answers.push([errorCode, baseOffset]);
  }
  const refused = [ErrorCode.INVALID_TOPIC_EXCEPTION, -1];
  assert.deepEqual(answers, [refused, [ErrorCode.NONE, 0], refused]);
  const internal = (bytes: Buffer, acks = -1) =>
    errorOf(broker, 9, produceRequest('__consumer_offsets', 0, bytes, { acks }));
  assert.equal(await internal(Buffer.alloc(3)), ErrorCode.INVALID_RECORD);
  assert.equal(await internal(Buffer.alloc(3), 7), ErrorCode.INVALID_RECORD);
  assert.equal(await internal(records, 7), ErrorCode.INVALID_REQUIRED_ACKS);
  assert.equal(broker.services.partitions.get('__consumer_offsets', 0)?.logEndOffset, 1);
});

test('a batch that is no batch is refused, and the connection goes on', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const broken = batchOf(['x']);
  broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1;
  assert.equal(await errorOf(broker, 9, produceRequest('t', 0, null)), ErrorCode.INVALID_RECORD);
  assert.equal(await errorOf(broker, 9, produceRequest('t', 0, broken)), ErrorCode.CORRUPT_MESSAGE);
  const client = await broker.connect();
  assert.notEqual(onlyProduced(await client.call(Produce, 9, produceRequest('t', 0, Buffer.alloc(5)))).errorCode, 0);
  assert.equal(await produce(client, 't', 0, 'fine'), 0);
});

test('a transactional batch without a transactional id is refused for every partition of the request', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  const transactional = buildBatch([{ key: null, value: Buffer.from('x'), timestampMs: 1 }], {
    producerId: 1n,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: true,
  });
  const response = await client.call(Produce, 9, {
    acks: -1,
    timeoutMs: 1000,
    transactionalId: null,
    topicData: [
      {
        name: 't',
        partitionData: [
          { index: 0, records: batchOf(['plain']) },
          { index: 1, records: transactional },
        ],
      },
    ],
  });
  const answers = response.responses[0]?.partitionResponses ?? [];
  for (const { errorCode } of answers) assert.equal(errorCode, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  assert.equal(answers.length, 2);
  assert.equal(broker.services.partitions.get('t', 0)?.logEndOffset, 0);
});

test('records that break a rule are named from version 8 on', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('compacted', 1, { 'cleanup.policy': 'compact' });
  const client = await broker.connect();
  const request = produceRequest('compacted', 0, batchOf(['no key', 'none either']));
  const answer = onlyProduced(await client.call(Produce, 8, request));
  assert.equal(answer.errorCode, ErrorCode.INVALID_RECORD);
  assert.deepEqual(
    answer.recordErrors.map(({ batchIndex }) => batchIndex),
    [0, 1],
  );
  assert.equal(onlyProduced(await client.call(Produce, 7, request)).errorCode, ErrorCode.INVALID_RECORD);
});

test('one bad partition does not keep the others from being written', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 3);
  const client = await broker.connect();
  const response = await client.call(Produce, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      { name: 't', partitionData: [0, 7, 2].map((index) => ({ index, records: batchOf([`p${index}`]) })) },
      { name: 'missing', partitionData: [{ index: 0, records: batchOf(['x']) }] },
    ],
  });
  const answers = response.responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, baseOffset }) => [name, index, errorCode, baseOffset]),
  );
  assert.deepEqual(answers, [
    ['t', 0, 0, 0],
    ['t', 7, 3, -1],
    ['t', 2, 0, 0],
    ['missing', 0, 3, -1],
  ]);
  assert.deepEqual([...broker.counters.api(ApiKey.Produce).errors], [[ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 2]]);
});

test('the answer waits for the commit while later requests are appended already', async () => {
  await using broker = await startTestBroker({ autoCommit: false });
  await broker.createTopic('t');
  const client = await broker.connect();
  for (let i = 0; i < 5; i++) client.start(Produce, 9, produceRequest('t', 0, batchOf([`r${i}`])));
  await until(() => broker.engine.queued.length === 5);
  assert.equal(broker.counters.pendingWrites, 5);
  broker.engine.commit();
  for (let i = 0; i < 5; i++) assert.equal(onlyProduced(await client.result(Produce, 9)).baseOffset, i);
  assert.equal(broker.counters.pendingWrites, 0);
});

for (const timeoutMs of [1000, 5000]) {
  test(`a commit that takes longer than ${timeoutMs} ms times out, and may still happen`, async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ autoCommit: false, clock });
    await broker.createTopic('t');
    const client = await broker.connect();
    client.start(Produce, 9, produceRequest('t', 0, batchOf(['late']), { timeoutMs }));
    await until(() => broker.engine.queued.length === 1);
    clock.advance(timeoutMs + 1000);
    assert.equal(onlyProduced(await client.result(Produce, 9)).errorCode, ErrorCode.REQUEST_TIMED_OUT);
    broker.engine.commit();
    await until(() => broker.services.partitions.get('t', 0)?.highWatermark === 1);
  });
}

for (const [what, fields, waitMs] of [
  ['with acks=1', { acks: 1, timeoutMs: 1 }, 60_000],
  ['with no time to wait', { timeoutMs: 0 }, 999],
  ['with a negative timeout', { timeoutMs: -1 }, 999],
] as const) {
  test(`a slow commit ${what} does not time out, as nothing has to be replicated`, async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ autoCommit: false, clock });
    await broker.createTopic('t');
    const client = await broker.connect();
    client.start(Produce, 9, produceRequest('t', 0, batchOf(['slow']), fields));
    await until(() => broker.engine.queued.length === 1);
    clock.advance(waitMs);
    broker.engine.commit();
    assert.equal(onlyProduced(await client.result(Produce, 9)).errorCode, ErrorCode.NONE);
  });
}

test('a commit that fails answers with KAFKA_STORAGE_ERROR and the broker lives', async () => {
  await using broker = await startTestBroker({ autoCommit: false });
  await broker.createTopic('t');
  const client = await broker.connect();
  client.start(Produce, 9, produceRequest('t', 0, batchOf(['lost'])));
  await until(() => broker.engine.queued.length === 1);
  broker.engine.fail('DISK_FULL');
  assert.equal(onlyProduced(await client.result(Produce, 9)).errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
  broker.engine.autoCommit = true;
  assert.equal(await produce(client, 't', 0, 'back'), 0);
});

for (const [how, leave] of [
  ['closes', (client: WireClient) => client.close()],
  ['resets its connection', (client: WireClient) => client.socket.resetAndDestroy()],
] as const) {
  test(`a client that ${how} before the commit leaves no memory behind`, async () => {
    // Time stands still, so that it is the commit that ends the request and not its timeout.
    await using broker = await startTestBroker({ autoCommit: false, clock: new ManualClock() });
    await broker.createTopic('t');
    const client = await broker.connect();
    client.start(Produce, 9, produceRequest('t', 0, batchOf(['x'.repeat(200_000)])));
    await until(() => broker.engine.queued.length === 1);
    leave(client);
    await turns(20);
    assert.equal(broker.pool.leaks().length, 1, 'the write needs its bytes');
    broker.engine.commit();
    await until(() => broker.server.connectionCount === 0 && broker.pool.leaks().length === 0);
    assert.equal(broker.counters.pendingWrites, 0);
  });
}

test('batches that need looking at keep their order among those that do not', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('plain');
  await broker.createTopic('zipped', 1, { 'compression.type': 'gzip' });
  const client = await broker.connect();
  for (let i = 0; i < 6; i++) {
    client.start(Produce, 9, produceRequest(i % 2 === 0 ? 'zipped' : 'plain', 0, batchOf([`v${i}`])));
  }
  for (let i = 0; i < 6; i++) {
    const answer = onlyProduced(await client.result(Produce, 9));
    assert.deepEqual([answer.errorCode, answer.baseOffset], [0, Math.floor(i / 2)]);
  }
});

test('batches that are stored uncompressed expand together to no more than a request may have', async () => {
  await using broker = await startTestBroker({ settings: { 'socket.request.max.bytes': '5000000' } });
  await broker.createTopic('t', 10, { 'compression.type': 'uncompressed' });
  const record = { key: null, value: Buffer.alloc(900_000), timestampMs: 1_700_000_000_000 };
  const records = await buildCompressedBatch([record], { compression: 1 });
  const partitionData = Array.from({ length: 10 }, (_, index) => ({ index, records }));
  const request = { acks: -1, timeoutMs: 30_000, topicData: [{ name: 't', partitionData }] };
  const client = await broker.connect();
  for (let i = 0; i < 2; i++) {
    const { responses } = await client.call(Produce, 9, request);
    const codes = responses[0]?.partitionResponses.map(({ errorCode }) => errorCode) ?? [];
    assert.equal(codes.filter((code) => code === ErrorCode.NONE).length, 5);
    assert.equal(codes.filter((code) => code === ErrorCode.MESSAGE_TOO_LARGE).length, 5);
  }
});
