/** The APIs of transactions over real sockets, as Apache Kafka 4.4 was seen to answer them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeTransactionsResponse } from '../../protocol/generated/describe-transactions-response.ts';
import type { ListTransactionsResponse } from '../../protocol/generated/list-transactions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC } from '../../src/metadata/topic-name.ts';
import { partitionFor } from '../../src/coordinator/java-hash.ts';
import { listTransactionsHandler } from '../../src/handlers/list-transactions.ts';
import { describeTransactionsHandler } from '../../src/handlers/describe-transactions.ts';
import { ApiVersions, InitProducerId, Produce } from '../support/data-apis.ts';
import { testContext } from '../support/test-services.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import {
  AddPartitionsToTxn,
  DescribeTransactions,
  type Identity,
  ListTransactions,
  producedCodes,
  retried,
  TransactionalClient,
  transactionalBatch,
} from '../support/transactional-client.ts';
import { FindCoordinator } from '../support/admin-apis.ts';

const {
  INVALID_REQUEST,
  INVALID_PRODUCER_EPOCH,
  INVALID_TXN_STATE,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TRANSACTION_TIMEOUT,
  CONCURRENT_TRANSACTIONS,
  OPERATION_NOT_ATTEMPTED,
  PRODUCER_FENCED,
  TRANSACTION_ABORTABLE,
  UNKNOWN_TOPIC_OR_PARTITION,
} = ErrorCode;

interface Opened {
  readonly broker: TestBroker;
  readonly producer: TransactionalClient;
}

/** A broker with a topic `t` of three partitions, and a producer whose coordinator is there. */
async function open(stack: AsyncDisposableStack, settings: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const broker = stack.use(
    await startTestBroker({ settings: { 'transaction.state.log.num.partitions': '3', ...settings } }),
  );
  await broker.createTopic('t', 3);
  const producer = new TransactionalClient(await broker.connect());
  await producer.find();
  return { broker, producer };
}

const after = ({ producerId, producerEpoch }: Identity, epochs = 1): Identity => ({
  producerId,
  producerEpoch: producerEpoch + epochs,
});

/** Waits until the id's transaction has ended in its partitions. */
async function ended(producer: TransactionalClient): Promise<string> {
  for (let left = 200; ; left--) {
    const { transactionState } = await producer.describe();
    if (!transactionState.startsWith('Prepare') || left === 0) return transactionState;
  }
}

test('only FindCoordinator makes the log of transactions; until then nobody coordinates', async () => {
  await using broker = await startTestBroker();
  const producer = new TransactionalClient(await broker.connect());
  const identity = { producerId: 1n, producerEpoch: 0 };
  assert.equal((await producer.init()).errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal((await producer.end(identity, true)).errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(await producer.addOffsets(identity, 'g'), ErrorCode.NOT_COORDINATOR);
  const listed = await producer.client.call(ListTransactions, 2, {});
  assert.deepEqual([listed.errorCode, listed.transactionStates], [0, []]);
  const { coordinators } = await producer.client.call(FindCoordinator, 6, { keyType: 1, coordinatorKeys: ['', 'id'] });
  assert.deepEqual(
    coordinators.map(({ errorCode, nodeId }) => [errorCode, nodeId]),
    [
      [0, 1],
      [0, 1],
    ],
  );
  assert.equal(broker.services.metadata.topic(TRANSACTION_STATE_TOPIC)?.isInternal, true);
  assert.equal((await producer.init()).errorCode, 0);
});

test('InitProducerId in every version: bad requests, timeouts, fencing in the words of the version', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack, { 'transaction.max.timeout.ms': '60000' });
  for (let version = 0; version <= 5; version++) {
    const given = await producer.init(undefined, version);
    assert.deepEqual([given.errorCode, given.producerEpoch], [0, version]);
    for (const timeoutMs of [0, -1, 60_001]) {
      assert.equal((await producer.init(undefined, version, timeoutMs)).errorCode, INVALID_TRANSACTION_TIMEOUT);
    }
    const empty = new TransactionalClient(producer.client, '');
    assert.equal((await empty.init(undefined, version)).errorCode, INVALID_REQUEST);
  }
  const { producerId } = await producer.init();
  const behind = { producerId, producerEpoch: 2 };
  assert.equal((await producer.init(behind, 3)).errorCode, INVALID_PRODUCER_EPOCH);
  assert.equal((await producer.init(behind, 4)).errorCode, PRODUCER_FENCED);
  assert.equal((await producer.init({ producerId, producerEpoch: -1 })).errorCode, INVALID_REQUEST);
  assert.equal((await producer.init({ producerId: -1n, producerEpoch: 3 })).errorCode, INVALID_REQUEST);
  // Without a transactional id timeout and producer are ignored.
  const plain = { transactionalId: null, transactionTimeoutMs: -1, producerId, producerEpoch: 3 };
  const fresh = await producer.client.call(InitProducerId, 5, plain);
  assert.deepEqual([fresh.errorCode, fresh.producerEpoch], [0, 0]);
  assert.notEqual(fresh.producerId, producerId);
  assert.equal(broker.services.transactions.settings.maxTimeoutMs, 60_000);
});

