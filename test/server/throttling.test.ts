/** Clients over their quotas, on real sockets and a clock that stands still: what they are told, and when they go on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildBatch } from '../../protocol/records/build.ts';
import type { Slice } from '../../src/base/counted.ts';
import { timed } from '../../src/base/effort.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { turn } from '../../src/base/real-time.ts';
import { type AppendOptions, type AppendResult, type PartitionLog, PreparedSlice } from '../../src/partition/types.ts';
import { Metadata } from '../support/admin-apis.ts';
import { ApiVersions, Fetch, fetched, fetchRequest, Produce, produceRequest } from '../support/data-apis.ts';
import { setQuotas } from '../support/quotas.ts';
import { runUntil, soon, turns, until } from '../support/run-clock.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { TransactionalClient, transactionalBatch } from '../support/transactional-client.ts';
import { requestFrame, type WireClient } from '../support/wire-client.ts';

const VERSIONS = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
type ProduceFields = ReturnType<typeof produceRequest>;

function records(valueBytes: number): Buffer {
  return buildBatch([{ key: null, value: Buffer.alloc(valueBytes), timestampMs: 0 }]);
}

function frameOf(fields: ProduceFields): Buffer {
  return requestFrame(Produce.apiKey, 9, 1, (writer) => Produce.write(writer, fields, 9));
}

/** A produce request of so many bytes, as a quota counts them. */
function requestOf(byteLength: number, acks = -1): ProduceFields {
  const fields = (valueBytes: number): ProduceFields => produceRequest('data', 0, records(valueBytes), { acks });
  const overhead = frameOf(fields(byteLength)).length - 4 - byteLength;
  const request = fields(byteLength - overhead);
  assert.equal(frameOf(request).length - 4, byteLength);
  return request;
}

async function broker(clock: ManualClock): Promise<TestBroker> {
  const started = await startTestBroker({ clock });
  await started.createTopic('data');
  return started;
}

async function throttleOfProduce(client: WireClient, request = requestOf(50_020)): Promise<number> {
  return (await soon(client.call(Produce, 9, request))).throttleTimeMs;
}

/** Notes what an answer is, and when: `order` gets its name. */
function noted(answer: Promise<{ readonly throttleTimeMs: number }>, name: string, order: string[]): void {
  void answer.then(({ throttleTimeMs }) => order.push(`${name} ${throttleTimeMs}`));
}

describe('a producer over its quota', () => {
  test('is told at once for how long, in the numbers of Apache Kafka, on whichever connection', async () => {
    await using started = await broker(new ManualClock());
    await setQuotas(started.services, { user: 'ANONYMOUS' }, { producer_byte_rate: 10_000 });
    const times: number[] = [];
    for (let i = 0; i < 3; i++) times.push(await throttleOfProduce(await started.connect()));
    assert.deepEqual(times, [0, 4, 5006]);
  });

  test('has its next request start when the time is over; other connections go on', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 10_000 });
    const [muted, other] = [await started.connect(), await started.connect()];
    assert.equal(await throttleOfProduce(muted, requestOf(150_000)), 5000);
    const order: string[] = [];
    muted.start(ApiVersions, 3, VERSIONS);
    noted(muted.result(ApiVersions, 3), 'muted', order);
    clock.advance(4999);
    for (let i = 0; i < 5; i++) noted(soon(other.call(Metadata, 9, { topics: [] })), 'other', order);
    await until(() => order.length === 5);
    clock.advance(1);
    await until(() => order.length === 6);
    assert.deepEqual(order, [...Array<string>(5).fill('other 0'), 'muted 0']);
  });

  test('is held back without acks, too, though nobody tells it', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { 'client-id': 'test' }, { producer_byte_rate: 10_000 });
    const client = await started.connect();
    client.start(Produce, 9, requestOf(150_000, 0));
    client.start(ApiVersions, 3, VERSIONS);
    const order: string[] = [];
    noted(client.result(ApiVersions, 3), 'versions', order);
    await until(() => started.counters.apis.get(Produce.apiKey)?.requests === 1);
    clock.advance(4999);
    await turns(50);
    assert.deepEqual(order, []);
    clock.advance(1);
    await until(() => order.length === 1);
  });

  test('counts what it sends ahead only when it starts', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 10_000 });
    const client = await started.connect();
    client.send(Buffer.concat([1, 2, 3].map(() => frameOf(requestOf(110_000)))));
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      times.push((await soon(client.result(Produce, 9))).throttleTimeMs);
      clock.advance(times[i] as number);
    }
    assert.deepEqual(times, [1000, 12_000, 1000]);
  });

  test('gives everything back when its connection closes meanwhile', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 10 });
    const client = await started.connect();
    client.send(Buffer.concat([frameOf(requestOf(50_000)), frameOf(requestOf(60_000))]));
    assert.ok((await soon(client.result(Produce, 9))).throttleTimeMs > 1_000_000);
    client.close();
    clock.advance(2 ** 31);
    await until(() => started.counters.connections === 0);
    assert.deepEqual(started.pool.leaks(), []);
  });

  test('goes on as it likes once there is no quota any more', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 10_000 });
    const client = await started.connect();
    assert.equal(await throttleOfProduce(client, requestOf(100_000)), 0);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: null });
    assert.equal(started.services.quotas.clients, null);
    assert.equal(await throttleOfProduce(client, requestOf(200_000)), 0);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 10_000 });
    assert.equal(await throttleOfProduce(client, requestOf(100_000)), 0);
    assert.equal(await throttleOfProduce(client, requestOf(50_020)), 5002);
  });
});

