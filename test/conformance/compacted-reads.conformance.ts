/**
 * Clients over a log with holes: batches that lost some of their records, batches without records, offsets that are in no
 * batch. From every offset on, each reads what is left and gets to the end.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { buildBatch } from '../../protocol/records/build.ts';
import { recordsCount } from '../../protocol/records/batch.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';
import { CleanedLog } from './differential/cleaned-log.ts';
import { RECORD_TIME_MS, Session } from './differential/session.ts';
import { succeed, TOOLS_NEEDS } from './java-program.ts';

const COMPACTION_LIMIT_MS = 120_000;
const kcat = '/usr/bin/kcat';
const run = promisify(execFile);

let broker: BrokerProcess;
let topic: string;
/** What is left, as `offset key=value`. */
const left = ['3 a=2', '5 b=2', '6 c=3', '7 d=1'];
const END = 8;

before(async () => {
  broker = await BrokerProcess.start({ settings: { 'log.cleaner.backoff.ms': '100' } });
  await using session = new Session(broker.port, 'holes');
  const log = await CleanedLog.create(session, broker, 'log', {
    'internal.segment.bytes': '80',
    'segment.ms': '1000000',
  });
  topic = log.topic;
  const produce = (texts: string, header = {}): Promise<unknown> => {
    const records = texts.split(' ').map((text) => {
      const [key = '', value = ''] = text.split('=');
      return { key: Buffer.from(key), value: Buffer.from(value), timestampMs: RECORD_TIME_MS };
    });
    return session.produce(topic, buildBatch(records, header));
  };
  let producer = { errorCode: -1, producerId: -1n };
  while (producer.errorCode !== 0) {
    producer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
  }
  const { producerId } = producer;
  await produce('a=1');
  await produce('b=1 c=1', { producerId, producerEpoch: 0, baseSequence: 0 });
  await produce('a=2 c=2');
  await produce('b=2');
  await produce('c=3');
  await produce('d=1');
  await log.setRatio('0');
  const limit = AbortSignal.timeout(COMPACTION_LIMIT_MS);
  for (;;) {
    const counts = (await log.batches()).map((batch) => recordsCount(batch, 0));
    // The second batch is the last of its producer.
    if (counts.join() === '0,1,1,1,1') break;
    assert(!limit.aborted, `it was not compacted: ${counts.join()}\n${broker.log}`);
    await delay(100);
  }
});

after(async () => {
  await broker?.[Symbol.asyncDispose]();
});

const expected = (offset: number): string[] => left.filter((line) => Number.parseInt(line, 10) >= offset);

test('kcat (librdkafka) reads from every offset to the end', {
  skip: missing({ files: [kcat], component: 'system' }),
  timeout: 600_000,
}, async () => {
  for (let offset = 0; offset < END; offset++) {
    const format = ['-e', '-q', '-f', '%o %k=%s\n', '-X', 'check.crcs=true'];
    const args = ['-b', broker.bootstrap, '-C', '-t', topic, '-p', '0', '-o', String(offset), ...format];
    const { stdout } = await run(kcat, args, { timeout: 90_000 });
    assert.deepEqual(stdout.trim().split('\n'), expected(offset), `from ${offset}`);
  }
});

test('the Java consumer reads from every offset to the end', {
  skip: missing(TOOLS_NEEDS),
  timeout: 900_000,
}, async () => {
  for (let offset = 0; offset < END; offset++) {
    const lines = expected(offset);
    const options = {
      'bootstrap-server': broker.bootstrap,
      topic,
      partition: 0,
      offset,
      'max-messages': lines.length,
      'timeout-ms': 60_000,
    };
    const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
    const formats = ['print.offset=true', 'print.key=true', 'key.separator=='];
    const output = await succeed('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...args,
      ...formats.flatMap((format) => ['--formatter-property', format]),
    ]);
    const read = output.split('\n').flatMap((line) => /^Offset:(\d+)=(\w=\w)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    assert.deepEqual(read, lines, `from ${offset}`);
  }
});

test('kafkajs reads from every offset to the end', { timeout: 600_000 }, async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrap], connectionTimeout: 30_000, logLevel: logLevel.NOTHING });
  for (let offset = 0; offset < END; offset++) {
    const consumer = kafka.consumer({ groupId: `holes-${offset}` });
    const lines = expected(offset);
    const read: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic });
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({
        message,
      }: {
        message: { offset: string; key: Buffer | null; value: Buffer | null };
      }) => {
        read.push(`${message.offset} ${message.key?.toString()}=${message.value?.toString()}`);
        if (read.length === lines.length) resolve();
      };
      consumer.run({ eachMessage }).then(() => consumer.seek({ topic, partition: 0, offset: String(offset) }), reject);
    });
    await consumer.disconnect();
    assert.deepEqual(read, lines, `from ${offset}`);
  }
});