test('InitProducerId v6 is there with unstable.api.versions.enable only, and has no two-phase commit', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  await assert.rejects(producer.init(undefined, 6), /closed/);
  const shown = async ({ client }: TransactionalClient): Promise<number | undefined> => {
    const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const { apiKeys } = await client.call(ApiVersions, 3, software);
    return apiKeys.find(({ apiKey }) => apiKey === InitProducerId.apiKey)?.maxVersion;
  };
  assert.equal(await shown(new TransactionalClient(await broker.connect())), 5);
  const { producer: unstable } = await open(stack, { 'unstable.api.versions.enable': 'true' });
  assert.equal(await shown(unstable), 6);
  assert.equal((await unstable.init(undefined, 6)).errorCode, 0);
  const ask = async (fields: Parameters<typeof InitProducerId.write>[1]): Promise<number> => {
    const request = { transactionalId: 'id', transactionTimeoutMs: 1000, ...fields };
    return (await unstable.client.call(InitProducerId, 6, request)).errorCode;
  };
  assert.equal(await ask({ enable2Pc: true }), ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  assert.equal(await ask({ keepPreparedTxn: true }), ErrorCode.UNSUPPORTED_VERSION);
});

test('a new producer of the id ends the open transaction of the one before', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  const zombie = await producer.init();
  assert.deepEqual(await producer.produce(zombie, { 0: 0, 1: 0 }), [0, 0]);
  assert.equal((await producer.init()).errorCode, CONCURRENT_TRANSACTIONS);
  const next = await retried(() => producer.init());
  assert.deepEqual([next.errorCode, next.producerId, next.producerEpoch], [0, zombie.producerId, 2]);
  for (const version of [9, 10, 11, 12]) {
    assert.deepEqual(await producer.produce(zombie, { 0: 1 }, { version }), [INVALID_PRODUCER_EPOCH]);
  }
  assert.equal((await producer.end(zombie, true)).errorCode, PRODUCER_FENCED);
  assert.equal((await producer.end(zombie, true, 1)).errorCode, INVALID_PRODUCER_EPOCH);
  // One record and one marker.
  assert.equal(broker.services.partitions.get('t', 0)?.logEndOffset, 2);
});