describe('what is kept of a client that is held back', () => {
  /** A connection that is held back for days, and what it said last. */
  async function mutedClient(started: TestBroker): Promise<WireClient> {
    const client = await started.connect();
    assert.ok((await throttleOfProduce(client, requestOf(50_000))) > 1_000_000);
    return client;
  }

  test('is the beginning of its next request, however much it sends', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 1 });
    const clients = [await mutedClient(started), await mutedClient(started), await mutedClient(started)];
    const before = started.pool.usedBytes;
    for (const client of clients) client.send(frameOf(requestOf(8_000_000)));
    await turns(500);
    const perClient = (started.pool.usedBytes - before) / clients.length;
    assert.ok(perClient <= 2 * 1024 * 1024, `${perClient} bytes`);
  });

  test('is given up where memory is short: others are served', async () => {
    const clock = new ManualClock();
    await using started = await startTestBroker({ clock, poolBytes: 6 * 1024 * 1024 });
    await started.createTopic('data');
    await setQuotas(started.services, { 'client-id': 'test' }, { producer_byte_rate: 1 });
    // The second request of each came with the first, whole.
    const both = Buffer.concat([frameOf(requestOf(2000)), frameOf(requestOf(60_000))]);
    for (let i = 0; i < 100; i++) {
      const client = await started.connect();
      client.send(both);
      assert.ok((await soon(client.result(Produce, 9))).throttleTimeMs > 1_000_000);
    }
    assert.ok(started.pool.usedBytes > 5_000_000, `${started.pool.usedBytes} bytes`);
    const other = await started.connect();
    const request = requestOf(4_000_000);
    for (let i = 0; i < 3; i++) {
      other.send(requestFrame(Produce.apiKey, 9, i, (writer) => Produce.write(writer, request, 9), 'another'));
      assert.equal((await runUntil(clock, other.result(Produce, 9))).throttleTimeMs, 0);
    }
  });

  test('is nothing that has to do with its leaving: it is noticed', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { user: null }, { producer_byte_rate: 1 });
    const client = await mutedClient(started);
    assert.equal(started.counters.connections, 1);
    client.close();
    await until(() => started.counters.connections === 0);
  });
});

describe('a consumer over its quota', () => {
  const OVERHEAD = 100;

  async function filled(clock: ManualClock): Promise<TestBroker> {
    const started = await broker(clock);
    const client = await started.connect();
    for (let i = 0; i < 4; i++) await soon(client.call(Produce, 9, produceRequest('data', 0, records(59_900))));
    return started;
  }

  const from = (offset: number, fields = {}): Parameters<typeof Fetch.write>[1] =>
    fetchRequest('data', [{ partition: 0, offset, maxBytes: 60_000 }], fields);

  test('gets nothing at once, and the records when the time is over', async () => {
    const clock = new ManualClock();
    await using started = await filled(clock);
    await setQuotas(started.services, { user: null }, { consumer_byte_rate: 10_000 });
    const client = await started.connect();
    const first = await soon(client.call(Fetch, 12, from(0)));
    assert.deepEqual([first.throttleTimeMs, fetched(first).length], [0, 1]);
    const second = await soon(client.call(Fetch, 12, from(1)));
    assert.deepEqual([second.responses, second.errorCode, second.sessionId], [[], 0, 0]);
    assert.ok(Math.abs(second.throttleTimeMs - 2000) < OVERHEAD, `${second.throttleTimeMs}`);
    clock.advance(11_000);
    const third = await soon(client.call(Fetch, 12, from(1)));
    assert.equal(fetched(third)[0]?.records?.length, fetched(first)[0]?.records?.length);
  });

  test('keeps its session, which tells what it did not get', async () => {
    const clock = new ManualClock();
    await using started = await filled(clock);
    await setQuotas(started.services, { user: null }, { consumer_byte_rate: 10_000 });
    const client = await started.connect();
    const first = await soon(client.call(Fetch, 12, from(0, { sessionEpoch: 0 })));
    assert.notEqual(first.sessionId, 0);
    const { sessionId } = first;
    const second = await soon(client.call(Fetch, 12, from(1, { sessionId, sessionEpoch: 1 })));
    assert.deepEqual([second.responses, second.sessionId], [[], sessionId]);
    clock.advance(11_000);
    const third = await soon(client.call(Fetch, 12, { ...from(1), topics: [], sessionId, sessionEpoch: 2 }));
    assert.equal(fetched(third).length, 1);
  });

  test('opens no session with an answer without records', async () => {
    const clock = new ManualClock();
    await using started = await filled(clock);
    await setQuotas(started.services, { user: null }, { consumer_byte_rate: 10_000 });
    const [one, other] = [await started.connect(), await started.connect()];
    await soon(one.call(Fetch, 12, from(0)));
    const second = await soon(other.call(Fetch, 12, from(0, { sessionEpoch: 0 })));
    assert.ok(second.throttleTimeMs > 0);
    assert.deepEqual([second.sessionId, started.services.fetchSessions.size], [0, 0]);
  });

  test('gets no more at once than all windows allow', async () => {
    const clock = new ManualClock();
    await using started = await filled(clock);
    await setQuotas(started.services, { user: null }, { consumer_byte_rate: 13_000 });
    const client = await started.connect();
    const all = fetchRequest('data', [{ partition: 0, maxBytes: 10_000_000 }]);
    const answer = await soon(client.call(Fetch, 12, all));
    assert.equal(answer.throttleTimeMs, 0);
    assert.equal(fetched(answer)[0]?.records?.length, 2 * 59_972);
  });

  test('gets a batch that is larger than all windows allow when it had nothing before, and pays for it then', async () => {
    const clock = new ManualClock();
    await using started = await filled(clock);
    await setQuotas(started.services, { user: null }, { consumer_byte_rate: 1000 });
    const client = await started.connect();
    const first = await soon(client.call(Fetch, 12, from(0)));
    assert.deepEqual([first.throttleTimeMs, fetched(first).length], [0, 1]);
    const second = await soon(client.call(Fetch, 12, from(1)));
    assert.deepEqual(second.responses, []);
    assert.ok(second.throttleTimeMs > 50_000);
    const third = client.call(Fetch, 12, from(1));
    clock.advance(second.throttleTimeMs);
    assert.equal(fetched(await soon(third)).length, 1);
  });
});

