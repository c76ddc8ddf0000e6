/** The scenarios of transactions, for clients with the API of kafkajs. */
import assert from 'node:assert/strict';
import type { Admin, Consumer, Producer, Transaction } from 'kafkajs';
import { eventually, main, type Run, range } from './scenario-runner.ts';

type SentOffsets = Parameters<Transaction['sendOffsets']>[0];

/** What differs between the clients. */
export interface TransactionClient {
  /** What it means when a group's offset is missing in an answer; undefined: it never may be. */
  readonly missingOffset: string | undefined;
  admin(run: Run): Admin;
  /** Connected; null: one without transactions. */
  producer(run: Run, transactionalId: string | null): Promise<Producer>;
  /** Reads from the start, without committing. */
  consume(
    run: Run,
    from: { readonly groupId: string; readonly topic: string; readonly readUncommitted: boolean },
    onRead: (value: string) => void,
  ): Promise<Consumer>;
  /** How the group is named whose offsets are sent in a transaction. */
  groupOf(groupId: string, consumer: Consumer): Pick<SentOffsets, 'consumerGroupId'>;
}

async function createTopic(client: TransactionClient, run: Run, topic: string, numPartitions: number): Promise<void> {
  const admin = client.admin(run);
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] });
  await admin.disconnect();
}

/** Reads until `end` has come `ends` times; gives the other values, sorted. */
async function readToEnd(
  client: TransactionClient,
  run: Run,
  topic: string,
  ends: number,
  readUncommitted = false,
): Promise<string[]> {
  const values: string[] = [];
  const groupId = `${topic}-reader-${Math.random()}`;
  const consumer = await client.consume(run, { groupId, topic, readUncommitted }, (value) => values.push(value));
  await eventually(`the end of ${topic}`, () =>
    values.filter((value) => value === 'end').length >= ends ? true : undefined,
  );
  await consumer.disconnect();
  return values.filter((value) => value !== 'end').sort();
}

async function writeEnds(client: TransactionClient, run: Run, topic: string, partitions: number): Promise<void> {
  const producer = await client.producer(run, null);
  await producer.send({ topic, messages: range(partitions).map((partition) => ({ partition, value: 'end' })) });
  await producer.disconnect();
}

const messages = (prefix: string, count: number, partitions = 1) =>
  range(count).map((index) => ({ partition: index % partitions, value: `${prefix}${index}` }));
const values = (prefix: string, count: number) => range(count).map((index) => `${prefix}${index}`);

async function transactions(client: TransactionClient, run: Run): Promise<string> {
  const topic = `${run.prefix}-tx`;
  await createTopic(client, run, topic, 2);
  const producer = await client.producer(run, `${topic}-id`);
  const send = async (prefix: string, count: number, end: (transaction: Transaction) => Promise<void>) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: messages(prefix, count, 2) });
    await end(transaction);
  };
  await send('a', 10, (transaction) => transaction.commit());
  await send('b', 10, (transaction) => transaction.abort());
  await send('c', 5, (transaction) => transaction.commit());
  await producer.disconnect();
  await writeEnds(client, run, topic, 2);
  const committed = [...values('a', 10), ...values('c', 5)];
  assert.deepEqual(await readToEnd(client, run, topic, 2), committed.sort());
  assert.deepEqual(await readToEnd(client, run, topic, 2, true), [...committed, ...values('b', 10)].sort());
  return '15 committed, 10 aborted';
}

async function committedOffset(
  client: TransactionClient,
  run: Run,
  groupId: string,
  topic: string,
): Promise<string | undefined> {
  const admin = client.admin(run);
  await admin.connect();
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await admin.disconnect();
  return found?.partitions[0]?.offset ?? client.missingOffset;
}

async function transform(client: TransactionClient, run: Run): Promise<string> {
  const [from, to, groupId] = [`${run.prefix}-in`, `${run.prefix}-out`, `${run.prefix}-transform`];
  await createTopic(client, run, from, 1);
  await createTopic(client, run, to, 1);
  const plain = await client.producer(run, null);
  await plain.send({ topic: from, messages: messages('', 20) });
  await plain.disconnect();
  const producer = await client.producer(run, `${to}-id`);
  for (const end of ['abort', 'commit'] as const) {
    const read: string[] = [];
    const consumer = await client.consume(run, { groupId, topic: from, readUncommitted: false }, (value) =>
      read.push(value),
    );
    await eventually('20 records', () => (read.length >= 20 ? true : undefined));
    const transaction = await producer.transaction();
    await transaction.send({ topic: to, messages: read.map((value) => ({ value: `x${value}` })) });
    const partitions = [{ partition: 0, offset: '20' }];
    await transaction.sendOffsets({ ...client.groupOf(groupId, consumer), topics: [{ topic: from, partitions }] });
    await transaction[end]();
    await consumer.disconnect();
    const expected = end === 'abort' ? '-1' : '20';
    await eventually(`the offset ${expected}`, async () =>
      (await committedOffset(client, run, groupId, from)) === expected ? true : undefined,
    );
  }
  await producer.disconnect();
  await writeEnds(client, run, to, 1);
  assert.deepEqual(await readToEnd(client, run, to, 1), values('x', 20).sort());
  return '20 records, the offset 20';
}

async function beforeKill(client: TransactionClient, run: Run): Promise<string> {
  const topic = `${run.prefix}-survivors`;
  await createTopic(client, run, topic, 1);
  const producer = await client.producer(run, `${run.prefix}-survivor`);
  const first = await producer.transaction();
  await first.send({ topic, messages: messages('a', 5) });
  await first.commit();
  const second = await producer.transaction();
  await second.send({ topic, messages: messages('b', 5) });
  return 'a transaction is left open';
}

async function afterKill(client: TransactionClient, run: Run): Promise<string> {
  const topic = `${run.prefix}-survivors`;
  const producer = await client.producer(run, `${run.prefix}-survivor`);
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: messages('c', 5) });
  await transaction.commit();
  await producer.disconnect();
  await writeEnds(client, run, topic, 1);
  assert.deepEqual(await readToEnd(client, run, topic, 1), [...values('a', 5), ...values('c', 5)].sort());
  return '10 of 15 records';
}

/** Runs the scenario that the arguments of the process name. */
export function transactionScenarios(client: TransactionClient): Promise<void> {
  const through = (scenario: (client: TransactionClient, run: Run) => Promise<string>) => (run: Run) =>
    scenario(client, run);
  return main({
    run: { transactions: through(transactions), transform: through(transform), 'before-kill': through(beforeKill) },
    verify: { 'after-kill': through(afterKill) },
  });
}
