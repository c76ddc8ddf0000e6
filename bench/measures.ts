/** What is measured, one function a measure; each gives named figures. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { writeProduceRequest } from '../protocol/generated/produce-request.ts';
import { buildBatch } from '../protocol/records/build.ts';
import { requestFrame, WireClient } from '../test/support/wire-client.ts';
import { franz, load, type LoadResult } from './load-generator.ts';
import { cpuSeconds, residentMiB } from './process-stats.ts';
import type { RunningBroker } from './targets.ts';
import { touchPages } from './touched-pages.ts';

/** Figures by name; the unit is the end of the name. */
export type Figures = Record<string, number>;

export interface Sizes {
  /** Records of 1 KiB in each throughput measure. */
  readonly records: number;
  readonly roundTrips: number;
  readonly openLoopSeconds: number;
  /** How long each load of large requests lasts. */
  readonly largeSeconds: number;
  /** How long a stranger visits beside each crowd of clients. */
  readonly crowdSeconds: number;
  readonly transactionSeconds: number;
  /** Of a group that joins at once, or is restarted one after the other. */
  readonly members: number;
  /** Records of 1 KiB that a share consumer reads. */
  readonly shareRecords: number;
  /** Data that goes through the broker before its memory is taken, in GB; 0 leaves it out. */
  readonly memoryGb: number;
  /** 0 leaves it out. */
  readonly idleConnections: number;
  /** Groups of members that have nothing to do; 0 leaves them out. */
  readonly groups: number;
  /** How long they are watched. */
  readonly idleSeconds: number;
  /** Where pages are touched before a measure that writes much; null: nowhere. */
  readonly pagesIn: string | null;
}

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
const SMALL_RECORD_BYTES = 100;
/** So many small records for one of 1 KiB. */
const SMALL_RECORDS = 5;
const OPEN_LOOP_RATE = 5000;
const OPEN_LOOP_PARTITIONS = 6;
const START_TOPIC = 'start';

/**
 * Runs `work` and adds what the broker's process used for it. What is left to write from before goes to the device first,
 * or the kernel would slow down the next measure for it.
 */
export async function withCpu<T>(broker: RunningBroker, work: () => Promise<T>): Promise<{ result: T; cpuS: number }> {
  await promisify(execFile)('sync');
  const before = broker.pid === undefined ? Number.NaN : cpuSeconds(broker.pid);
  const result = await work();
  return { result, cpuS: broker.pid === undefined ? Number.NaN : cpuSeconds(broker.pid) - before };
}

export const gigabytes = (bytes: number) => bytes / 1e9;

/** As many producers and consumers as possible, on a topic of its own each. */
export async function throughput(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const { bootstrap } = broker;
  const [warmUp, plain, small, lz4, zstd, beside] = [
    `warm-up-${suffix}`,
    `plain-${suffix}`,
    `small-${suffix}`,
    `lz4-${suffix}`,
    `zstd-${suffix}`,
    `beside-${suffix}`,
  ];
  for (const topic of [warmUp, plain, small, lz4, zstd, beside]) await load('create', bootstrap, topic, PARTITIONS);
  const figures: Figures = {};
  const note = (name: string, { result, cpuS }: { result: LoadResult; cpuS: number }, bytes = result['bytes'] ?? 0) => {
    figures[`${name} MB/s`] = (result['timedBytes'] ?? result['bytes'] ?? 0) / 1e6 / (result['seconds'] ?? 1);
    figures[`${name} CPU-s/GB`] = cpuS / gigabytes(bytes);
  };
  const withPages = async <T>(work: () => Promise<T>) => {
    if (sizes.pagesIn !== null) await touchPages(sizes.pagesIn);
    return withCpu(broker, work);
  };
  note(
    'produce 1 KiB at first',
    await withPages(() => load('produce', bootstrap, warmUp, PARTITIONS, sizes.records, RECORD_BYTES, 'none')),
  );
  // From here on no broker is measured while its virtual machine still compiles.
  await load('consume', bootstrap, warmUp, PARTITIONS, sizes.records);
  note(
    'produce 1 KiB',
    await withPages(() => load('produce', bootstrap, plain, PARTITIONS, sizes.records, RECORD_BYTES, 'none')),
  );
  note('consume again', await withCpu(broker, () => load('consume', bootstrap, plain, PARTITIONS, sizes.records)));
  const smallRecords = sizes.records * SMALL_RECORDS;
  note(
    'produce 100 B',
    await withPages(() => load('produce', bootstrap, small, PARTITIONS, smallRecords, SMALL_RECORD_BYTES, 'none')),
  );
  note(
    'produce 1 KiB lz4',
    await withPages(() => load('produce', bootstrap, lz4, PARTITIONS, sizes.records, RECORD_BYTES, 'lz4')),
  );
  note(
    'produce 1 KiB zstd',
    await withPages(() => load('produce', bootstrap, zstd, PARTITIONS, sizes.records, RECORD_BYTES, 'zstd')),
  );
  const both = await withPages(async () => {
    const consuming = load('consume', bootstrap, beside, PARTITIONS, sizes.records);
    await load('produce', bootstrap, beside, PARTITIONS, sizes.records, RECORD_BYTES, 'none');
    return consuming;
  });
  note('produce and consume together', both);
  return figures;
}

/** One record in flight. */
export async function roundTrip(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const { bootstrap } = broker;
  const topic = `round-trip-${suffix}`;
  await load('create', bootstrap, topic, 1);
  const { result } = await withCpu(broker, () => load('roundtrip', bootstrap, topic, sizes.roundTrips, RECORD_BYTES));
  return latencies('one in flight', { '': 'roundTrip' }, result);
}

