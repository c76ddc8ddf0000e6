/** The scenarios of transactions through @confluentinc/kafka-javascript (librdkafka). */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { eventually, main, type Run, range } from '../node/scenario-runner.ts';

const folder = process.env['WALKA_CONFLUENT'];
assert(folder !== undefined, 'WALKA_CONFLUENT names the folder that the package is installed in');
const { KafkaJS } = createRequire(join(folder, 'package.json'))('@confluentinc/kafka-javascript');

const client = ({ bootstrap }: Run) =>
  new KafkaJS.Kafka({ kafkaJS: { brokers: [bootstrap], logLevel: KafkaJS.logLevel.NOTHING } });

async function createTopic(run: Run, topic: string, numPartitions: number): Promise<void> {
  const admin = client(run).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] });
  await admin.disconnect();
}

async function transactional(run: Run, transactionalId: string): Promise<any> {
  const producer = client(run).producer({ kafkaJS: { transactionalId, idempotent: true } });
  await producer.connect();
  return producer;
}

async function startConsumer(
  run: Run,
  groupId: string,
  topic: string,
  readUncommitted: boolean,
  onRead: (value: string) => void,
): Promise<any> {
  const consumer = client(run).consumer({
    kafkaJS: { groupId, readUncommitted, fromBeginning: true, autoCommit: false },
    'fetch.wait.max.ms': 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }: any) => onRead(message.value?.toString() ?? '') });
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
  const producer = client(run).producer({ kafkaJS: { acks: -1 } });
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
  const send = async (prefix: string, count: number, end: (transaction: any) => Promise<void>) => {
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
  return found?.partitions[0]?.offset ?? '-1';
}

async function transform(run: Run): Promise<string> {
  const [from, to, groupId] = [`${run.prefix}-in`, `${run.prefix}-out`, `${run.prefix}-transform`];
  await createTopic(run, from, 1);
  await createTopic(run, to, 1);
  const plain = client(run).producer({ kafkaJS: { acks: -1 } });
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
    await transaction.sendOffsets({ consumer, topics: [{ topic: from, partitions }] });
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
