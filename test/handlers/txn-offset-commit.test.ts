/** TxnOffsetCommit with the transaction coordinator behind it: bytes in and bytes out, in every version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import type { AddOffsetsToTxnResponse } from '../../protocol/generated/add-offsets-to-txn-response.ts';
import { writeTxnOffsetCommitRequest } from '../../protocol/generated/txn-offset-commit-request.ts';
import type { TxnOffsetCommitRequest } from '../../protocol/generated/txn-offset-commit-request.ts';
import { readTxnOffsetCommitResponse } from '../../protocol/generated/txn-offset-commit-response.ts';
import type { TxnOffsetCommitResponse } from '../../protocol/generated/txn-offset-commit-response.ts';
import type { Input } from '../../protocol/input.ts';
import { Reader, ZERO_UUID } from '../../protocol/reader.ts';
import type { TransactionOutcome } from '../../protocol/records/markers.ts';
import { Writer } from '../../protocol/writer.ts';
import { addPartitions } from '../../src/coordinator/transaction/add-partitions.ts';
import { endTransaction } from '../../src/coordinator/transaction/end-transaction.ts';
import { initProducerId } from '../../src/coordinator/transaction/init-producer-id.ts';
import type { ProducerIdAndEpoch } from '../../src/coordinator/transaction/init-producer-id.ts';
import { addOffsetsToTxnHandler } from '../../src/handlers/add-offsets-to-txn.ts';
import { txnOffsetCommitHandler } from '../../src/handlers/txn-offset-commit.ts';
import { GroupWorld, settle } from '../support/groups.ts';
import { testContext } from '../support/test-services.ts';

const transactionalId = 'id';

class TransactionalWorld {
  readonly groups: GroupWorld;
  producer: ProducerIdAndEpoch = { producerId: -1n, producerEpoch: -1 };

  private constructor(groups: GroupWorld) {
    this.groups = groups;
  }

  /** A broker with one producer of the id. */
  static async open(): Promise<TransactionalWorld> {
    const settings = { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' };
    const world = new TransactionalWorld(await GroupWorld.open(settings));
    await world.transactions.ensureReady(transactionalId);
    await world.init();
    return world;
  }

  get transactions(): GroupWorld['services']['transactions'] {
    return this.groups.services.transactions;
  }

  async init(): Promise<void> {
    const request = { transactionalId, timeoutMs: 60_000, producer: null };
    this.producer = (await this.transactions.write(transactionalId, (env) =>
      initProducerId(env, request),
    )) as ProducerIdAndEpoch;
  }

  async addOffsets(): Promise<void> {
    const context = testContext(this.groups.services, 3, 'client');
    const request = { transactionalId, ...this.producer, groupId: 'group' };
    const response = (await addOffsetsToTxnHandler.handle(context, request)) as Input<AddOffsetsToTxnResponse>;
    assert.equal(response.errorCode, ErrorCode.NONE);
  }

  /** Ends the transaction as a client of version 2, and lets the markers come. */
  async end(outcome: TransactionOutcome): Promise<void> {
    const caller = { ...this.producer, transactionalId };
    this.producer = await this.transactions.write(transactionalId, (env) => endTransaction(env, caller, outcome, 2));
    await settle();
  }

  /** Commits one offset; gives its error code. */
  async commit(version: number, request: Input<TxnOffsetCommitRequest> = {}): Promise<number> {
    const response = await this.call(version, request);
    return response.topics[0]?.partitions[0]?.errorCode ?? -1;
  }

  async call(version: number, request: Input<TxnOffsetCommitRequest>): Promise<TxnOffsetCommitResponse> {
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'm' }];
    const topics = [{ name: 'orders', topicId: this.groups.metadata.topic('orders')?.id ?? '', partitions }];
    const writer = new Writer();
    const fields = { transactionalId, groupId: 'group', ...this.producer, topics, ...request };
    writeTxnOffsetCommitRequest(writer, fields, version);
    const read = txnOffsetCommitHandler.readRequest(new Reader(writer.toBuffer()), version);
    const context = testContext(this.groups.services, version, 'client');
    const answer = new Writer();
    txnOffsetCommitHandler.writeResponse(answer, await txnOffsetCommitHandler.handle(context, read), version);
    return readTxnOffsetCommitResponse(new Reader(answer.toBuffer()), version);
  }
}

test('offsets are committed in a transaction in every version, and count when it ends', async () => {
  for (let version = 0; version <= 6; version++) {
    const world = await TransactionalWorld.open();
    if (version < 5) await world.addOffsets();
    assert.equal(await world.commit(version), ErrorCode.NONE);
    assert.deepEqual(await world.groups.committed(), {});
    await world.end('commit');
    assert.deepEqual(await world.groups.committed(), { 0: 5 }, `in version ${version}`);
  }
});

