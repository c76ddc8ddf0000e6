/** The scenarios of transactions through @confluentinc/kafka-javascript (librdkafka). */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Run } from '../node/scenario-runner.ts';
import { transactionScenarios } from '../node/transaction-scenarios.ts';

const folder = process.env['WALKA_CONFLUENT'];
assert(folder !== undefined, 'WALKA_CONFLUENT names the folder that the package is installed in');
const { KafkaJS } = createRequire(join(folder, 'package.json'))('@confluentinc/kafka-javascript');

const open = ({ bootstrap }: Run) =>
  new KafkaJS.Kafka({ kafkaJS: { brokers: [bootstrap], logLevel: KafkaJS.logLevel.NOTHING } });

await transactionScenarios({
  missingOffset: '-1',
  admin: (run) => open(run).admin(),
  async producer(run, transactionalId) {
    const kafkaJS = transactionalId === null ? { acks: -1 } : { transactionalId, idempotent: true };
    const producer = open(run).producer({ kafkaJS });
    await producer.connect();
    return producer;
  },
  async consume(run, { groupId, topic, readUncommitted }, onRead) {
    const consumer = open(run).consumer({
      kafkaJS: { groupId, readUncommitted, fromBeginning: true, autoCommit: false },
      'fetch.wait.max.ms': 100,
    });
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async ({ message }: any) => onRead(message.value?.toString() ?? '') });
    return consumer;
  },
  // Unlike kafkajs it asks for the consumer itself, whose generation it sends as well.
  groupOf: (_groupId, consumer) => ({ consumer }) as any,
});
