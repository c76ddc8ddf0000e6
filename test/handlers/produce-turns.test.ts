/** Produce requests whose batches expand to much more than they are: others have their turn, and memory is bounded. */
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { turn } from '../../src/base/real-time.ts';
import { isPromise } from '../../src/base/realms.ts';
import { produceHandler } from '../../src/handlers/produce.ts';
import type { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { rewritten } from '../../src/handlers/produce-prepare.ts';
import { batchOf, Produce, produce } from '../support/data-apis.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { type HandlerResult, Pipelined } from '../../src/handlers/types.ts';
import type { PartitionLog } from '../../src/partition/types.ts';
import { testContext } from '../support/test-services.ts';
import type { WireClient } from '../support/wire-client.ts';

const MIB = 1024 * 1024;

function expandingTo(bytes: number): Promise<Buffer> {
  const record = { key: null, value: Buffer.alloc(bytes), timestampMs: 1_700_000_000_000 };
  return buildCompressedBatch([record], { compression: CompressionCodec.GZIP });
}

/** A request that writes the batch to each of so many partitions. */
function manyPartitions(name: string, count: number, records: Buffer): Parameters<typeof Produce.write>[1] {
  const partitionData = Array.from({ length: count }, (_, index) => ({ index, records }));
  return { acks: -1, timeoutMs: 30_000, topicData: [{ name, partitionData }] };
}

/** Error codes of a request's partitions, each with how many have it. */
async function outcomes(
  client: WireClient,
  request: Parameters<typeof Produce.write>[1],
): Promise<Map<number, number>> {
  const { responses } = await client.call(Produce, 9, request);
  const codes = new Map<number, number>();
  for (const { errorCode } of responses.flatMap(({ partitionResponses }) => partitionResponses)) {
    codes.set(errorCode, (codes.get(errorCode) ?? 0) + 1);
  }
  return codes;
}

/** Takes one step after the other until the work is done. */
async function meanwhile(work: Promise<unknown>, step: () => Promise<void>): Promise<void> {
  const state = { isOver: false };
  void work.then(() => (state.isOver = true));
  while (!state.isOver) await step();
}

/** Small requests on another connection that are answered before the big one is. */
async function answeredBeside(broker: TestBroker, big: Promise<unknown>): Promise<number> {
  const other = await broker.connect();
  let answered = 0;
  await meanwhile(big, async () => {
    await produce(other, 'small', 0, 'x');
    answered += 1;
  });
  return answered;
}

test('a request whose batches expand to much lets others have their turn, and writes all of them in order', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 100);
  await broker.createTopic('small');
  const client = await broker.connect();
  for (const bytes of [0.9 * MIB, 1.5 * MIB]) {
    const request = manyPartitions('t', 100, await expandingTo(bytes));
    await broker.connect().then((warm) => produce(warm, 'small', 0, 'x'));
    const big = outcomes(client, request);
    const answered = await answeredBeside(broker, big);
    assert.deepEqual([...(await big)], [[ErrorCode.NONE, 100]]);
    assert.ok(answered > 5, `${answered} were answered beside it`);
  }
  const ends = Array.from({ length: 100 }, (_, index) => broker.services.partitions.get('t', index)?.logEndOffset);
  assert.deepEqual(new Set(ends), new Set([2]));
});

test('few batches are expanded on other threads at a time', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 60);
  await broker.createTopic('small');
  const request = manyPartitions('t', 60, await expandingTo(1.5 * MIB));
  await outcomes(await broker.connect(), request);
  let engines = 0;
  const hook = createHook({
    init(_, type) {
      if (type === 'ZLIB') engines += 1;
    },
  }).enable();
  const clients = await Promise.all([1, 2, 3].map(() => broker.connect()));
  let most = 0;
  let before = 0;
  await meanwhile(Promise.all(clients.map((client) => outcomes(client, request))), async () => {
    before = engines;
    await turn();
    most = Math.max(most, engines - before);
  });
  hook.disable();
  assert.equal(engines, 180);
  assert.ok(most <= 8, `${most} begun in one turn`);
});

test('records that are written anew are held in bounds, however many requests bring them', async () => {
  await using broker = await startTestBroker({ settings: { 'socket.request.max.bytes': String(32 * MIB) } });
  await broker.createTopic('t', 40, { 'compression.type': 'uncompressed' });
  await broker.createTopic('small');
  const request = manyPartitions('t', 40, await expandingTo(1_000_000));
  const clients = await Promise.all(Array.from({ length: 8 }, () => broker.connect()));
  let most = 0;
  const big = Promise.all(clients.map((client) => outcomes(client, request)));
  const other = await broker.connect();
  await meanwhile(big, async () => {
    most = Math.max(most, rewritten.bytes);
    await produce(other, 'small', 0, 'x');
  });
  for (const codes of await big) {
    assert.equal(codes.get(ErrorCode.NONE), 33, 'as much as a request may have');
    assert.equal(codes.get(ErrorCode.MESSAGE_TOO_LARGE), 7);
  }
  assert.ok(most > 32 * MIB && most < 98 * MIB, `${most} bytes were held`);
  assert.equal(rewritten.bytes, 0);
});