test('a transaction without the offsets of the group refuses them in versions that do not add them', async () => {
  const world = await TransactionalWorld.open();
  for (const version of [0, 2, 3]) assert.equal(await world.commit(version), ErrorCode.INVALID_TXN_STATE);
  assert.equal(await world.commit(4), ErrorCode.TRANSACTION_ABORTABLE);
  assert.deepEqual(await world.groups.apis.listGroups(), []);
  assert.equal(await world.commit(5), ErrorCode.NONE);
  assert.equal(await world.commit(3), ErrorCode.NONE, 'it is part of the transaction now');
  await world.end('abort');
  assert.deepEqual(await world.groups.committed(), {});
});

test('a producer that is fenced, ahead of its time or not known is refused', async () => {
  const world = await TransactionalWorld.open();
  const zombie = world.producer;
  await world.init();
  for (const version of [2, 5]) {
    assert.equal(await world.commit(version, zombie), ErrorCode.INVALID_PRODUCER_EPOCH);
  }
  const ahead = { producerEpoch: world.producer.producerEpoch + 1 };
  assert.equal(await world.commit(5, ahead), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(await world.commit(5, { producerId: 999n }), ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  assert.equal(await world.commit(5, { transactionalId: 'unknown' }), ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  // With its transaction open in the partition, too.
  assert.equal(await world.commit(5), ErrorCode.NONE);
  assert.equal(await world.commit(5, zombie), ErrorCode.INVALID_PRODUCER_EPOCH);
  const old = world.producer;
  await world.end('commit');
  assert.equal(await world.commit(5, old), ErrorCode.INVALID_PRODUCER_EPOCH);
});

test('unknown topics and partitions are refused on their own', async () => {
  const world = await TransactionalWorld.open();
  const partition = (
    partitionIndex: number,
  ): { partitionIndex: number; committedOffset: number; committedMetadata: null } => ({
    partitionIndex,
    committedOffset: -1,
    committedMetadata: null,
  });
  const topicId = world.groups.metadata.topic('orders')?.id ?? '';
  const topics = [
    { name: 'orders', topicId, partitions: [partition(0), partition(9)] },
    { name: 'unknown', topicId: ZERO_UUID, partitions: [partition(0)] },
  ];
  const codes = async (version: number): Promise<unknown> =>
    (await world.call(version, { topics })).topics.map(({ partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    );
  const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  assert.deepEqual(await codes(5), [
    [
      [9, unknown],
      [0, 0],
    ],
    [[0, unknown]],
  ]);
  assert.deepEqual(await codes(6), [
    [
      [9, unknown],
      [0, 0],
    ],
    [[0, ErrorCode.UNKNOWN_TOPIC_ID]],
  ]);
});

test('a group needs a name, and a member its generation', async () => {
  const world = await TransactionalWorld.open();
  assert.equal(await world.commit(5, { groupId: '' }), ErrorCode.INVALID_GROUP_ID);
  assert.equal(await world.commit(5, { generationIdOrMemberEpoch: 0 }), ErrorCode.ILLEGAL_GENERATION);
  const { memberId } = await world.groups.stable();
  assert.equal(await world.commit(5, { memberId, generationIdOrMemberEpoch: 7 }), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await world.commit(5, { memberId, generationIdOrMemberEpoch: 1 }), ErrorCode.NONE);
});

test('without a transaction coordinator the answer is that there is none yet', async () => {
  const groups = await GroupWorld.open({ 'offsets.topic.num.partitions': '1' });
  const request = {
    transactionalId,
    groupId: 'group',
    producerId: 1n,
    producerEpoch: 0,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [
      {
        name: 'orders',
        topicId: ZERO_UUID,
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }],
      },
    ],
  };
  const context = testContext(groups.services, 5, 'client');
  const response = (await txnOffsetCommitHandler.handle(context, request)) as Input<TxnOffsetCommitResponse>;
  assert.equal(response.topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

test('more partitions of __consumer_offsets change nothing for groups and their transactions before a restart', async () => {
  const world = await TransactionalWorld.open();
  await world.groups.metadata.createPartitions('__consumer_offsets', 7);
  await world.addOffsets();
  assert.equal(await world.commit(3), ErrorCode.NONE);
  await world.end('commit');
  assert.deepEqual(await world.groups.committed(), { 0: 5 });
  // Whatever a client adds, a transaction can end.
  const caller = { ...world.producer, transactionalId };
  const added = { topic: '__consumer_offsets', partition: 5 };
  await world.transactions.write(transactionalId, (env) => addPartitions(env, caller, [added], 0));
  await world.end('commit');
  assert.equal(
    world.transactions.runnerFor(transactionalId).shard.env.transactions.get(transactionalId)?.state,
    'CompleteCommit',
  );
});
