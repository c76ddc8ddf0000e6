/**
 * A million partitions through a broker, all of them written to and read: what it takes to make, to keep, to use and to
 * find them again, and how long the event loop stands still for it. Fails where a read does not give what was written.
 *
 *   node bench/million/run.ts [--topics 1000] [--partitions 1000] [--used 1000000] [--memory] [--dir PATH]
 *
 * Starts `dist/main.cjs`, built anew when it is older than the sources. BROKER_ARGS are for the broker's Node
 * (`--trace-gc`), BROKER_OUTPUT is the file for what it then prints.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { builtProgram } from '../built-program.ts';
import { scriptOptions } from '../script-options.ts';
import { ApiKey } from '../../protocol/apis.ts';
import { writeDescribeLogDirsRequest } from '../../protocol/generated/describe-log-dirs-request.ts';
import { readDescribeLogDirsResponse } from '../../protocol/generated/describe-log-dirs-response.ts';
import { CreateTopics, DeleteTopics, Metadata } from '../../test/support/admin-apis.ts';
import { ListOffsets } from '../../test/support/data-apis.ts';
import type { Api, WireClient } from '../../test/support/wire-client.ts';
import { ProbedBroker } from './broker.ts';
import type { Probe } from './probe.ts';
import { appendTo, expectNone, inFlight, readFrom, topicName, type Spread } from './traffic.ts';

const flags = scriptOptions(import.meta.filename, {
  options: {
    topics: { type: 'string', default: '1000' },
    partitions: { type: 'string', default: '1000' },
    used: { type: 'string', default: '1000000' },
    memory: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
  },
});
const PROGRAM = builtProgram();
const TOPICS = Number(flags.topics);
const PARTITIONS = Number(flags.partitions);
const TOTAL = TOPICS * PARTITIONS;
const USED = Math.min(TOTAL, Number(flags.used));
const SPREAD: Spread = { topics: TOPICS, total: TOTAL };
/** As many as Kafka allows. */
const CREATED_PER_REQUEST = 10_000;
/** Until a partition that is not used any more is given up. */
const IDLE_MS = 70_000;
const RETENTION_MS = 15_000;
/** Within which the streams of all that was deleted are ended. */
const DELETION_MS = 30_000;

const DescribeLogDirs = {
  apiKey: ApiKey.DescribeLogDirs,
  write: writeDescribeLogDirsRequest,
  read: readDescribeLogDirsResponse,
};

function report(what: string, ms: number, probe: Probe, rest = ''): void {
  const columns = [
    what.padEnd(44),
    `${ms.toFixed(0)} ms`.padStart(9),
    `loop ${probe.maxMs.toFixed(0)} ms`.padStart(12),
    `busy ${probe.maxBusyMs.toFixed(0)} ms`.padStart(12),
    `p99.9 ${probe.p999Ms.toFixed(0)}`.padStart(10),
    `cpu ${probe.cpuMs.toFixed(0)} ms`.padStart(13),
    `used ${(probe.usedBytes / 2 ** 20).toFixed(0)} MiB`.padStart(14),
    `rss ${(probe.residentBytes / 2 ** 20).toFixed(0)} MiB`.padStart(13),
  ];
  console.log(`${columns.join(' ')}  ${rest}`);
}

async function createAll(client: WireClient): Promise<void> {
  const perRequest = Math.max(1, Math.floor(CREATED_PER_REQUEST / PARTITIONS));
  await inFlight(Math.ceil(TOPICS / perRequest), (i) => ({
    start() {
      const first = i * perRequest;
      const topics = Array.from({ length: Math.min(perRequest, TOPICS - first) }, (_, k) => ({
        name: topicName(first + k),
        numPartitions: PARTITIONS,
        replicationFactor: 1,
      }));
      client.start(CreateTopics, 5, { topics, timeoutMs: 60_000 });
    },
    async result() {
      for (const { errorCode } of (await client.result(CreateTopics, 5)).topics) expectNone(errorCode);
    },
  }));
}

async function listOffsets(client: WireClient, count: number): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  const topics = Array.from({ length: count / PARTITIONS }, (_, topic) => ({ name: topicName(topic), partitions }));
  await receive(client, ListOffsets, 6, { replicaId: -1, topics });
}

/** Waits for an answer that is too large for a careful reader. */
async function receive<Request>(
  client: WireClient,
  api: Api<Request, unknown>,
  version: number,
  request: Request,
): Promise<void> {
  client.start(api, version, request);
  if ((await client.next()) === null) throw new Error('the connection closed');
}