test('a transaction of newer clients: partitions are added by writing, and each end takes an epoch', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  let identity: Identity = await producer.init();
  for (let i = 0; i < 30; i++) {
    // Never CONCURRENT_TRANSACTIONS: the broker waits for the markers of the transaction before.
    assert.deepEqual(await producer.produce(identity, { 0: 0, 1: 0 }), [0, 0]);
    assert.deepEqual(await producer.produce(identity, { 0: 1 }), [0]);
    assert.deepEqual((await producer.describe()).topics, [{ topic: 't', partitions: [0, 1] }]);
    const { errorCode, producerId, producerEpoch } = await producer.end(identity, i % 2 === 0);
    assert.deepEqual([errorCode, producerId, producerEpoch], [0, identity.producerId, i + 1]);
    assert.deepEqual(await producer.produce(identity, { 0: 2 }), [INVALID_PRODUCER_EPOCH]);
    identity = { producerId, producerEpoch };
  }
  assert.equal(await ended(producer), 'CompleteAbort');
  const log = broker.services.partitions.get('t', 0);
  assert.equal(log?.logEndOffset, 90);
  assert.equal(log?.lastStableOffset, 90);
  assert.equal(broker.services.partitions.get('t', 1)?.logEndOffset, 60);
});

test('what is wrong with a batch of a transaction', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const identity = await producer.init();
  const other = new TransactionalClient(producer.client, 'other');
  await other.find();
  const stranger = await other.init();
  assert.deepEqual(await producer.produce(identity, { 0: 0 }, { transactionalId: null }), [53]);
  for (const wrong of [stranger, { producerId: 999n, producerEpoch: 0 }]) {
    assert.deepEqual(await producer.produce(wrong, { 0: 0 }), [INVALID_PRODUCER_ID_MAPPING]);
    assert.deepEqual(await producer.produce(wrong, { 0: 0 }, { version: 11 }), [INVALID_PRODUCER_ID_MAPPING]);
  }
  const unknown = await producer.produce(identity, { 0: 0 }, { transactionalId: 'unknown' });
  assert.deepEqual(unknown, [INVALID_PRODUCER_ID_MAPPING]);
  assert.deepEqual(await producer.produce(after(identity), { 0: 0 }), [INVALID_PRODUCER_EPOCH]);
  // Old clients must have added the partition.
  assert.deepEqual(await producer.produce(identity, { 0: 0 }, { version: 11 }), [TRANSACTION_ABORTABLE]);
  for (const version of [8, 9, 10]) {
    assert.deepEqual(await producer.produce(identity, { 0: 0 }, { version }), [INVALID_TXN_STATE]);
  }
  // A sequence that cannot be the first is refused, but the partition has been added.
  assert.deepEqual(await producer.produce(identity, { 1: 5 }), [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER]);
  assert.deepEqual((await producer.describe()).topics, [{ topic: 't', partitions: [1] }]);
  assert.deepEqual(await producer.produce(identity, { 0: 0 }), [0]);
  assert.deepEqual(await producer.produce(identity, { 0: 0 }), [0]);
  assert.deepEqual(await producer.produce(identity, { 0: 2 }), [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER]);
  assert.deepEqual(await producer.produce(identity, { 0: 1 }, { isTransactional: false }), [INVALID_TXN_STATE]);
  await producer.end(identity, true);
  await ended(producer);
  assert.deepEqual(await producer.produce(after(identity), { 0: 0 }, { isTransactional: false }), [0]);
});

test('of one good and one missing partition only the good one is in the transaction', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const identity = await producer.init();
  assert.deepEqual(await producer.produce(identity, { 0: 0, 7: 0 }), [0, UNKNOWN_TOPIC_OR_PARTITION]);
  assert.deepEqual((await producer.describe()).topics, [{ topic: 't', partitions: [0] }]);
});

test('a request with batches of two producers is refused for all of them', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const identity = await producer.init();
  const partitionData = [
    { index: 0, records: transactionalBatch(identity, 0) },
    { index: 1, records: transactionalBatch({ producerId: 999n, producerEpoch: 0 }, 0) },
  ];
  const request = { acks: -1, timeoutMs: 1000, transactionalId: 'id', topicData: [{ name: 't', partitionData }] };
  const codes = producedCodes(await producer.client.call(Produce, 12, request));
  assert.deepEqual(codes, [INVALID_PRODUCER_ID_MAPPING, INVALID_PRODUCER_ID_MAPPING]);
});

