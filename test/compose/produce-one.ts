/**
 * A client by itself: produces one record, beginning at an address, and prints where its broker said that it is. With a user
 * and a password it logs in by PLAIN. Why it may not is printed.
 */
import assert from 'node:assert/strict';
import { Kafka, logLevel } from 'kafkajs';

async function produceOne(address: string, username?: string, password = ''): Promise<string> {
  const kafka = new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
    ...(username !== undefined && { sasl: { mechanism: 'plain', username, password } }),
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'produced', numPartitions: 1 }] });
  const { brokers } = await admin.describeCluster();
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const [result] = await producer.send({ topic: 'produced', messages: [{ value: 'record' }] });
  await producer.disconnect();
  assert.equal(result?.errorCode, 0);
  return brokers.map(({ host, port }) => `${host}:${port}`).join();
}

const [address = '', ...login] = process.argv.slice(2);
console.log(await produceOne(address, ...login).catch(String));
process.exit(0);