/** What the handler itself makes of a request. */
function handled(broker: TestBroker, request: Parameters<typeof Produce.write>[1]): HandlerResult<unknown> {
  const writer = new Writer();
  Produce.write(writer, request, 9);
  const read = produceHandler.readRequest(new Reader(writer.toBuffer()), 9);
  return produceHandler.handle(testContext(broker.services, 9, 'big'), read);
}

/** Runs the handler, and `eachTurn`; gives how many turns went by until the request had taken effect. */
async function turnsOf(
  broker: TestBroker,
  request: Parameters<typeof Produce.write>[1],
  eachTurn = (): void => undefined,
): Promise<number> {
  const result = handled(broker, request);
  const state = { isDone: !isPromise(result), turns: 0 };
  if (isPromise(result)) void result.then(() => (state.isDone = true));
  for (; !state.isDone; state.turns++) {
    eachTurn();
    await turn();
  }
  const settled = await result;
  if (settled instanceof Pipelined) await settled.response;
  return state.turns;
}

test('a large request is appended in slices, in the order of its partitions, and a small one at once', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 30);
  const value = Buffer.alloc(900_000);
  const batch = buildBatch([{ key: null, value, timestampMs: 1_700_000_000_000 }]);
  for (let index = 0; index < 30; index++) await broker.services.partitions.get('t', index)?.ready();
  const request = manyPartitions('t', 30, batch);
  const ends = (): number[] =>
    Array.from({ length: 30 }, (_, index) => broker.services.partitions.get('t', index)?.logEndOffset ?? -1);
  const handling = turnsOf(broker, request);
  const some = ends();
  assert.ok(some.includes(1) && some.includes(0) && some.lastIndexOf(1) < some.indexOf(0), `${some}`);
  const turns = await handling;
  assert.ok(turns >= 5, `${turns} turns`);
  assert.deepEqual(new Set(ends()), new Set([1]));
  assert.equal(await turnsOf(broker, manyPartitions('t', 3, batch)), 0);
});

test('no partition is given up for idle while a request is still to be appended to it', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 30);
  const partitions = Array.from({ length: 30 }, (_, index) => broker.services.partitions.get('t', index));
  const logs = partitions as unknown as readonly StreamPartitionLog[];
  const inClear = buildBatch([{ key: null, value: Buffer.alloc(900_000), timestampMs: 1_700_000_000_000 }]);
  for (const records of [inClear, await expandingTo(0.9 * MIB)]) {
    for (const log of logs) await log.ready();
    const turns = await turnsOf(broker, manyPartitions('t', 30, records), () => {
      for (const log of logs) log.evictIfIdle();
    });
    assert.ok(turns >= 3, `${turns} turns`);
  }
  assert.deepEqual(new Set(logs.map((log) => log.logEndOffset)), new Set([2]));
});

test('of a request with very many refused records a bounded number is named', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 30, { 'cleanup.policy': 'compact' });
  const record = { key: null, value: null, timestampMs: 1_700_000_000_000 };
  const batch = buildBatch(Array.from({ length: 1500 }, () => record));
  const client = await broker.connect();
  const { responses } = await client.call(Produce, 9, manyPartitions('t', 30, batch));
  const named = responses.flatMap(({ partitionResponses }) =>
    partitionResponses.map(({ recordErrors }) => recordErrors.length),
  );
  assert.deepEqual(named, [...Array<number>(10).fill(1000), ...Array<number>(20).fill(1)]);
});

test('a bug in the preparation of a batch fails its request alone, also while another partition is not ready', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const [broken, slow] = [0, 1].map((index) => broker.services.partitions.get('t', index) as PartitionLog);
  await broken?.ready();
  const isReady = Promise.withResolvers<void>();
  Object.assign(broken as PartitionLog, { prepare: () => Promise.reject(new Error('a bug')) });
  Object.assign(slow as PartitionLog, { ready: () => isReady.promise });
  const failed = assert.rejects(Promise.resolve(handled(broker, manyPartitions('t', 2, batchOf(['x'])))), /a bug/);
  for (let turns = 0; turns < 20; turns++) await turn();
  isReady.resolve();
  await failed;
});