test('what else is in a request with batches of two producers is refused, too, also in an open transaction', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  const identity = await producer.init();
  assert.deepEqual(await producer.produce(identity, { 0: 0 }), [0]);
  const partitionData = [
    { index: 0, records: transactionalBatch(identity, 1) },
    { index: 1, records: transactionalBatch({ producerId: 999n, producerEpoch: 0 }, 0) },
    { index: 2, records: transactionalBatch({ producerId: -1n, producerEpoch: -1 }, -1, 'plain', false) },
    { index: 9, records: transactionalBatch(identity, 0) },
  ];
  const request = { acks: -1, timeoutMs: 1000, transactionalId: 'id', topicData: [{ name: 't', partitionData }] };
  for (const acks of [-1, 7]) {
    const { responses } = await producer.client.call(Produce, 12, { ...request, acks });
    for (const { errorCode, errorMessage } of responses[0]?.partitionResponses ?? []) {
      assert.equal(errorCode, INVALID_PRODUCER_ID_MAPPING);
      assert.match(errorMessage ?? '', /more than one producer ID/);
    }
  }
  const ends = [0, 1, 2].map((index) => broker.services.partitions.get('t', index)?.logEndOffset);
  assert.deepEqual(ends, [1, 0, 0]);
  // What is no batch is of no producer.
  const broken = [partitionData[0], { index: 1, records: partitionData[1]?.records.subarray(0, 62) ?? null }];
  const topicData = [{ name: 't', partitionData: broken.map((part) => part ?? { index: 0, records: null }) }];
  const codes = producedCodes(await producer.client.call(Produce, 12, { ...request, topicData }));
  assert.deepEqual(codes, [0, ErrorCode.INVALID_RECORD]);
});

test('without verification older clients write wherever they like', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack, { 'transaction.partition.verification.enable': 'false' });
  const identity = await producer.init();
  assert.deepEqual(await producer.produce(identity, { 0: 0 }, { version: 11 }), [0]);
  assert.deepEqual(await producer.produce(identity, { 1: 0 }), [0]);
  assert.deepEqual((await producer.describe()).topics, [{ topic: 't', partitions: [1] }]);
});

test('a transaction of older clients: partitions are added first, and the epoch stays', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  const identity = await producer.init();
  let sequence = 0;
  for (const version of [0, 1, 2, 3]) {
    for (const committed of [true, false]) {
      const added = retried(async () => ({
        errorCode: (await producer.add(identity, { t: [0, 1] }, version))[0] ?? -1,
      }));
      assert.equal((await added).errorCode, 0);
      assert.deepEqual(await producer.produce(identity, { 0: sequence++ }, { version: 11 }), [0]);
      const { errorCode, producerEpoch } = await producer.end(identity, committed, version);
      assert.deepEqual([errorCode, producerEpoch], [0, -1]);
      assert.equal(await ended(producer), committed ? 'CompleteCommit' : 'CompleteAbort');
    }
  }
  // A partition that was added and never written gets its markers all the same.
  assert.equal(broker.services.partitions.get('t', 1)?.logEndOffset, 8);
  assert.equal(broker.services.partitions.get('t', 0)?.logEndOffset, 16);
});

test('a newer client may end what older requests began, and write on top of them', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const identity = await producer.init();
  assert.deepEqual(await producer.add(identity, { t: [0] }, 3), [0]);
  assert.deepEqual(await producer.produce(identity, { 0: 0, 1: 0 }), [0, 0]);
  const { errorCode, producerEpoch } = await producer.end(identity, true);
  assert.deepEqual([errorCode, producerEpoch], [0, identity.producerEpoch + 1]);
});

