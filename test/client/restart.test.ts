/** A broker that is killed and comes back while records are written and read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { keepAlive } from '../../src/base/keep-alive.ts';
import { KafkaClient } from '../../src/client/kafka-client.ts';
import { Producer } from '../../src/client/producer.ts';
import { openBatch } from '../../src/client/record-batches.ts';
import { RecordReader } from '../../src/client/record-reader.ts';
import { BrokerProcess } from '../support/broker-process.ts';

const RECORDS = 3000;
const PARTITIONS = 3;

test('records are written and read once each, in order, through a kill and a restart', async () => {
  await using broker = await BrokerProcess.start({ target: 'walka', settings: { 'num.partitions': `${PARTITIONS}` } });
  using _ = keepAlive();
  using client = await KafkaClient.connect({
    bootstrap: [{ host: '127.0.0.1', port: broker.port }],
    clock: systemClock,
  });
  const producer = new Producer(client, { batchBytes: 2000, lingerMs: 0 });
  const topic = await producer.topic('orders');
  const ranges = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: 'orders',
    partition,
    startOffset: 0,
    endOffset: Number.POSITIVE_INFINITY,
  }));
  const reader = new RecordReader(client, ranges, { maxWaitMs: 100 });
  const seen = Array.from({ length: PARTITIONS }, (): number[] => []);
  const reading = (async () => {
    let left = RECORDS;
    for await (const batches of reader.read()) {
      for (const batch of batches) {
        const { cursor } = await openBatch(batch);
        for (; cursor.next(); left--) seen[batch.partition]?.push(Number(cursor.value()?.toString()));
      }
      if (left === 0) reader.close();
    }
  })();
  let restarted: Promise<void> = Promise.resolve();
  for (let at = 0; at < RECORDS; at++) {
    const pressure = topic.send({ key: null, value: Buffer.from(`${at}`), timestampMs: at }, at % PARTITIONS);
    if (pressure !== null) await pressure;
    if (at % 100 === 0) await client.sleep(1);
    if (at === RECORDS / 2) restarted = broker.kill().then(() => broker.restart());
  }
  await Promise.all([producer.flush(), restarted, reading]);
  for (const [partition, values] of seen.entries()) {
    const expected = Array.from({ length: RECORDS / PARTITIONS }, (_, at) => at * PARTITIONS + partition);
    assert.deepEqual(values, expected, `partition ${partition}`);
  }
});
