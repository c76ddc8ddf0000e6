/** The scenarios of transactions through kafkajs. */
import { Kafka, logLevel } from 'kafkajs';
import type { Run } from './scenario-runner.ts';
import { transactionScenarios } from './transaction-scenarios.ts';

const open = ({ bootstrap }: Run) =>
  new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 30_000,
    retry: { initialRetryTime: 50, retries: 20 },
  });

await transactionScenarios({
  missingOffset: undefined,
  admin: (run) => open(run).admin(),
  async producer(run, transactionalId) {
    const transactional = { idempotent: true, maxInFlightRequests: 1 };
    const producer = open(run).producer(transactionalId === null ? {} : { transactionalId, ...transactional });
    await producer.connect();
    return producer;
  },
  async consume(run, { groupId, topic, readUncommitted }, onRead) {
    const consumer = open(run).consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100, heartbeatInterval: 300 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => onRead(message.value?.toString() ?? ''),
    });
    return consumer;
  },
  groupOf: (consumerGroupId) => ({ consumerGroupId }),
});
