/** A Kafka Streams application with exactly_once_v2, while the broker is killed: it counts every word exactly once. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isStable, readRecords } from '../jepsen/final-read.ts';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { WireClient } from '../support/wire-client.ts';
import { missing } from './client-suite.ts';
import { STREAMS, STREAMS_NEEDS, JavaProgram } from './java-program.ts';
import { eventually, range } from './node/scenario-runner.ts';
import { createTopics, writeValues } from './prepared-topics.ts';

const PARTITIONS = 2;
const WORDS = 20;
const LINES = 30;
const ROUNDS = 6;
/** The broker is killed in these rounds. */
const KILLS = [1, 3];
const COUNT_LIMIT_MS = 240_000;
const STABLE_LIMIT_MS = 120_000;

const words = range(WORDS).map((index) => `word${index}`);

/** Lines of every word once. */
async function writeLines(port: number): Promise<void> {
  const lines = range(LINES).map(() => words.join(' '));
  for (const partition of range(PARTITIONS)) await writeValues(port, 'lines', partition, lines);
}

/** The counts of each word as a reader of committed records sees them, in order. */
async function readCounts(port: number): Promise<Map<string, number[]>> {
  const client = await WireClient.open(port);
  const counts = new Map<string, number[]>();
  try {
    for (const partition of range(PARTITIONS)) {
      for (const { key, value } of (await readRecords(client, 'totals', partition, toCount)).committed) {
        counts.set(key, [...(counts.get(key) ?? []), value]);
      }
    }
    return counts;
  } finally {
    client.close();
  }
}

const toCount = ({ key, value }: { readonly key: Buffer | null; readonly value: Buffer | null }) => ({
  key: key?.toString() ?? '',
  value: Number(value?.readBigInt64BE(0)),
});

async function countAll(broker: BrokerProcess, application: JavaProgram): Promise<void> {
  for (const round of range(ROUNDS)) {
    await writeLines(broker.port);
    await delay(300);
    if (!KILLS.includes(round)) continue;
    await broker.kill();
    await broker.restart();
  }
  const expected = PARTITIONS * LINES * ROUNDS;
  await eventually(
    `counts of ${expected}\n${application.tail}`,
    async () => {
      const counts = await readCounts(broker.port).catch(() => new Map<string, number[]>());
      return words.every((word) => counts.get(word)?.at(-1) === expected) || undefined;
    },
    COUNT_LIMIT_MS,
  );
}

const PROTOCOLS = ['classic', 'streams'] as const;

for (const protocol of PROTOCOLS) {
  test(`Kafka Streams with group.protocol=${protocol} counts exactly once while ${conformanceTarget} is killed`, {
    skip: missing(STREAMS_NEEDS),
    timeout: 600_000,
  }, async () => {
    await using broker = await BrokerProcess.start({
      settings: { 'group.streams.initial.rebalance.delay.ms': '0' },
    });
    await createTopics(broker.port, PARTITIONS, 'lines', 'totals');
    const args = [broker.bootstrap, 'counter', protocol, 'lines', 'totals', join(broker.directory, 'state')];
    await using application = new JavaProgram(STREAMS, 'ExactlyOnceCount', args);
    await application.printed(/state RUNNING/);
    await countAll(broker, application);
    application.endInput();
    await application.ended();
    const client = await WireClient.open(broker.port);
    for (const partition of range(PARTITIONS)) assert(await isStable(client, 'totals', partition, STABLE_LIMIT_MS));
    client.close();
    const each = range(PARTITIONS * LINES * ROUNDS).map((index) => index + 1);
    const counts = await readCounts(broker.port);
    assert.deepEqual([...counts.keys()].sort(), [...words].sort());
    for (const word of words) assert.deepEqual(counts.get(word), each, word);
  });
}
