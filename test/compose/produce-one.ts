/** A client by itself: produces one record, beginning at an address, and prints where its broker said that it is. */
import assert from 'node:assert/strict';
import { Kafka, logLevel } from 'kafkajs';

const [address = ''] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 2 } });
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
console.log(brokers.map(({ host, port }) => `${host}:${port}`).join());
