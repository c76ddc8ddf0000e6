/**
 * What a broker takes on the disk in steady state, by what is live in it: topics at their retention and a compacted one
 * are written to while journal files are converted, records nobody can compress. Fails where the median of the steady
 * minutes is above the bound.
 *
 *   node bench/soak/disk.ts [--gigabytes 10] [--minutes 5] [--megabytes-per-second 40] [--dir PATH]
 */
import { randomBytes } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { scriptOptions } from '../script-options.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { CreateTopics } from '../../test/support/admin-apis.ts';
import { BrokerProcess } from '../../test/support/broker-process.ts';
import { ListOffsets, onlyProduced, Produce, produceRequest } from '../../test/support/data-apis.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import { diskBytes } from '../process-stats.ts';

const flags = scriptOptions(import.meta.filename, {
  options: {
    gigabytes: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '5' },
    'megabytes-per-second': { type: 'string', default: '40' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const MAX_RATIO = 1.5;
const PARTITIONS = 8;
const BATCH_RECORDS = 100;
const VALUE_BYTES = 4000;
const BATCH_BYTES = BATCH_RECORDS * VALUE_BYTES;
/** Of what is live, the part that is compacted. */
const COMPACTED_PART = 0.2;
/** What is written before the steady state, by what is live then. */
const FILLED = 1.3;
const SAMPLE_MS = 2000;
const LIVE_BYTES = Number(flags.gigabytes) * 1e9;
const KEYS = Math.floor((COMPACTED_PART * LIVE_BYTES) / (PARTITIONS * VALUE_BYTES));
const RETAINED_BYTES = Math.floor(((1 - COMPACTED_PART) * LIVE_BYTES) / PARTITIONS);

const TOPICS = {
  retained: { 'retention.bytes': RETAINED_BYTES, 'segment.bytes': 16 * 1024 * 1024 },
  compacted: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.3', 'segment.bytes': 16 * 1024 * 1024 },
};

const noise = randomBytes(8 * 1024 * 1024);

function batch(isKeyed: boolean): Buffer {
  const records = Array.from({ length: BATCH_RECORDS }, () => {
    const at = Math.floor(Math.random() * (noise.length - VALUE_BYTES));
    const key = isKeyed ? Buffer.from(String(Math.floor(Math.random() * KEYS))) : null;
    return { key, value: noise.subarray(at, at + VALUE_BYTES), timestampMs: Date.now() };
  });
  return buildBatch(records);
}

class Writer {
  readonly #client: WireClient;
  #turn = 0;

  constructor(client: WireClient) {
    this.#client = client;
  }

  /** Writes a batch to the next partition of either topic, in the proportion in which they are live. */
  async write(): Promise<void> {
    const turn = this.#turn++;
    const isKeyed = turn % 5 === 0;
    const index = Math.floor(turn / 5) % PARTITIONS;
    const request = produceRequest(
      isKeyed ? 'compacted' : 'retained',
      isKeyed ? index : turn % PARTITIONS,
      batch(isKeyed),
    );
    const { errorCode } = onlyProduced(await this.#client.call(Produce, 9, request));
    if (errorCode !== 0) throw new Error(`Produce: error ${errorCode}`);
  }
}

async function create(client: WireClient): Promise<void> {
  const topics = Object.entries(TOPICS).map(([name, settings]) => ({
    name,
    numPartitions: PARTITIONS,
    replicationFactor: 1,
    configs: Object.entries(settings).map(([key, value]) => ({ name: key, value: String(value) })),
  }));
  const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 10_000 });
  for (const { name, errorCode } of answer.topics) if (errorCode !== 0) throw new Error(`${name}: error ${errorCode}`);
}

/** Bytes of values that are live: between the ends of what is retained, and one of each key. */
async function liveBytes(client: WireClient): Promise<number> {
  const ends = async (timestamp: number): Promise<number[]> => {
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
    const topics = [{ name: 'retained', partitions }];
    const answer = await client.call(ListOffsets, 6, { replicaId: -1, topics });
    return (answer.topics[0]?.partitions ?? []).map(({ offset }) => Number(offset));
  };
  const [from, to] = [await ends(-2), await ends(-1)];
  const records = to.reduce((sum, end, at) => sum + end - (from[at] as number), 0);
  return (records + KEYS * PARTITIONS) * VALUE_BYTES;
}

async function main(): Promise<boolean> {
  const { bavail, bsize } = statfsSync(flags.dir);
  if (bavail * bsize < 3 * LIVE_BYTES)
    throw new Error(`${flags.dir} has no room for three times ${flags.gigabytes} GB`);
  const settings = { 'log.retention.check.interval.ms': '2000', 'log.cleaner.backoff.ms': '2000' };
  await using broker = await BrokerProcess.start({ settings, parentDirectory: flags.dir });
  const client = await WireClient.open(broker.port);
  await create(client);
  const writer = new Writer(client);
  for (let written = 0; written < FILLED * LIVE_BYTES; written += BATCH_BYTES) await writer.write();
  const pauseMs = BATCH_BYTES / (Number(flags['megabytes-per-second']) * 1000);
  const ratios: number[] = [];
  const endMs = performance.now() + Number(flags.minutes) * 60_000;
  for (let sampleMs = performance.now(); performance.now() < endMs; ) {
    const startedMs = performance.now();
    await writer.write();
    await delay(Math.max(0, pauseMs - (performance.now() - startedMs)));
    if (performance.now() < sampleMs) continue;
    sampleMs = performance.now() + SAMPLE_MS;
    const [disk, live] = [diskBytes(broker.dataDirectory), await liveBytes(client)];
    ratios.push(disk / live);
    console.log(
      `${(disk / 1e9).toFixed(2)} GB for ${(live / 1e9).toFixed(2)} GB that are live: ${(disk / live).toFixed(2)}×`,
    );
  }
  client.close();
  // The first half may still come down from what was written at once.
  const steady = ratios.slice(ratios.length / 2).sort((a, b) => a - b);
  const median = steady[steady.length >> 1] as number;
  console.log(`median ${median.toFixed(2)}×, most ${steady.at(-1)?.toFixed(2)}×, bound ${MAX_RATIO}×`);
  return median <= MAX_RATIO;
}

process.exitCode = (await main()) ? 0 : 1;
