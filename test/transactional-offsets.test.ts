/** Offsets of an open transaction outlive what happens to their log: a rewrite, and the end of the process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode } from '../protocol/errors.ts';
import { Session } from './conformance/differential/session.ts';
import { BrokerProcess } from './support/broker-process.ts';

const PARTITIONS = 500;
const TOPIC = 'orders';
const OFFSETS_TOPIC = '__consumer_offsets';
const groupId = 'group';
const transactionalId = 'id';

/** One offset of the group, as it is fetched. */
interface Fetched {
  readonly errorCode: number;
  readonly committedOffset: number;
}

async function fetchFirst(client: Session, requireStable: boolean): Promise<Fetched> {
  const topics = [{ name: TOPIC, partitionIndexes: [0] }];
  const { groups } = await client.quietly('OffsetFetch', 8, { groups: [{ groupId, topics }], requireStable });
  return groups[0].topics[0].partitions[0];
}

/** Asks until the answer is what is awaited: markers come after the answer to EndTxn, and starts load in the background. */
async function until<T>(ask: () => Promise<T>, isAwaited: (answer: T) => boolean): Promise<T> {
  for (let left = 500; ; left--) {
    const answer = await ask();
    if (isAwaited(answer) || left === 0) return answer;
    await delay(20);
  }
}

async function find(client: Session, keyType: number, key: string): Promise<void> {
  const found = await client.quietly('FindCoordinator', 4, { keyType, coordinatorKeys: [key] });
  assert.equal(found.coordinators[0].errorCode, 0);
}

/** Commits offsets of all partitions but the first until the log is written anew. */
async function commitUntilRewritten(client: Session): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS - 1 }, (_, index) => {
    return { partitionIndex: index + 1, committedOffset: 7, committedMetadata: 'some metadata' };
  });
  const topics = [{ name: TOPIC, partitions }];
  const before = await logStart(client);
  const start = await until(
    async () => {
      await client.quietly('OffsetCommit', 8, { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics });
      return logStart(client);
    },
    (offset) => offset > before,
  );
  assert.ok(start > before, 'the log was not written anew');
}

async function logStart(client: Session): Promise<number> {
  const earliest = { name: OFFSETS_TOPIC, partitions: [{ partitionIndex: 0, timestamp: -2 }] };
  const { topics } = await client.quietly('ListOffsets', 6, { replicaId: -1, topics: [earliest] });
  return Number(topics[0].partitions[0].offset);
}

test('offsets of an open transaction outlive a rewrite of their log and kill -9', async () => {
  const settings = { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' };
  await using broker = await BrokerProcess.start({ target: 'walka', settings });
  let client = new Session(broker.port, 'test');
  const restart = async (): Promise<void> => {
    await client[Symbol.asyncDispose]();
    await broker.kill();
    await broker.restart();
    client = new Session(broker.port, 'test');
    const first = await until(
      () => fetchFirst(client, false),
      ({ errorCode }) => errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    );
    assert.equal(first.errorCode, 0);
  };
  const topic = { name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1 };
  await client.quietly('CreateTopics', 7, { topics: [topic], timeoutMs: 10_000 });
  await find(client, 0, groupId);
  await find(client, 1, transactionalId);
  const init = { transactionalId, transactionTimeoutMs: 600_000 };
  const { producerId, producerEpoch } = await client.quietly('InitProducerId', 4, init);
  const one = (committedOffset: number): object[] => [
    { name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] },
  ];
  await client.quietly('OffsetCommit', 8, { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: one(1) });
  const commit = { transactionalId, groupId, producerId, producerEpoch, topics: one(100) };
  const committed = await client.quietly('TxnOffsetCommit', 5, commit);
  assert.equal(committed.topics[0].partitions[0].errorCode, 0);
  await commitUntilRewritten(client);
  await restart();
  assert.equal((await fetchFirst(client, false)).committedOffset, 1);
  assert.equal((await fetchFirst(client, true)).errorCode, ErrorCode.UNSTABLE_OFFSET_COMMIT);
  await commitUntilRewritten(client);
  const end = { transactionalId, producerId, producerEpoch, committed: true };
  const ended = await until(
    () => client.quietly('EndTxn', 5, end),
    ({ errorCode }) => errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  );
  assert.equal(ended.errorCode, 0);
  const offset = await until(
    () => fetchFirst(client, true),
    ({ errorCode }) => errorCode === 0,
  );
  assert.equal(offset.committedOffset, 100);
  await restart();
  assert.deepEqual((await fetchFirst(client, true)).committedOffset, 100);
  await client[Symbol.asyncDispose]();
});