test('EndTxn of every version tells zombies, strangers and repeats apart', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const identity = after(await producer.init());
  await producer.init();
  for (let version = 0; version <= 5; version++) {
    const fenced = version < 2 ? INVALID_PRODUCER_EPOCH : PRODUCER_FENCED;
    assert.equal((await producer.end(after(identity, -1), true, version)).errorCode, fenced);
    assert.equal((await producer.end(after(identity, 1), true, version)).errorCode, fenced);
    const stranger = { ...identity, producerId: 999n };
    assert.equal((await producer.end(stranger, true, version)).errorCode, INVALID_PRODUCER_ID_MAPPING);
    const unknown = new TransactionalClient(producer.client, 'unknown');
    assert.equal((await unknown.end(identity, true, version)).errorCode, INVALID_PRODUCER_ID_MAPPING);
    assert.equal((await producer.end(identity, true, version)).errorCode, INVALID_TXN_STATE);
    if (version < 5) assert.equal((await producer.end(identity, false, version)).errorCode, INVALID_TXN_STATE);
  }
  const aborted = await producer.end(identity, false);
  assert.deepEqual([aborted.errorCode, aborted.producerEpoch], [0, identity.producerEpoch + 1]);
  assert.equal(await ended(producer), 'CompleteAbort');
  const again = await producer.end(identity, false);
  assert.deepEqual([again.errorCode, again.producerEpoch], [0, identity.producerEpoch + 1]);
  assert.equal((await producer.end(identity, true)).errorCode, INVALID_TXN_STATE);
});

test('AddPartitionsToTxn of every version: zombies, missing partitions and what is then not attempted', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const zombie = await producer.init();
  const identity = await producer.init();
  for (let version = 0; version <= 5; version++) {
    const fenced = version < 2 ? INVALID_PRODUCER_EPOCH : PRODUCER_FENCED;
    assert.deepEqual(await producer.add(zombie, { t: [0, 1] }, version), [fenced, fenced]);
    assert.deepEqual(await producer.add(after(identity), { t: [0] }, version), [fenced]);
    const stranger = { ...identity, producerId: 999n };
    assert.deepEqual(await producer.add(stranger, { t: [0] }, version), [INVALID_PRODUCER_ID_MAPPING]);
    const missing = await producer.add(identity, { t: [0, 9], nowhere: [0] }, version);
    assert.deepEqual(missing, [OPERATION_NOT_ATTEMPTED, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_OR_PARTITION]);
    const internal = await producer.add(identity, { [TRANSACTION_STATE_TOPIC]: [0, 9], t: [0] }, version);
    const { TOPIC_AUTHORIZATION_FAILED } = ErrorCode;
    const ofOffsets = await producer.add(identity, { [GROUP_METADATA_TOPIC]: [0] }, version);
    if (version < 4) {
      const refused = [TOPIC_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED, OPERATION_NOT_ATTEMPTED];
      assert.deepEqual(internal, refused);
      assert.deepEqual(ofOffsets, [TOPIC_AUTHORIZATION_FAILED], 'also one that is not there');
    } else {
      assert.deepEqual(internal, [OPERATION_NOT_ATTEMPTED, UNKNOWN_TOPIC_OR_PARTITION, OPERATION_NOT_ATTEMPTED]);
      assert.deepEqual(ofOffsets, [UNKNOWN_TOPIC_OR_PARTITION]);
    }
    assert.equal((await producer.describe()).transactionState, 'Empty');
  }
  assert.deepEqual(await producer.add(identity, { t: [0], [TRANSACTION_STATE_TOPIC]: [1] }, 5), [0, 0]);
  const asked = [{ transactionalId: 'id', ...identity, verifyOnly: true, topics: [{ name: 't', partitions: [0, 1] }] }];
  const { errorCode, resultsByTransaction } = await producer.client.call(AddPartitionsToTxn, 5, {
    transactions: asked,
  });
  assert.equal(errorCode, 0);
  assert.deepEqual(resultsByTransaction[0]?.topicResults[0]?.resultsByPartition, [
    { partitionIndex: 0, partitionErrorCode: 0 },
    { partitionIndex: 1, partitionErrorCode: TRANSACTION_ABORTABLE },
  ]);
});

