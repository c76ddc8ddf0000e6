/** What clients see of transactions in partitions: WriteTxnMarkers, DescribeProducers, Fetch and ListOffsets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, errorText } from '../../protocol/errors.ts';
import { writeDescribeProducersRequest } from '../../protocol/generated/describe-producers-request.ts';
import {
  type DescribeProducersResponse,
  readDescribeProducersResponse,
} from '../../protocol/generated/describe-producers-response.ts';
import type { Input } from '../../protocol/input.ts';
import { describeProducersHandler } from '../../src/handlers/describe-producers.ts';
import type { PartitionLog } from '../../src/partition/types.ts';
import { Fetch, fetched, fetchRequest, ListOffsets, produce } from '../support/data-apis.ts';
import { ask } from '../support/handler-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { testContext } from '../support/test-services.ts';
import { write } from '../support/transactional-batches.ts';
import type { WireClient } from '../support/wire-client.ts';
import { WriteTxnMarkers } from '../support/transactional-client.ts';

const DescribeProducers = {
  apiKey: ApiKey.DescribeProducers,
  write: writeDescribeProducersRequest,
  read: readDescribeProducersResponse,
};

interface MarkerFields {
  readonly id?: bigint;
  readonly epoch?: number;
  readonly coordinatorEpoch?: number;
  readonly commit?: boolean;
  readonly transactionVersion?: number;
  readonly topic?: string;
  readonly partitions?: readonly number[];
}

/** Error codes by partition. */
async function mark(client: WireClient, version: number, fields: MarkerFields = {}): Promise<number[]> {
  const { id = 7n, epoch = 0, coordinatorEpoch = 0, commit = false, topic = 't', partitions = [0] } = fields;
  const response = await client.call(WriteTxnMarkers, version, {
    markers: [
      {
        producerId: id,
        producerEpoch: epoch,
        transactionResult: commit,
        coordinatorEpoch,
        topics: [{ name: topic, partitionIndexes: [...partitions] }],
        ...(version >= 2 && { transactionVersion: fields.transactionVersion ?? 2 }),
      },
    ],
  });
  return response.markers.flatMap(({ topics }) =>
    topics.flatMap((each) => each.partitions.map(({ errorCode }) => errorCode)),
  );
}

async function open(): Promise<{ broker: TestBroker; client: WireClient; log: PartitionLog }> {
  const broker = await startTestBroker();
  await broker.createTopic('t', 2);
  return { broker, client: await broker.connect(), log: broker.services.partitions.get('t', 0)! };
}

test('a client may write markers: they end the transaction in the partition, with the outcome asked for', async () => {
  const { broker, client, log } = await open();
  await using _ = broker;
  await write(log, { id: 7n });
  assert.deepEqual(await mark(client, 1), [ErrorCode.NONE]);
  assert.deepEqual([log.highWatermark, log.lastStableOffset, log.hasOpenTransaction(7n, 0)], [2, 2, false]);
  await write(log, { id: 7n, sequence: 1 });
  assert.deepEqual(await mark(client, 2, { epoch: 1, commit: true }), [ErrorCode.NONE]);
  const [partition] = fetched(
    await client.call(Fetch, 12, fetchRequest('t', [{ partition: 0 }], { isolationLevel: 1 })),
  );
  assert.deepEqual(partition?.abortedTransactions, [{ producerId: 7n, firstOffset: 0 }]);
});

