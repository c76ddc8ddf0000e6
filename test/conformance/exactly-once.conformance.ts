/**
 * Kafka's own TransactionalMessageCopier, which its system tests use: it copies a topic in transactions, aborts many of
 * them at random, and the broker is killed meanwhile. Each record is copied exactly once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readPartition } from '../jepsen/final-read.ts';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { WireClient } from '../support/wire-client.ts';
import { missing } from './client-suite.ts';
import { JavaProgram, TOOLS, TOOLS_NEEDS } from './java-program.ts';
import { eventually, range } from './node/scenario-runner.ts';
import { createTopics, writeValues } from './prepared-topics.ts';

const PARTITIONS = 2;
const RECORDS = 4000;
const KILLS = 3;
const COPY_LIMIT_MS = 480_000;

async function prepare(port: number): Promise<void> {
  await createTopics(port, PARTITIONS, 'input', 'output');
  for (const partition of range(PARTITIONS)) {
    const numbers = range(RECORDS).map((index) => String(index * PARTITIONS + partition));
    await writeValues(port, 'input', partition, numbers);
  }
}

function startCopier(bootstrap: string, partition: number, more: readonly string[]): JavaProgram {
  const args = {
    'input-topic': 'input',
    'input-partition': String(partition),
    'output-topic': 'output',
    'broker-list': bootstrap,
    'transactional-id': `copier-${partition}`,
    'consumer-group': 'copiers',
    'transaction-size': '50',
    'transaction-timeout': '60000',
  };
  const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]);
  return new JavaProgram(TOOLS, 'org.apache.kafka.tools.TransactionalMessageCopier', [
    ...words,
    '--enable-random-aborts',
    ...more,
  ]);
}

/** Records that it has still to copy, as it last told; undefined before it told. */
function remaining({ output }: JavaProgram): number | undefined {
  const last = [...output.matchAll(/"remaining":(\d+)/g)].at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

/** Kills the broker while there is something left to copy. */
async function killMeanwhile(broker: BrokerProcess, copiers: readonly JavaProgram[]): Promise<number> {
  let kills = 0;
  await eventually(
    'the copiers to begin',
    () => copiers.every((copier) => remaining(copier) !== undefined) || undefined,
    120_000,
  );
  while (kills < KILLS && copiers.some((copier) => (remaining(copier) ?? 0) > 0)) {
    await delay(500);
    await broker.kill();
    await broker.restart();
    kills += 1;
  }
  return kills;
}

for (const [name, more] of [
  ['assigned partitions', []],
  ['a group', ['--group-mode', '--use-group-metadata']],
] as const) {
  test(`TransactionalMessageCopier with ${name} copies exactly once while ${conformanceTarget} is killed`, {
    skip: missing(TOOLS_NEEDS),
    timeout: 1_200_000,
  }, async () => {
    await using broker = await BrokerProcess.start();
    await prepare(broker.port);
    await using first = startCopier(broker.bootstrap, 0, more);
    await using second = startCopier(broker.bootstrap, 1, more);
    const kills = await killMeanwhile(broker, [first, second]);
    for (const copier of [first, second]) assert.equal(await copier.ended(COPY_LIMIT_MS), 0, copier.tail);
    assert(kills > 0, 'the copiers were done before the broker could be killed');
    const reader = await WireClient.open(broker.port);
    const finals = await Promise.all(range(PARTITIONS).map((partition) => readPartition(reader, 'output', partition)));
    reader.close();
    const committed = finals.flatMap((final) => final.committed.map(({ value }) => value)).sort((a, b) => a - b);
    assert.deepEqual(committed, range(RECORDS * PARTITIONS));
    const written = finals.reduce((sum, { records }) => sum + records.length, 0);
    assert(written > committed.length, 'no transaction was aborted');
  });
}
