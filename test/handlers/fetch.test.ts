/** Fetch, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { CompressionCodec, compressionCodec } from '../../protocol/records/batch.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { StreamRead } from '../../src/storage/types.ts';
import { batchOf, Fetch, fetched, fetchRequest, Produce, produce, produceRequest } from '../support/data-apis.ts';
import { soon, turns, until } from '../support/run-clock.ts';
import { startTestBroker } from '../support/test-broker.ts';

test('every version returns the bytes that were produced, with their offset', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'first');
  const batch = batchOf(['second', 'third']);
  await client.call(Produce, 9, produceRequest('t', 0, batch));
  for (let version = 4; version <= 18; version++) {
    const request = fetchRequest(version >= 13 ? topicId : 't', [{ partition: 0, offset: 1 }]);
    const [partition] = fetched(await client.call(Fetch, version, request));
    assert.equal(partition?.errorCode, ErrorCode.NONE);
    assert.equal(partition.highWatermark, 3);
    assert.equal(partition.records?.readBigInt64BE(0), 1n);
    // The CRC covers everything from the attributes on; base offset and leader epoch are the broker's.
    assert.ok(partition.records.subarray(16).equals(batch.subarray(16)));
  }
});

test('an offset in the middle of a batch returns the whole batch', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'a', 'b', 'c');
  const [partition] = fetched(await client.call(Fetch, 11, fetchRequest('t', [{ partition: 0, offset: 2 }])));
  assert.equal(partition?.records?.readBigInt64BE(0), 0n);
  assert.equal(partition.records.length, batchOf(['a', 'b', 'c']).length);
});

test('what is not committed is not seen', async () => {
  await using broker = await startTestBroker({ autoCommit: false });
  await broker.createTopic('t');
  const [writer, reader] = [await broker.connect(), await broker.connect()];
  writer.start(Produce, 9, produceRequest('t', 0, batchOf(['x'])));
  await until(() => broker.engine.queued.length === 1);
  const [before] = fetched(await reader.call(Fetch, 11, fetchRequest('t', [{ partition: 0 }])));
  assert.equal(before?.records?.length, 0);
  assert.equal(before.highWatermark, 0);
  broker.engine.commit();
  await writer.result(Produce, 9);
  const [after] = fetched(await reader.call(Fetch, 11, fetchRequest('t', [{ partition: 0 }])));
  assert.equal(after?.highWatermark, 1);
});

test('errors per partition: unknown, out of range, fenced', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  const wanted = [
    { partition: 0, offset: 1 },
    { partition: 0, offset: -5 },
    { partition: 9 },
    { partition: 0, leaderEpoch: 7 },
  ];
  const codes = fetched(await client.call(Fetch, 12, fetchRequest('t', wanted, { maxWaitMs: 60_000 }))).map(
    ({ errorCode }) => errorCode,
  );
  assert.deepEqual(codes, [
    ErrorCode.OFFSET_OUT_OF_RANGE,
    ErrorCode.OFFSET_OUT_OF_RANGE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.UNKNOWN_LEADER_EPOCH,
  ]);
  const unknownId = fetchRequest('AAAAAAAAAAAAAAAAAAAAAA', [{ partition: 0 }]);
  assert.equal(fetched(await client.call(Fetch, 13, unknownId))[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_ID);
});

test('a negative epoch in a fetch is none', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'a');
  const request = fetchRequest('t', []);
  const partition = { partition: 0, partitionMaxBytes: 1000, currentLeaderEpoch: -2, lastFetchedEpoch: -2 };
  const topics = [{ topic: 't', partitions: [partition] }];
  const [answer] = fetched(await client.call(Fetch, 12, { ...request, topics }));
  assert.equal(answer?.errorCode, ErrorCode.NONE);
  assert.ok((answer?.records?.length ?? 0) > 0);
});

test('a fetch with a leader epoch to come is refused without naming a leader', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('t');
  const client = await broker.connect();
  const response = await client.call(Fetch, 16, fetchRequest(topicId, [{ partition: 0, leaderEpoch: 7 }]));
  assert.equal(fetched(response)[0]?.errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH);
  assert.deepEqual(fetched(response)[0]?.currentLeader, { leaderId: -1, leaderEpoch: -1 });
  assert.deepEqual(response.nodeEndpoints, []);
});

test('a fetch with an old leader epoch is told the leader, with its address, from version 16 on', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('t');
  // As if the broker had started again since.
  Object.assign(broker.services.partitions.get('t', 0) ?? {}, { leaderEpoch: 3 });
  const client = await broker.connect();
  const nodeId = broker.services.metadata.nodeId;
  for (const [version, leaderId, leaderEpoch] of [
    [12, -1, -1],
    [15, -1, -1],
    [16, nodeId, 3],
    [18, nodeId, 3],
  ] as const) {
    const topic = version < 13 ? 't' : topicId;
    const response = await client.call(Fetch, version, fetchRequest(topic, [{ partition: 0, leaderEpoch: 2 }]));
    assert.equal(fetched(response)[0]?.errorCode, ErrorCode.FENCED_LEADER_EPOCH);
    assert.deepEqual(fetched(response)[0]?.currentLeader, { leaderId, leaderEpoch });
    assert.equal(response.nodeEndpoints.length, version < 16 ? 0 : 1);
  }
});

test('topics of zstd are read by any version', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 1, { 'compression.type': 'zstd' });
  const client = await broker.connect();
  await produce(client, 't', 0, 'x');
  for (const version of [9, 10]) {
    const [partition] = fetched(await client.call(Fetch, version, fetchRequest('t', [{ partition: 0 }])));
    assert.equal(partition?.errorCode, ErrorCode.NONE);
    assert.equal(compressionCodec(partition.records ?? Buffer.alloc(0), 0), CompressionCodec.ZSTD);
  }
});

test('bounds: whole batches within the limits, but always one batch per request', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  for (const partition of [0, 0, 0, 1]) await produce(client, 't', partition, 'x'.repeat(1000));
  const sizes = async (maxBytes: number, perPartition: number): Promise<(number | undefined)[]> => {
    const wanted = [0, 1].map((partition) => ({ partition, maxBytes: perPartition }));
    const fresh = await broker.connect(); // the order turns with each request of a connection
    const response = await fresh.call(Fetch, 11, fetchRequest('t', wanted, { maxBytes }));
    return fetched(response).map(({ records }) => records?.length);
  };
  const one = batchOf(['x'.repeat(1000)]).length;
  assert.deepEqual(await sizes(1_000_000, 1_000_000), [3 * one, one]);
  assert.deepEqual(await sizes(1_000_000, 2 * one + 10), [2 * one, one]);
  assert.deepEqual(await sizes(1, 1), [one, 0]);
  assert.deepEqual(await sizes(one + 10, 1_000_000), [one, 0]);
});

test('with a small limit every partition gets its turn', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 5);
  const client = await broker.connect();
  for (let partition = 0; partition < 5; partition++) await produce(client, 't', partition, 'x'.repeat(500));
  const served = new Set<number>();
  for (let i = 0; i < 5; i++) {
    const wanted = [0, 1, 2, 3, 4].map((partition) => ({ partition }));
    const response = await client.call(Fetch, 11, fetchRequest('t', wanted, { maxBytes: 1 }));
    for (const { partitionIndex, records } of fetched(response)) {
      if ((records?.length ?? 0) > 0) served.add(partitionIndex);
    }
  }
  assert.equal(served.size, 5);
});

test('a fetch that has nothing to wait for, or may not, is answered at once', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t');
  const client = await broker.connect();
  const ask = async (request: Parameters<typeof Fetch.write>[1]): Promise<ReturnType<typeof fetched>> =>
    fetched(await soon(client.call(Fetch, 12, request)));
  const waiting = { maxWaitMs: 60_000 };
  assert.deepEqual(await ask({ ...fetchRequest('t', [], waiting), topics: [] }), []);
  const [atEnd] = await ask(fetchRequest('t', [{ partition: 0 }], { maxWaitMs: 0 }));
  assert.deepEqual([atEnd?.errorCode, atEnd?.records?.length], [ErrorCode.NONE, 0]);
  const { OFFSET_OUT_OF_RANGE, UNKNOWN_LEADER_EPOCH } = ErrorCode;
  for (const [wanted, errorCode] of [
    [{ partition: 0, offset: 1 }, OFFSET_OUT_OF_RANGE],
    [{ partition: 0, offset: -1 }, OFFSET_OUT_OF_RANGE],
    [{ partition: 0, leaderEpoch: 7 }, UNKNOWN_LEADER_EPOCH],
  ] as const) {
    const [refused] = await ask(fetchRequest('t', [wanted], waiting));
    assert.equal(refused?.errorCode, errorCode);
  }
});

test('a fetch waits for data and is answered when it comes', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t', 2);
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  reader.start(Fetch, 11, fetchRequest('t', [{ partition: 0 }, { partition: 1 }], { maxWaitMs: 1000 }));
  await turns(20);
  await produce(writer, 't', 1, 'news');
  const partitions = fetched(await soon(reader.result(Fetch, 11)));
  assert.deepEqual(
    partitions.map(({ records }) => (records?.length ?? 0) > 0),
    [false, true],
  );
});

test('a fetch of many partitions waits for data of any', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t', 20);
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  const wanted = Array.from({ length: 20 }, (_, partition) => ({ partition }));
  for (const news of [17, 0]) {
    const from = wanted.map(({ partition }) => ({ partition, offset: partition === 17 && news === 0 ? 1 : 0 }));
    reader.start(Fetch, 11, fetchRequest('t', from, { maxWaitMs: 1000 }));
    await turns(20);
    await produce(writer, 't', news, 'news');
    const partitions = fetched(await soon(reader.result(Fetch, 11)));
    assert.deepEqual(
      partitions.filter(({ records }) => (records?.length ?? 0) > 0).map(({ partitionIndex }) => partitionIndex),
      [news],
    );
  }
});

test('who reads committed records only gets those that are in no transaction, too', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'plain');
  const response = await client.call(Fetch, 11, fetchRequest('t', [{ partition: 0 }], { isolationLevel: 1 }));
  const [partition] = fetched(response);
  assert.equal(partition?.records?.length, batchOf(['plain']).length);
  assert.deepEqual([partition.lastStableOffset, partition.abortedTransactions], [1, []]);
});

test('a fetcher that followed another log is told at once where they part', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'old');
  // As if the broker had started again since.
  Object.assign(broker.services.partitions.get('t', 0) ?? {}, { leaderEpoch: 3 });
  await produce(client, 't', 0, 'new');
  const wanted = { partition: 0, fetchOffset: 2, partitionMaxBytes: 1000, lastFetchedEpoch: 0 };
  const topics = [{ topic: 't', partitions: [wanted] }];
  const request = { ...fetchRequest('t', [], { maxWaitMs: 60_000 }), topics };
  const [answer] = fetched(await soon(client.call(Fetch, 12, request)));
  assert.deepEqual([answer?.errorCode, answer?.divergingEpoch], [ErrorCode.NONE, { epoch: 0, endOffset: 1 }]);
  const [committed] = fetched(await soon(client.call(Fetch, 12, { ...request, isolationLevel: 1 })));
  assert.deepEqual([committed?.divergingEpoch?.endOffset, committed?.abortedTransactions], [1, null]);
});

test('a fetcher that has all of a former epoch waits for what comes in the next one', async () => {
  const clock = new ManualClock();
  await using broker = await startTestBroker({ clock });
  await broker.createTopic('t');
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  await produce(writer, 't', 0, 'old');
  // As if the broker had started again since.
  Object.assign(broker.services.partitions.get('t', 0) ?? {}, { leaderEpoch: 3 });
  const timers = clock.pendingTimers;
  const wanted = { partition: 0, fetchOffset: 1, partitionMaxBytes: 1000, lastFetchedEpoch: 0 };
  const topics = [{ topic: 't', partitions: [wanted] }];
  reader.start(Fetch, 12, { ...fetchRequest('t', [], { maxWaitMs: 60_000 }), topics });
  await turns(20);
  assert.equal(clock.pendingTimers, timers + 1);
  await produce(writer, 't', 0, 'new');
  const [answer] = fetched(await soon(reader.result(Fetch, 12)));
  assert.deepEqual([answer?.highWatermark, answer?.records?.readBigInt64BE(0)], [2, 1n]);
});

test('a fetch that waits for more bytes than come is answered after its time', async () => {
  const clock = new ManualClock();
  await using broker = await startTestBroker({ clock });
  await broker.createTopic('t');
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  const timers = clock.pendingTimers;
  reader.start(Fetch, 11, fetchRequest('t', [{ partition: 0 }], { maxWaitMs: 700, minBytes: 100_000 }));
  await until(() => clock.pendingTimers > timers);
  const answer = reader.result(Fetch, 11);
  let isAnswered = false;
  void answer.finally(() => (isAnswered = true));
  await produce(writer, 't', 0, 'too little');
  clock.advance(699);
  await turns(20);
  assert.equal(isAnswered, false);
  clock.advance(1);
  const [partition] = fetched(await answer);
  assert.ok((partition?.records?.length ?? 0) > 0);
});

test('a batch larger than what a partition may give counts in full for the bytes that are waited for', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  await produce(client, 't', 0, 'a'.repeat(500));
  await produce(client, 't', 1, 'b'.repeat(500));
  const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 }));
  const request = {
    ...fetchRequest('t', [], { maxWaitMs: 60_000, minBytes: 500 }),
    topics: [{ topic: 't', partitions }],
  };
  const withRecords = async (): Promise<number | undefined> => {
    const answers = fetched(await soon(client.call(Fetch, 11, request)));
    return answers.find(({ records }) => (records?.length ?? 0) > 500)?.partitionIndex;
  };
  const inTurn = [await withRecords(), await withRecords()];
  assert.deepEqual(inTurn.toSorted(), [0, 1]);
});

const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';

for (const [what, version, bad] of [
  ['partition', 12, { topic: 't', partitions: [{ partition: 9 }] }],
  ['topic', 12, { topic: 'later', partitions: [{ partition: 0 }] }],
  ['topic id', 17, { topicId: UNKNOWN_ID, partitions: [{ partition: 0 }] }],
] as const) {
  test(`a fetch waits for good partitions beside an unknown ${what}, even if that comes into being`, async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ clock });
    const topicId = await broker.createTopic('t');
    const [reader, writer] = [await broker.connect(), await broker.connect()];
    const timers = clock.pendingTimers;
    const good = fetchRequest(version >= 13 ? topicId : 't', [{ partition: 0 }], { maxWaitMs: 700 });
    reader.start(Fetch, version, { ...good, topics: [...(good.topics ?? []), bad] });
    await turns(20);
    assert.equal(clock.pendingTimers, timers + 1);
    await broker.createTopic('later');
    await produce(writer, 'later', 0, 'nothing for this fetch');
    clock.advance(699);
    await turns(20);
    await produce(writer, 't', 0, 'what it waits for');
    const [idle, unknown] = fetched(await reader.result(Fetch, version));
    assert.equal(idle?.highWatermark, 1);
    assert.equal(unknown?.errorCode, version >= 13 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
}

test('a fetch of many partitions waits beside unknown ones', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t', 10);
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  const wanted = Array.from({ length: 20 }, (_, partition) => ({ partition }));
  reader.start(Fetch, 12, fetchRequest('t', wanted, { maxWaitMs: 1000 }));
  await turns(20);
  await produce(writer, 't', 7, 'news');
  const marks = fetched(await reader.result(Fetch, 12)).map(({ highWatermark }) => highWatermark);
  assert.deepEqual(marks, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, ...Array.from({ length: 10 }, () => -1)]);
});

test('a fetch of unknown partitions alone is answered at once', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t');
  const client = await broker.connect();
  const request = fetchRequest('t', [{ partition: 8 }, { partition: 9 }], { maxWaitMs: 60_000, minBytes: 1000 });
  const codes = fetched(await client.call(Fetch, 12, request)).map(({ errorCode }) => errorCode);
  assert.deepEqual(codes, [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
});

for (const [what, wanted] of [
  ['past the end', { offset: 1 }],
  ['of a newer leader epoch', { leaderEpoch: 7 }],
] as const) {
  test(`a fetch is answered at once when a partition is asked for ${what}, though others are idle`, async () => {
    await using broker = await startTestBroker({ clock: new ManualClock() });
    await broker.createTopic('t', 2);
    const client = await broker.connect();
    const request = fetchRequest('t', [{ partition: 0 }, { partition: 1, ...wanted }], { maxWaitMs: 60_000 });
    const codes = fetched(await client.call(Fetch, 12, request)).map(({ errorCode }) => errorCode);
    assert.equal(codes[0], ErrorCode.NONE);
    assert.notEqual(codes[1], ErrorCode.NONE);
  });
}

test('deleting the topic answers who waits for it', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t');
  const reader = await broker.connect();
  reader.start(Fetch, 11, fetchRequest('t', [{ partition: 0 }], { maxWaitMs: 60_000 }));
  await turns(20);
  await broker.services.metadata.deleteTopic('t');
  const [partition] = fetched(await soon(reader.result(Fetch, 11)));
  assert.equal(partition?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(partition?.abortedTransactions, null);
  const request = fetchRequest('t', [{ partition: 0 }]);
  assert.deepEqual(fetched(await reader.call(Fetch, 11, request))[0]?.abortedTransactions, []);
});

test('a parked fetch is let go when its client leaves', async () => {
  const clock = new ManualClock();
  await using broker = await startTestBroker({ clock });
  await broker.createTopic('t');
  const reader = await broker.connect();
  const timers = clock.pendingTimers;
  reader.start(Fetch, 11, fetchRequest('t', [{ partition: 0 }], { maxWaitMs: 60_000 }));
  await until(() => clock.pendingTimers > timers);
  reader.close();
  await until(() => clock.pendingTimers === timers);
});

test('reads that take their time answer in the same way', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 3);
  const client = await broker.connect();
  for (let partition = 0; partition < 3; partition++) await produce(client, 't', partition, `p${partition}`);
  broker.engine.asyncReads = true;
  const wanted = [0, 1, 2].map((partition) => ({ partition }));
  const partitions = fetched(await client.call(Fetch, 11, fetchRequest('t', wanted)));
  for (const { records, highWatermark } of partitions) {
    assert.ok((records?.length ?? 0) > 0);
    assert.equal(highWatermark, 1);
  }
});

for (const asyncReads of [false, true]) {
  const when = asyncReads ? 'later' : 'at once';
  test(`when a read breaks ${when}, the partitions read before it let go of their records`, async () => {
    await using broker = await startTestBroker();
    await broker.createTopic('t', 2);
    const client = await broker.connect();
    for (const partition of [0, 1]) await produce(client, 't', partition, 'x');
    const { engine } = broker;
    const read = engine.read.bind(engine);
    let held = 0;
    engine.asyncReads = false;
    engine.read = (options) => {
      if (held > 0) {
        if (asyncReads) return Promise.reject(new Error('broken'));
        throw new Error('broken');
      }
      const done = read(options) as StreamRead;
      held = done.parts.length;
      const parts = done.parts.map((part) => ({ ...part, release: () => void (held -= 1) }));
      return { ...done, parts };
    };
    client.start(Fetch, 11, fetchRequest('t', [{ partition: 0 }, { partition: 1 }]));
    assert.equal(await client.next(), null);
    assert.equal(held, 0);
  });
}

test('records for a client that left before their turn came are let go', async () => {
  await using broker = await startTestBroker({ clock: new ManualClock() });
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'x');
  const { engine } = broker;
  const read = engine.read.bind(engine);
  let held = 0;
  engine.read = (options) => {
    const done = read(options) as StreamRead;
    held += done.parts.length;
    return { ...done, parts: done.parts.map((part) => ({ ...part, release: () => void (held -= 1) })) };
  };
  engine.autoCommit = false;
  client.start(Produce, 9, produceRequest('t', 0, batchOf(['not committed'])));
  client.start(Fetch, 11, fetchRequest('t', [{ partition: 0 }]));
  await until(() => held === 1);
  client.socket.resetAndDestroy();
  await until(() => broker.server.connectionCount === 0);
  assert.equal(held, 0);
  engine.commit();
});

test('a session sends what changed and nothing else', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('t', 3);
  const [reader, writer] = [await broker.connect(), await broker.connect()];
  const wanted = [0, 1, 2].map((partition) => ({ partition }));
  const full = await reader.call(Fetch, 15, fetchRequest(topicId, wanted, { sessionId: 0, sessionEpoch: 0 }));
  assert.equal(fetched(full).length, 3);
  const { sessionId } = full;
  assert.notEqual(sessionId, 0);
  const next = async (sessionEpoch: number, fields = {}): Promise<number[]> => {
    const request = { ...fetchRequest(topicId, []), topics: [], sessionId, sessionEpoch, ...fields };
    const response = await reader.call(Fetch, 15, request);
    assert.equal(response.errorCode, 0);
    assert.equal(response.sessionId, sessionId);
    return fetched(response).map(({ partitionIndex }) => partitionIndex);
  };
  assert.deepEqual(await next(1), []);
  await produce(writer, 't', 1, 'news');
  assert.deepEqual(await next(2), [1]);
  // The client moves on in partition 1 and forgets partition 2.
  const topics = fetchRequest(topicId, [{ partition: 1, offset: 1 }]).topics;
  assert.deepEqual(await next(3, { topics, forgottenTopicsData: [{ topicId, partitions: [2] }] }), []);
  await produce(writer, 't', 2, 'unseen');
  await produce(writer, 't', 0, 'seen');
  assert.deepEqual(await next(4), [0]);
});

test('session errors are of the whole request', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  const call = async (version: number, sessionId: number, sessionEpoch: number): Promise<number> => {
    const request = { ...fetchRequest('t', []), topics: [], sessionId, sessionEpoch };
    const response = await client.call(Fetch, version, request);
    assert.equal(response.responses.length, 0);
    return response.errorCode;
  };
  assert.equal(await call(11, 12345, 1), ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  const full = await client.call(Fetch, 11, fetchRequest('t', [{ partition: 0 }], { sessionId: 0, sessionEpoch: 0 }));
  assert.equal(await call(11, full.sessionId, 2), ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  assert.equal(await call(13, full.sessionId, 1), ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
  assert.equal(await call(11, full.sessionId, 1), ErrorCode.NONE);
  assert.equal(await call(11, full.sessionId, -1), ErrorCode.NONE);
  assert.equal(await call(11, full.sessionId, 2), ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
});

test('an isolation level that does not exist and a replica id are refused', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  const bad = await client.call(Fetch, 11, fetchRequest('t', [{ partition: 0 }], { isolationLevel: 5 }));
  assert.equal(bad.errorCode, ErrorCode.INVALID_REQUEST);
  const request = fetchRequest('t', [{ partition: 0 }, { partition: 1 }], { replicaId: 3 });
  const codes = fetched(await client.call(Fetch, 11, request)).map(({ errorCode }) => errorCode);
  assert.deepEqual(codes, [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
});