/** The same by franz-go: acknowledged, and, with a reader beside it, until it was read. */
export async function franzRoundTrip({ bootstrap }: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const topic = `franz-round-trip-${suffix}`;
  await load('create', bootstrap, topic, 1);
  await promisify(execFile)('sync');
  const result = await franz('roundtrip', bootstrap, topic, sizes.roundTrips, RECORD_BYTES);
  return latencies('franz-go, one in flight', { ' acknowledged': 'roundTrip', ' end to end': 'endToEnd' }, result);
}

/** 5,000 records a second by the clock to 6 partitions, read at the same time. */
export function openLoop(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  return openLoopBy(load, '5,000/s', broker, sizes, `open-loop-${suffix}`);
}

/** The same by franz-go, most records in a request of their own. */
export function franzOpenLoop(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  return openLoopBy(franz, 'franz-go, 5,000/s', broker, sizes, `franz-open-loop-${suffix}`);
}

async function openLoopBy(
  generator: typeof load,
  name: string,
  broker: RunningBroker,
  sizes: Sizes,
  topic: string,
): Promise<Figures> {
  await load('create', broker.bootstrap, topic, OPEN_LOOP_PARTITIONS);
  const seconds = sizes.openLoopSeconds;
  const args = [OPEN_LOOP_PARTITIONS, OPEN_LOOP_RATE, seconds, RECORD_BYTES];
  let elapsedS = Number.NaN;
  const { result, cpuS } = await withCpu(broker, async () => {
    const started = performance.now();
    const figures = await generator('openloop', broker.bootstrap, topic, ...args);
    elapsedS = (performance.now() - started) / 1000;
    return figures;
  });
  return {
    ...latencies(name, { ' acknowledged': 'ack', ' end to end': 'endToEnd' }, result),
    [`${name}, broker cores`]: cpuS / elapsedS,
  };
}

/** p50 and p99 of what a generator measured, by what to call it. */
function latencies(name: string, parts: Readonly<Record<string, string>>, result: LoadResult): Figures {
  const figures: Figures = {};
  for (const [label, part] of Object.entries(parts)) {
    for (const percentile of [50, 99]) {
      figures[`${name}${label}, p${percentile} ms`] = result[`${part}P${percentile}Ms`] ?? Number.NaN;
    }
  }
  return figures;
}

function produceFrame(topic: string): Buffer {
  const records = buildBatch([{ key: null, value: Buffer.alloc(RECORD_BYTES), timestampMs: Date.now() }]);
  return requestFrame(0, 9, 1, (writer) =>
    writeProduceRequest(
      writer,
      { acks: -1, timeoutMs: 5000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] },
      9,
    ),
  );
}

/** Whether one produce was acknowledged without an error. The topic has one partition. */
async function tryProduce(port: number, frame: Buffer): Promise<boolean> {
  try {
    const client = await WireClient.open(port);
    client.send(frame);
    const answer = await client.next();
    client.close();
    // Header 5 bytes, topic count and name, partition count and index, then the error code.
    return answer !== null && answer.readInt16BE(5 + 1 + 1 + START_TOPIC.length + 1 + 4) === 0;
  } catch {
    return false;
  }
}

/** From the start of the program to the first acknowledged record, on a directory that has the topic. */
export async function startTime({ process: broker, bootstrap }: RunningBroker): Promise<Figures> {
  if (broker === undefined) return {};
  await load('create', bootstrap, START_TOPIC, 1);
  await broker.stop();
  const frame = produceFrame(START_TOPIC);
  const begin = performance.now();
  const restarted = broker.restart();
  while (!(await tryProduce(broker.port, frame))) await delay(2);
  const elapsed = performance.now() - begin;
  await restarted;
  return { 'start to first acknowledged record, ms': elapsed };
}

/** Memory of a broker that nobody uses. */
export async function idleMemory(broker: RunningBroker): Promise<Figures> {
  if (broker.pid === undefined) return {};
  await delay(3000);
  return { 'memory idle, MiB': residentMiB(broker.pid) };
}

/** Memory after much data. */
export async function loadedMemory(broker: RunningBroker, sizes: Sizes): Promise<Figures> {
  if (broker.pid === undefined || sizes.memoryGb === 0) return {};
  await load('create', broker.bootstrap, 'memory', PARTITIONS);
  await load(
    'produce',
    broker.bootstrap,
    'memory',
    PARTITIONS,
    Math.ceil((sizes.memoryGb * 1e9) / RECORD_BYTES),
    RECORD_BYTES,
    'none',
  );
  await delay(1000);
  return { [`memory after ${sizes.memoryGb} GB, MiB`]: residentMiB(broker.pid) };
}

/** Memory with many connections that have asked once and then are silent. */
export async function idleConnections(broker: RunningBroker, sizes: Sizes): Promise<Figures> {
  if (broker.pid === undefined || sizes.idleConnections === 0) return {};
  const port = Number(broker.bootstrap.split(':').at(-1));
  const probe = requestFrame(18, 0, 1);
  const sockets: Socket[] = [];
  try {
    while (sockets.length < sizes.idleConnections) {
      const batch = Array.from({ length: Math.min(200, sizes.idleConnections - sockets.length) }, () =>
        connect(port, '127.0.0.1'),
      );
      sockets.push(...batch);
      await Promise.all(
        batch.map(async (socket) => {
          socket.write(probe);
          await once(socket, 'data');
        }),
      );
    }
    await delay(2000);
    return {
      [`memory with ${sizes.idleConnections.toLocaleString('en')} idle connections, MiB`]: residentMiB(broker.pid),
    };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