test('markers are refused by epoch, coordinator and version', async () => {
  const { broker, client, log } = await open();
  await using _ = broker;
  await write(log, { id: 7n, epoch: 3 });
  const { NONE, INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, UNKNOWN_SERVER_ERROR } = ErrorCode;
  for (const [version, fields, expected] of [
    [1, { epoch: 2 }, INVALID_PRODUCER_EPOCH],
    [2, { epoch: 3 }, INVALID_PRODUCER_EPOCH],
    [2, { epoch: 3, transactionVersion: 1, coordinatorEpoch: 5 }, NONE],
    [1, { epoch: 3, coordinatorEpoch: 4 }, TRANSACTION_COORDINATOR_FENCED],
    // It ends nothing, and may be one that was sent again.
    [2, { epoch: 3, coordinatorEpoch: 5 }, NONE],
    [2, { epoch: 4, coordinatorEpoch: 5, transactionVersion: -1 }, UNKNOWN_SERVER_ERROR],
    [1, { epoch: -1, coordinatorEpoch: 5 }, UNKNOWN_SERVER_ERROR],
    [1, { id: -1n }, UNKNOWN_SERVER_ERROR],
    [1, { id: 8n, epoch: 9 }, NONE],
    [1, { topic: 'nope' }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ] as const) {
    assert.deepEqual(await mark(client, version, fields), [expected], `v${version} ${Object.keys(fields).join()}`);
  }
  assert.deepEqual(await mark(client, 1, { id: 9n, partitions: [1, 5] }), [NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
  assert.deepEqual(await mark(client, 1, { partitions: [] }), []);
});

test('several markers of one producer have one answer, in which the last one of a partition counts', async () => {
  const { broker, client } = await open();
  await using _ = broker;
  const marker = (producerId: bigint, producerEpoch: number, ...partitions: readonly (readonly number[])[]) => ({
    producerId,
    producerEpoch,
    transactionResult: false,
    coordinatorEpoch: 0,
    topics: partitions.map((indexes) => ({ name: 't', partitionIndexes: [...indexes] })),
  });
  const markers = [marker(7n, 3, [0], [1]), marker(8n, 0, [0]), marker(7n, 3, [9]), marker(7n, 2, [1])];
  const answer = await client.call(WriteTxnMarkers, 1, { markers });
  const { NONE, INVALID_PRODUCER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
  const partition = (partitionIndex: number, errorCode: number) => ({ partitionIndex, errorCode });
  const ofSeven = [partition(0, NONE), partition(1, INVALID_PRODUCER_EPOCH), partition(9, UNKNOWN_TOPIC_OR_PARTITION)];
  assert.deepEqual(answer.markers, [
    { producerId: 7n, topics: [{ name: 't', partitions: ofSeven }] },
    { producerId: 8n, topics: [{ name: 't', partitions: [partition(0, NONE)] }] },
  ]);
});

test('a partition of offsets that is still loading has no leader, for who writes markers', async () => {
  const { broker } = await open();
  await using _ = broker;
  const { groups } = broker.services;
  await groups.ensureReady('g');
  const topics = [{ name: '__consumer_offsets', partitionIndexes: [groups.partitionFor('g')] }];
  const marker = { producerId: 9n, producerEpoch: 0, transactionResult: false, coordinatorEpoch: 0, topics };
  const code = async () => {
    const answer = await ask(broker.services, WriteTxnMarkers, 1, { markers: [marker] });
    return answer.markers[0]?.topics[0]?.partitions[0]?.errorCode;
  };
  assert.equal(await code(), ErrorCode.NONE);
  const reloaded = groups.reload('g');
  assert.equal(await code(), ErrorCode.NOT_LEADER_OR_FOLLOWER);
  await reloaded;
  assert.equal(await code(), ErrorCode.NONE);
});

test('DescribeProducers shows who has a transaction open, and since which offset', async () => {
  const { broker, client, log } = await open();
  await using _ = broker;
  await produce(client, 't', 0, 'a', 'b');
  await write(log, { id: 7n, epoch: 2, count: 3 });
  const describe = (topics: readonly { readonly name: string; readonly partitionIndexes: number[] }[]) =>
    client.call(DescribeProducers, 0, { topics: [...topics] });
  const [topic] = (await describe([{ name: 't', partitionIndexes: [0, 1, 2] }])).topics;
  const [first, second, third] = topic?.partitions ?? [];
  const producer = first?.activeProducers[0];
  assert.deepEqual(
    [producer?.producerId, producer?.producerEpoch, producer?.lastSequence, producer?.coordinatorEpoch],
    [7n, 2, 2, -1],
  );
  assert.equal(producer?.currentTxnStartOffset, 2);
  assert.deepEqual([second?.errorCode, second?.activeProducers], [0, []]);
  assert.deepEqual([third?.errorCode, third?.errorMessage], [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null]);
  const unknown = await describe([
    { name: 'nope', partitionIndexes: [0] },
    { name: '', partitionIndexes: [0] },
    { name: 't', partitionIndexes: [] },
  ]);
  assert.deepEqual(
    unknown.topics.map(({ partitions }) => partitions.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])),
    [
      [[ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorText(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)]],
      [[ErrorCode.INVALID_TOPIC_EXCEPTION, 'Topic name is invalid: the empty string is not allowed']],
      [],
    ],
  );
});

test('a fetch of committed records stops at the open transaction and waits for its end; others see all', async () => {
  const { broker, client, log } = await open();
  await using _ = broker;
  await produce(client, 't', 0, 'a');
  await write(log, { id: 7n });
  const request = (offset: number, isolationLevel: number, fields = {}) =>
    fetchRequest('t', [{ partition: 0, offset }], { isolationLevel, ...fields });
  const [all] = fetched(await client.call(Fetch, 12, request(0, 0)));
  assert.deepEqual([all?.abortedTransactions, all?.lastStableOffset, all?.highWatermark], [null, 1, 2]);
  const [committed] = fetched(await client.call(Fetch, 12, request(0, 1)));
  assert.deepEqual([committed?.abortedTransactions, committed?.lastStableOffset], [[], 1]);
  assert.ok((committed?.records?.length ?? 0) < (all?.records?.length ?? 0));
  const other = await broker.connect();
  other.start(Fetch, 12, request(1, 1, { maxWaitMs: 30_000 }));
  assert.deepEqual(await mark(client, 1), [0]);
  const [woken] = fetched(await other.result(Fetch, 12));
  assert.deepEqual([woken?.lastStableOffset, woken?.abortedTransactions], [3, [{ producerId: 7n, firstOffset: 1 }]]);
  assert.ok((woken?.records?.length ?? 0) > 0);
});

test('ListOffsets of committed records ends at the last stable offset, by name and by time', async () => {
  const { broker, client, log } = await open();
  await using _ = broker;
  await produce(client, 't', 0, 'a');
  await write(log, { id: 7n, timestampMs: 1_790_000_000_000 });
  const list = async (timestamp: number, isolationLevel: number, replicaId = -1) => {
    const partitions = [{ partitionIndex: 0, timestamp }];
    const response = await client.call(ListOffsets, 9, {
      replicaId,
      isolationLevel,
      topics: [{ name: 't', partitions }],
    });
    const [found] = response.topics[0]?.partitions ?? [];
    return [found?.offset, found?.timestamp];
  };
  assert.deepEqual(await list(-1, 0), [2, -1]);
  assert.deepEqual(await list(-1, 1), [1, -1]);
  for (const replicaId of [-2, 0, 5]) assert.deepEqual(await list(-1, 1, replicaId), [2, -1], 'none of a consumer');
  assert.deepEqual(await list(-3, 0), [1, 1_790_000_000_000]);
  assert.deepEqual(await list(-3, 1), [-1, -1]);
  assert.deepEqual(await list(1_750_000_000_000, 0), [1, 1_790_000_000_000]);
  assert.deepEqual(await list(1_750_000_000_000, 1), [-1, -1]);
  assert.deepEqual(await list(0, 1), [0, 1_700_000_000_000]);
});

test('DescribeProducers tells only as much as an answer may hold', async () => {
  const { broker, client } = await open();
  await using _ = broker;
  for (let id = 1n; id <= 200n; id++) await mark(client, 1, { id });
  const partitionIndexes = Array.from({ length: 10_000 }, () => 0);
  const request = { topics: [{ name: 't', partitionIndexes }] };
  const answered = await describeProducersHandler.handle(testContext(broker.services, 0, null), request);
  const partitions = (answered as Input<DescribeProducersResponse>).topics?.[0]?.partitions ?? [];
  const told = partitions.filter(({ activeProducers = [] }) => activeProducers.length > 0).length;
  assert.ok(told > 8000 && told < 9000, `${told} are told`);
  assert.deepEqual([partitions.length, partitions[told]?.errorCode], [10_000, ErrorCode.INVALID_REQUEST]);
});
