/** What workloads share: topics, the broker's processor time, and how they note what they saw. */
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateTopics, DeleteTopics, Metadata } from '../test/support/admin-apis.ts';
import { WireClient } from '../test/support/wire-client.ts';
import type { Percentiles } from './generators/generator.ts';
import { cpuSeconds } from './process-stats.ts';
import { touchPages } from './touched-pages.ts';
import type { Bench } from './workload.ts';

const TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 20;
/** Partitions that are asked for at once. */
const CREATED_AT_ONCE = 1000;

export const gigabytes = (bytes: number): number => bytes / 1e9;

/** A client that is closed when the workload is ended, so that no call waits for ever. */
export async function open({ broker, signal }: Bench): Promise<WireClient> {
  const client = await WireClient.open(broker.port, broker.host);
  signal.addEventListener('abort', () => client.close(), { once: true });
  return client;
}

/** Makes a topic and waits until every partition is led. Gives its name. */
export async function createTopic(
  bench: Bench,
  name: string,
  partitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = bench.topicName(name);
  const client = await open(bench);
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  const topics = [{ name: topic, numPartitions: partitions, replicationFactor: 1, configs }];
  const [created] = (await client.call(CreateTopics, 5, { topics, timeoutMs: TIMEOUT_MS })).topics;
  if (created?.errorCode !== 0)
    throw new Error(`CreateTopics ${topic}: ${created?.errorMessage ?? created?.errorCode}`);
  const isLed = async (): Promise<boolean> => {
    const [found] = (await client.call(Metadata, 9, { topics: [{ name: topic }] })).topics;
    return found?.partitions.length === partitions && found.partitions.every(({ errorCode }) => errorCode === 0);
  };
  while (!(await isLed()))
    await delay(LOOK_EVERY_MS * Math.ceil(partitions / CREATED_AT_ONCE), undefined, { signal: bench.signal });
  client.close();
  return topic;
}

/** So that what one workload left behind does not burden the next. */
export async function deleteTopic(bench: Bench, name: string): Promise<void> {
  const client = await open(bench);
  await client.call(DeleteTopics, 5, { topicNames: [name], timeoutMs: TIMEOUT_MS });
  client.close();
}

/**
 * Runs `work` and adds what the broker's process used for it, in seconds; NaN for a broker of another machine. What is
 * left to write from before goes to the device first, or the kernel would slow down the next measure for it.
 */
export async function withCpu<T>(
  { broker, sizes, directory }: Bench,
  work: () => Promise<T>,
  { writesMuch = false }: { readonly writesMuch?: boolean } = {},
): Promise<{ readonly result: T; readonly cpuS: number; readonly elapsedS: number }> {
  if (writesMuch && sizes.touchesPages) await touchPages(directory);
  // Windows has no such program.
  await promisify(execFile)('sync').catch(() => undefined);
  const { pid } = broker;
  const before = pid === undefined ? Number.NaN : cpuSeconds(pid);
  const began = performance.now();
  const result = await work();
  const elapsedS = (performance.now() - began) / 1000;
  return { result, cpuS: pid === undefined ? Number.NaN : cpuSeconds(pid) - before, elapsedS };
}

/** A rate, and what the broker used for it. */
export function noteRate(
  bench: Bench,
  name: string,
  {
    bytes,
    seconds,
    timedBytes = bytes,
  }: { readonly bytes: number; readonly seconds: number; readonly timedBytes?: number },
  cpuS: number,
): void {
  bench.note(name, 'MB/s', 'higher', timedBytes / 1e6 / seconds);
  bench.note(name, 'broker CPU-s/GB', 'lower', cpuS / gigabytes(bytes));
}

/** The percentiles that are compared. */
export function noteLatency(bench: Bench, name: string, { p50, p99, p999 }: Percentiles): void {
  bench.note(`${name}, p50`, 'ms', 'lower', p50);
  bench.note(`${name}, p99`, 'ms', 'lower', p99);
  if (!Number.isNaN(p999)) bench.note(`${name}, p99.9`, 'ms', 'lower', p999);
}

/** A size as people write it: 10 B, 1 KiB, 100 KiB. */
export function sizeName(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`;
}