/** Does something, and says what it took. */
async function measure(broker: ProbedBroker, what: string, act: () => Promise<unknown>, rate?: number): Promise<Probe> {
  await broker.probe();
  const startMs = performance.now();
  await act();
  const tookMs = performance.now() - startMs;
  const probe = await broker.probe();
  report(what, tookMs, probe, rate === undefined ? '' : `${((rate / tookMs) * 1000).toFixed(0)}/s`);
  return probe;
}

/** Starts a broker and waits for its first answer. */
async function started(what: string, args: readonly string[]): Promise<{ broker: ProbedBroker; client: WireClient }> {
  const startMs = performance.now();
  const broker = await ProbedBroker.start(PROGRAM, args);
  const client = await broker.connect();
  await client.call(Metadata, 9, { topics: [{ name: topicName(0) }], allowAutoTopicCreation: false });
  const tookMs = performance.now() - startMs;
  report(what, tookMs, await broker.probe());
  return { broker, client };
}

function perPartition(before: Probe, after: Probe, count: number): void {
  console.log(`  ${((after.usedBytes - before.usedBytes) / count).toFixed(0)} B each of ${count}`);
}

async function use(broker: ProbedBroker, client: WireClient, empty: Probe): Promise<void> {
  const created = await measure(broker, 'create', () => createAll(client), TOTAL);
  perPartition(empty, created, TOTAL);
  const all = { topics: null, allowAutoTopicCreation: false };
  await measure(broker, 'Metadata of all', () => receive(client, Metadata, 9, all));
  await measure(broker, 'DescribeLogDirs of all', () => receive(client, DescribeLogDirs, 4, { topics: null }));
  await measure(broker, 'ListOffsets of 100,000', () => listOffsets(client, Math.min(TOTAL, 100_000)), 100_000);
  await measure(broker, `first append to ${USED}`, () => appendTo(client, SPREAD, USED), USED);
  await measure(broker, `read of ${USED}, from the tail`, () => readFrom(client, SPREAD, USED, 1), USED);
  const used = await measure(broker, `second append to ${USED}`, () => appendTo(client, SPREAD, USED), USED);
  perPartition(empty, used, TOTAL);
  await measure(broker, `read of ${USED}`, () => readFrom(client, SPREAD, USED, 2), USED);
  await measure(broker, 'DescribeLogDirs of all', () => receive(client, DescribeLogDirs, 4, { topics: null }));
  await measure(broker, 'retention passes', () => delay(RETENTION_MS));
  const idle = await measure(broker, 'idle', () => delay(IDLE_MS));
  perPartition(empty, idle, TOTAL);
  await measure(broker, 'append again to 10,000', () => appendTo(client, SPREAD, Math.min(USED, 10_000)), 10_000);
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(flags.dir, 'walka-million-'));
  const where = flags.memory ? ['--memory'] : ['--data-dir', join(directory, 'data')];
  const args = [...where, '--override', `log.retention.check.interval.ms=${RETENTION_MS / 3}`];
  try {
    const first = await started('start, empty', args);
    await use(first.broker, first.client, await first.broker.probe());
    if (flags.memory) {
      await first.broker.stop();
      return;
    }
    await first.broker.stop('SIGKILL');
    const second = await started('start after kill -9', args);
    await measure(
      second.broker,
      'append again to 10,000',
      () => appendTo(second.client, SPREAD, Math.min(USED, 10_000)),
      10_000,
    );
    await measure(second.broker, `read of ${USED}`, () => readFrom(second.client, SPREAD, USED, 2), USED);
    await second.broker.stop();
    const third = await started('start after a clean stop', args);
    const small = { name: 'small', numPartitions: 1, replicationFactor: 1 };
    const smalls = Array.from({ length: CREATED_PER_REQUEST }, (_, i) => ({ ...small, name: `small-${i}` }));
    await measure(third.broker, 'create 10,000 topics of one partition', () =>
      third.client.call(CreateTopics, 5, { topics: smalls, timeoutMs: 60_000 }),
    );
    const names = Array.from({ length: TOPICS }, (_, i) => topicName(i));
    const deleted = { topicNames: names, timeoutMs: 60_000 };
    await measure(third.broker, `delete ${TOPICS} topics`, () => third.client.call(DeleteTopics, 4, deleted));
    await measure(third.broker, 'after the deletion', () => delay(DELETION_MS));
    await third.broker.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
