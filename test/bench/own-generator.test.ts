/** The load generator that needs nothing but Node, against a broker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consume } from '../../bench/load/own/consume.ts';
import { openLoop } from '../../bench/load/own/open-loop.ts';
import { produce, produceByMany } from '../../bench/load/own/produce.ts';
import { startBroker } from '../../src/index.ts';

test('what is produced as fast as it goes is read again, whatever the codec', async () => {
  await using broker = await startBroker({
    topics: [
      { name: 'plain', partitions: 3 },
      { name: 'packed', partitions: 1 },
    ],
  });
  const bootstrap = broker.bootstrapServers;
  const load = { partitions: 3, recordBytes: 1000, acks: -1, limit: { records: 5000 } } as const;
  const plain = await produce(bootstrap, { ...load, topic: 'plain', codec: 'none' });
  assert.ok(plain.records >= 5000);
  assert.equal(plain.bytes, plain.records * 1000);
  const read = await consume(bootstrap, { topic: 'plain', partitions: 3, records: plain.records });
  assert.ok(read.bytes > plain.bytes);
  const packed = await produce(bootstrap, { ...load, topic: 'packed', partitions: 1, codec: 'zstd', variants: 2 });
  const unpacked = await consume(bootstrap, { topic: 'packed', partitions: 1, records: packed.records });
  assert.ok(unpacked.bytes < packed.bytes / 2);
});

test('messages of format v1 are sent and read as old clients do, beside batches', async () => {
  await using broker = await startBroker({ topics: [{ name: 'old', partitions: 2 }] });
  const bootstrap = broker.bootstrapServers;
  const load = { topic: 'old', partitions: 2, recordBytes: 1000, codec: 'none', acks: -1 } as const;
  const { records } = await produce(bootstrap, { ...load, limit: { records: 2000 }, version: 2 });
  const reading = { topic: 'old', partitions: 2, records: records + 2 };
  const batches = await consume(bootstrap, { ...reading, version: 11 });
  const messages = await consume(bootstrap, { ...reading, version: 3 });
  // A message has 34 bytes beside its value, a record about 9.
  assert.ok(messages.bytes > records * 1034 && messages.bytes < (records + 2) * 1034, `${messages.bytes}`);
  assert.ok(batches.bytes < messages.bytes && batches.bytes > records * 1000);
});

test('producers that wait for their answers, and a refusal is told', async () => {
  await using broker = await startBroker({ topics: [{ name: 'many', partitions: 2 }] });
  const load = { topic: 'many', partitions: 2, producers: 5, recordBytes: 100, batchRecords: 2, seconds: 0.01 };
  const { records, answered } = await produceByMany(broker.bootstrapServers, load);
  assert.ok(records >= 10);
  assert.ok(answered.p50 > 0 && answered.max >= answered.p50);
});

test('an open loop sends by the clock and sees every record at every reader', async () => {
  await using broker = await startBroker({ topics: [{ name: 'open', partitions: 2 }] });
  const load = { topic: 'open', partitions: 2, rate: 2000, seconds: 0.1, recordBytes: 100, readers: 2 };
  // The second comes so fast that a late moment brings more than a batch may have.
  for (const change of [{}, { rate: 100_000, recordBytes: 300_000, seconds: 0.0005, readers: 1 }]) {
    const { acknowledged, endToEnd } = await openLoop(broker.bootstrapServers, { ...load, ...change });
    for (const { p50, max } of [acknowledged, endToEnd]) assert.ok(p50 > 0 && max >= p50, `${p50} ${max}`);
  }
});
