/** The scenarios of transactions through kafkajs. */
import assert from 'node:assert/strict';
import { type Consumer, Kafka, logLevel, type Producer, type Transaction } from 'kafkajs';
import { eventually, main, type Run, range } from './scenario-runner.ts';

const client = ({ bootstrap }: Run) =>
  new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 20 } });

async function createTopic(run: Run, topic: string, numPartitions: number): Promise<void> {
  const admin = client(run).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
}

async function transactional(run: Run, transactionalId: string): Promise<Producer> {
  const producer = client(run).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
}

async function startConsumer(
  run: Run,
  groupId: string,
  topic: string,
  readUncommitted: boolean,
  onRead: (value: string) => void,
): Promise<Consumer> {
  const consumer = client(run).consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100, heartbeatInterval: 300 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => onRead(message.value?.toString() ?? ''),
  });
  return consumer;
}

/** Reads until `end` has come `ends` times; gives the other values, sorted. */
async function readToEnd(run: Run, topic: string, ends: number, readUncommitted = false): Promise<string[]> {
  const values: string[] = [];
  const groupId = `${topic}-reader-${Math.random()}`;
  const consumer = await startConsumer(run, groupId, topic, readUncommitted, (value) => values.push(value));
  await eventually(`the end of ${topic}`, () =>
    values.filter((value) => value === 'end').length >= ends ? true : undefined,
  );
  await consumer.disconnect();
  return values.filter((value) => value !== 'end').sort();
}

async function writeEnds(run: Run, topic: string, partitions: number): Promise<void> {
  const producer = client(run).producer();
  await producer.connect();
  await producer.send({ topic, messages: range(partitions).map((partition) => ({ partition, value: 'end' })) });
  await producer.disconnect();
}

const messages = (prefix: string, count: number, partitions = 1) =>
  range(count).map((index) => ({ partition: index % partitions, value: `${prefix}${index}` }));
const values = (prefix: string, count: number) => range(count).map((index) => `${prefix}${index}`);

async function transactions(run: Run): Promise<string> {
  const topic = `${run.prefix}-tx`;
  await createTopic(run, topic, 2);
  const producer = await transactional(run, `${topic}-id`);
  const send = async (prefix: string, count: number, end: (transaction: Transaction) => Promise<void>) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: messages(prefix, count, 2) });
    await end(transaction);
  };
  await send('a', 10, (transaction) => transaction.commit());
  await send('b', 10, (transaction) => transaction.abort());
  await send('c', 5, (transaction) => transaction.commit());
  await producer.disconnect();
  await writeEnds(run, topic, 2);
  const committed = [...values('a', 10), ...values('c', 5)];
  assert.deepEqual(await readToEnd(run, topic, 2), committed.sort());
  assert.deepEqual(await readToEnd(run, topic, 2, true), [...committed, ...values('b', 10)].sort());
  return '15 committed, 10 aborted';
}

async function committedOffset(run: Run, groupId: string, topic: string): Promise<string | undefined> {
  const admin = client(run).admin();
  await admin.connect();
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await admin.disconnect();
  return found?.partitions[0]?.offset;
}

async function transform(run: Run): Promise<string> {
  const [from, to, groupId] = [`${run.prefix}-in`, `${run.prefix}-out`, `${run.prefix}-transform`];
  await createTopic(run, from, 1);
  await createTopic(run, to, 1);
  const plain = client(run).producer();
  await plain.connect();
  await plain.send({ topic: from, messages: messages('', 20) });
  await plain.disconnect();
  const producer = await transactional(run, `${to}-id`);
  for (const end of ['abort', 'commit'] as const) {
    const read: string[] = [];
    const consumer = await startConsumer(run, groupId, from, false, (value) => read.push(value));
    await eventually('20 records', () => (read.length >= 20 ? true : undefined));
    const transaction = await producer.transaction();
    await transaction.send({ topic: to, messages: read.map((value) => ({ value: `x${value}` })) });
    const partitions = [{ partition: 0, offset: '20' }];
    await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic: from, partitions }] });
    await transaction[end]();
    await consumer.disconnect();
    const expected = end === 'abort' ? '-1' : '20';
    await eventually(`the offset ${expected}`, async () =>
      (await committedOffset(run, groupId, from)) === expected ? true : undefined,
    );
  }
  await producer.disconnect();
  await writeEnds(run, to, 1);
  assert.deepEqual(await readToEnd(run, to, 1), values('x', 20).sort());
  return '20 records, the offset 20';
}

async function beforeKill(run: Run): Promise<string> {
  const topic = `${run.prefix}-survivors`;
  await createTopic(run, topic, 1);
  const producer = await transactional(run, `${run.prefix}-survivor`);
  const first = await producer.transaction();
  await first.send({ topic, messages: messages('a', 5) });
  await first.commit();
  const second = await producer.transaction();
  await second.send({ topic, messages: messages('b', 5) });
  return 'a transaction is left open';
}

async function afterKill(run: Run): Promise<string> {
  const topic = `${run.prefix}-survivors`;
  const producer = await transactional(run, `${run.prefix}-survivor`);
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: messages('c', 5) });
  await transaction.commit();
  await producer.disconnect();
  await writeEnds(run, topic, 1);
  assert.deepEqual(await readToEnd(run, topic, 1), [...values('a', 5), ...values('c', 5)].sort());
  return '10 of 15 records';
}

await main({ run: { transactions, transform, 'before-kill': beforeKill }, verify: { 'after-kill': afterKill } });