test('AddOffsetsToTxn adds the partition of the group, also of one without a name', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack, { 'offsets.topic.num.partitions': '5' });
  await producer.client.call(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['group'] });
  const zombie = await producer.init();
  const identity = await producer.init();
  for (let version = 0; version <= 4; version++) {
    const fenced = version < 2 ? INVALID_PRODUCER_EPOCH : PRODUCER_FENCED;
    assert.equal(await producer.addOffsets(zombie, 'group', version), fenced);
    const stranger = { ...identity, producerId: 999n };
    assert.equal(await producer.addOffsets(stranger, 'group', version), INVALID_PRODUCER_ID_MAPPING);
    assert.equal(await producer.addOffsets(identity, 'group', version), 0);
  }
  assert.equal(await producer.addOffsets(identity, ''), 0);
  const expected = [partitionFor('group', 5), 0];
  assert.deepEqual((await producer.describe()).topics, [{ topic: GROUP_METADATA_TOPIC, partitions: expected }]);
  assert.equal((await producer.end(identity, true)).errorCode, 0);
  assert.equal(await ended(producer), 'CompleteCommit');
  assert.equal(broker.services.partitions.get(GROUP_METADATA_TOPIC, 0)?.logEndOffset, 1);
});

test('the first AddOffsetsToTxn creates __consumer_offsets', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack, { 'offsets.topic.num.partitions': '5' });
  const identity = await producer.init();
  assert.equal(broker.services.metadata.topic(GROUP_METADATA_TOPIC), undefined);
  assert.equal(await producer.addOffsets(identity, 'group'), 0);
  const expected = [{ topic: GROUP_METADATA_TOPIC, partitions: [partitionFor('group', 5)] }];
  assert.deepEqual((await producer.describe()).topics, expected);
});

test('a transaction that takes too long is aborted, and its producer fenced', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack, {
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '10',
  });
  const identity = await producer.init(undefined, 5, 30);
  assert.deepEqual(await producer.produce(identity, { 0: 0 }), [0]);
  while ((await producer.describe()).transactionState !== 'CompleteAbort');
  assert.deepEqual(await producer.produce(identity, { 0: 1 }), [INVALID_PRODUCER_EPOCH]);
  assert.equal((await producer.end(identity, true, 4)).errorCode, PRODUCER_FENCED);
  // For newer clients it looks as if the answer to an abort of their own had been lost.
  assert.equal((await producer.end(identity, true)).errorCode, INVALID_TXN_STATE);
  assert.equal((await producer.end(identity, false)).errorCode, 0);
  assert.deepEqual(await producer.add(identity, { t: [0] }), [PRODUCER_FENCED]);
  const recovered = await producer.init(identity);
  assert.deepEqual([recovered.errorCode, recovered.producerEpoch], [0, identity.producerEpoch + 1]);
  const log = broker.services.partitions.get('t', 0);
  assert.equal(log?.lastStableOffset, 2);
});

test('DescribeTransactions tells where each id stands, as often as it is asked for', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  const identity = await producer.init();
  const empty = await producer.describe();
  assert.deepEqual([empty.transactionState, empty.transactionStartTimeMs], ['Empty', -1]);
  await producer.produce(identity, { 2: 0 });
  const { transactionStates } = await producer.client.call(DescribeTransactions, 0, {
    transactionalIds: ['id', 'unknown', '', 'id'],
  });
  assert.deepEqual(
    transactionStates.map(({ errorCode, transactionalId, producerId }) => [errorCode, transactionalId, producerId]),
    [
      [0, 'id', identity.producerId],
      [ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, 'unknown', 0n],
      [INVALID_REQUEST, '', 0n],
      [0, 'id', identity.producerId],
    ],
  );
  const open_ = transactionStates[0];
  assert.equal(open_?.transactionTimeoutMs, 60_000);
  assert.equal(open_?.producerEpoch, 0);
  await producer.end(identity, true);
  await ended(producer);
  const complete = await producer.describe();
  assert.equal(complete.transactionStartTimeMs, open_?.transactionStartTimeMs);
  assert.deepEqual(complete.topics, []);
});