describe('a client that keeps the event loop busy', () => {
  test('is held back for a window at most, whatever it asks for; who has not this quota is not', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { 'client-id': 'test' }, { request_percentage: 1 });
    // Looking for the topic takes a second.
    const { metadata } = started.services;
    const slow = { ...started.services, metadata: Object.create(metadata, {}) as typeof metadata };
    slow.metadata.topic = (name) => {
      clock.advance(1000);
      return metadata.topic(name);
    };
    started.server.intercept((api, context, request) => api.handle({ ...context, services: slow }, request));
    const client = await started.connect();
    const answer = await soon(client.call(Metadata, 9, { topics: [{ name: 'data' }] }));
    assert.equal(answer.throttleTimeMs, 1000);
    const next = client.call(ApiVersions, 3, VERSIONS);
    clock.advance(999);
    await turns(20);
    clock.advance(1);
    assert.equal((await soon(next)).throttleTimeMs, 1000);
  });

  test('is not held back for the time that its request waited before there was a quota', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    const parked = Promise.withResolvers<void>();
    started.server.intercept((api, context, request) => {
      const result = api.handle(context, request);
      if (api.apiKey === Fetch.apiKey) parked.resolve();
      return result;
    });
    const client = await started.connect();
    const answer = client.call(Fetch, 12, fetchRequest('data', [{ partition: 0 }], { maxWaitMs: 10_000 }));
    await soon(parked.promise);
    await setQuotas(started.services, { 'client-id': 'test' }, { request_percentage: 1 });
    clock.advance(10_000);
    assert.equal((await soon(answer)).throttleTimeMs, 0);
  });

  test('is held back for what its request goes on with in later turns, too', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    await setQuotas(started.services, { 'client-id': 'test' }, { request_percentage: 1 });
    const log = started.services.partitions.get('data', 0) as PartitionLog;
    const preparing = Object.assign(log, {
      async prepare(slice: Slice, { effort = null }: AppendOptions): Promise<PreparedSlice> {
        await turn();
        return timed(effort, () => {
          clock.advance(1000);
          return new PreparedSlice(slice.bytes, slice.owner);
        });
      },
    });
    const client = await started.connect();
    assert.equal(await throttleOfProduce(client, requestOf(1000)), 1000);
    assert.equal(preparing.logEndOffset, 1);
  });

  test('is held back for what it appends once the transaction coordinator knows of it, too', async () => {
    const clock = new ManualClock();
    await using started = await broker(clock);
    const producer = new TransactionalClient(await started.connect());
    await soon(producer.find());
    const identity = await soon(producer.init());
    await soon(producer.add(identity, { data: [0] }));
    await setQuotas(started.services, { 'client-id': 'test' }, { request_percentage: 1 });
    const log = started.services.partitions.get('data', 0) as PartitionLog;
    const append = log.append.bind(log);
    Object.assign(log, {
      append(slice: Slice, options: AppendOptions): AppendResult {
        clock.advance(1000);
        return append(slice, options);
      },
    });
    const partitionData = [{ index: 0, records: transactionalBatch(identity, 0) }];
    const request = { acks: -1, timeoutMs: 30_000, topicData: [{ name: 'data', partitionData }] };
    const { transactionalId } = producer;
    assert.equal(await throttleOfProduce(producer.client, { ...request, transactionalId }), 1000);
    assert.equal(log.logEndOffset, 1);
  });
});
