/**
 * Kafka's LogCompactionTester (kafka-tools 4.3.1): it writes keys again and again, some of them as deletions, reads all
 * back after a while, and fails unless each key has its last value. That it does also where nothing was compacted, so our
 * metrics have to show that more than half of the repeated records were removed meanwhile.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { claimPort } from '../support/port-claims.ts';
import { missing } from './client-suite.ts';
import { JavaProgram, TOOLS, TOOLS_NEEDS } from './java-program.ts';

const TESTER = 'org.apache.kafka.tools.LogCompactionTester';
const MESSAGES = 400_000;
const DUPLICATES = 10;
/** Between writing and reading. */
const SLEEP_SECONDS = 8;

/** Segments of the smallest size there is, and passes as soon as something is dirty. */
const SETTINGS = {
  'log.segment.bytes': String(1024 * 1024),
  'log.cleaner.backoff.ms': '200',
  'log.cleaner.min.cleanable.ratio': '0.01',
};

async function removedRecords(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^walka_compaction_removed_records_total (\d+)/m.exec(text)?.[1]);
}

for (const durability of ['memory', 'os'] as const) {
  for (const compression of ['none', 'lz4'] as const) {
    const name = `LogCompactionTester passes, and most of its repeats are removed (${durability}, ${compression})`;
    test(name, { skip: missing(TOOLS_NEEDS), timeout: 900_000 }, async () => {
      const isOurs = conformanceTarget === 'walka';
      await using metrics = await claimPort();
      const ours = { 'walka.durability': durability, 'walka.metrics.port': String(metrics.port) };
      await using broker = await BrokerProcess.start({ settings: { ...SETTINGS, ...(isOurs ? ours : {}) } });
      const options = {
        'bootstrap-server': broker.bootstrap,
        messages: MESSAGES,
        duplicates: DUPLICATES,
        'percent-deletes': 10,
        sleep: SLEEP_SECONDS,
        'compression-type': compression,
      };
      const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
      // It leaves files behind.
      await using tester = new JavaProgram(TOOLS, TESTER, args, [`-Djava.io.tmpdir=${broker.directory}`]);
      assert.equal(await tester.ended(), 0, tester.output);
      assert.match(tester.output, /Data verification is completed/);
      if (!isOurs) return;
      const repeated = MESSAGES - MESSAGES / DUPLICATES;
      const removed = await removedRecords(metrics.port);
      assert.ok(removed > repeated / 2, `${removed} of ${repeated} repeated records were removed\n${broker.log}`);
    });
  }
}
