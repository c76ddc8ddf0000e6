/**
 * Records between a client of former days and one of today (kafkajs), by the broker: what the one has written the other
 * reads, compressed and out of transactions, too. The programs know the phases `produce` and `consume` beside those of
 * scenarios.md.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs';
import { BrokerProcess } from '../support/broker-process.ts';
import { type ClientProgram, missing } from './client-suite.ts';
import { eventually } from './node/scenario-runner.ts';

/** Runs the program once; gives what it prints. */
async function run({ command, args }: ClientProgram, bootstrap: string, phase: string, topic: string): Promise<string> {
  const child = spawn(command, [...args, bootstrap, phase, topic], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output;
}

function message(value: string): Message & { partition: number } {
  return { key: `key-${value}`, value, partition: 0, headers: { header: 'of today' } };
}

/** Records of a client of today: in transactions, one of them aborted, and compressed. */
async function produceToday(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const end of ['commit', 'abort'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [message(`${end} 1`), message(`${end} 2`)] });
    await transaction[end]();
  }
  await producer.disconnect();
  const plain = kafka.producer();
  await plain.connect();
  await plain.send({ topic, compression: CompressionTypes.GZIP, messages: [message('gzip 1'), message('gzip 2')] });
  await plain.send({ topic, messages: [message('end')] });
  await plain.disconnect();
}

async function consumeToday(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: topic });
  const seen: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { offset, key, value } }) =>
      void seen.push(`${offset} ${String(key)} ${String(value)}`),
  });
  await eventually(`${count} records`, () => (seen.length >= count ? true : undefined));
  await consumer.disconnect();
  return seen;
}

/** Declares the test of one client. */
export function testExchange(client: ClientProgram): void {
  const skip = client.needs === undefined ? false : missing(client.needs);
  const { settings = {} } = client;
  test(`records go from ${client.name} to a client of today, and back`, { skip, timeout: 600_000 }, async () => {
    await using broker = await BrokerProcess.start({ settings });
    const kafka = new Kafka({ brokers: [broker.bootstrap], connectionTimeout: 30_000, logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: ['from-old', 'from-today'].map((topic) => ({ topic, numPartitions: 1 })) });
    await admin.disconnect();

    assert.match(await run(client, broker.bootstrap, 'produce', 'from-old'), /"ok":true/);
    const expected = Array.from({ length: 50 }, (_, i) => `${i} key-${i} ${i}`);
    assert.deepEqual(await consumeToday(kafka, 'from-old', 50), expected);

    await produceToday(kafka, 'from-today');
    const output = await run(client, broker.bootstrap, 'consume', 'from-today');
    const line = output.split('\n').find((text) => text.startsWith('{"records"')) ?? assert.fail(output);
    // Offsets 2 and 5 are markers; a client that reads all sees what was aborted, too.
    assert.deepEqual((JSON.parse(line) as { records: string[] }).records, [
      '0 key-commit 1 commit 1',
      '1 key-commit 2 commit 2',
      '3 key-abort 1 abort 1',
      '4 key-abort 2 abort 2',
      '6 key-gzip 1 gzip 1',
      '7 key-gzip 2 gzip 2',
      '8 key-end end',
    ]);
  });
}