test('ListTransactions takes filters for states, producers, durations and ids', async () => {
  await using stack = new AsyncDisposableStack();
  const { producer } = await open(stack);
  for (const id of ['a1', 'a2', 'b1']) await new TransactionalClient(producer.client, id).init();
  const { producerId } = await producer.init();
  const list = async (version: number, request: Parameters<typeof ListTransactions.write>[1]): Promise<unknown> => {
    const response = await producer.client.call(ListTransactions, version, request);
    if (response.errorCode !== 0) return response.errorCode;
    const ids = response.transactionStates.map(({ transactionalId }) => transactionalId).sort();
    return [...ids, ...response.unknownStateFilters.map((name) => `?${name}`)];
  };
  for (const version of [0, 1, 2]) assert.deepEqual(await list(version, {}), ['a1', 'a2', 'b1', 'id']);
  assert.deepEqual(await list(0, { producerIdFilters: [producerId] }), ['id']);
  assert.deepEqual(await list(0, { stateFilters: ['Empty', 'empty', 'Dead'] }), ['a1', 'a2', 'b1', 'id', '?empty']);
  assert.deepEqual(await list(0, { stateFilters: ['Ongoing'] }), []);
  assert.deepEqual(await list(1, { durationFilter: 1_000_000 }), ['a1', 'a2', 'b1', 'id']);
  assert.deepEqual(await list(2, { transactionalIdPattern: '' }), ['a1', 'a2', 'b1', 'id']);
  assert.deepEqual(await list(2, { transactionalIdPattern: 'a' }), []);
  assert.deepEqual(await list(2, { transactionalIdPattern: 'a.' }), ['a1', 'a2']);
  assert.equal(await list(2, { transactionalIdPattern: '(?=a)a1' }), ErrorCode.INVALID_REGULAR_EXPRESSION);
  assert.equal(await list(2, { transactionalIdPattern: '(' }), ErrorCode.INVALID_REGULAR_EXPRESSION);
});

test('DescribeTransactions tells only as much as an answer may hold', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  const partitions = Array.from({ length: 5000 }, (_, index) => index);
  await broker.createTopic('wide', partitions.length);
  await producer.add(await producer.init(), { wide: partitions });
  const transactionalIds = Array.from({ length: 4000 }, () => 'id');
  const context = testContext(broker.services, 0, null);
  const answered = await describeTransactionsHandler.handle(context, { transactionalIds });
  const { transactionStates = [] } = answered as Input<DescribeTransactionsResponse>;
  const told = transactionStates.filter(({ topics = [] }) => topics.length > 0).length;
  assert.ok(told > 3000 && told < 3500, `${told} are told`);
  assert.deepEqual([transactionStates.length, transactionStates[told]?.errorCode], [4000, INVALID_REQUEST]);
});

test('a pattern that takes long to match holds up nobody', async () => {
  await using stack = new AsyncDisposableStack();
  const { broker, producer } = await open(stack);
  for (let i = 0; i < 20; i++) await new TransactionalClient(producer.client, `${i}${'x'.repeat(240)}`).init();
  const context = testContext(broker.services, 2, null);
  const transactionalIdPattern = `(?:(?:${'x?'.repeat(30)}){40})*`;
  const request = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern };
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const answered = await listTransactionsHandler.handle(context, request);
  isOver = true;
  assert.deepEqual((answered as Input<ListTransactionsResponse>).transactionStates, []);
  assert.ok(turns >= 20, `${turns} turns`);
  await new TransactionalClient(producer.client, 'y'.repeat(32_000)).init();
  const refused = await listTransactionsHandler.handle(context, request);
  assert.equal((refused as Input<ListTransactionsResponse>).errorCode, ErrorCode.INVALID_REGULAR_EXPRESSION);
});
