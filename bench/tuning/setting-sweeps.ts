/** Sweeps over the settings that matter for speed. */
import { setTimeout as delay } from 'node:timers/promises';
import { openEngine } from '../../src/storage/open-engine.ts';
import { inputsIn, merge } from '../merging.ts';
import { BenchStream, lastOf } from '../wal/appends.ts';
import { jsonLike, randomBytes } from '../wal/data.ts';
import { nextTurn } from '../wal/floor.ts';
import { appendMany, cpuS, quantilesUs, size, type Sweep } from './sweep.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const AT_ONCE = 256;
/** More than a block that is compressed. */
const JSON_BYTES = 8 * MIB;
const ENTRY_BYTES = 16 * KIB;
const RATE = 5000;
const TICK_MS = 2;

const maxSegmentSize: Sweep = {
  name: 'max-segment-size',
  title: '`maxSegmentSize`',
  about: 'Entries of 16 KiB as fast as it goes, 16 at once, durability `os`: smaller files are sealed more often.',
  async run({ amounts, open, note }) {
    const bytes = randomBytes(ENTRY_BYTES);
    for (const maxSegmentSize of [1, 4, 16, 64, 128, 512].map((mib) => mib * MIB)) {
      await using wal = await open({ maxSegmentSize });
      const stream = wal.stream(1);
      const tookMs: number[] = [];
      const [beganMs, beganS] = [performance.now(), cpuS()];
      for (let written = 0; written < amounts.bytes; written += 16 * ENTRY_BYTES) {
        const began = performance.now();
        await Promise.all(Array.from({ length: 16 }, () => stream.append(bytes)));
        tookMs.push(performance.now() - began);
      }
      const gigabytes = (tookMs.length * 16 * ENTRY_BYTES) / 1e9;
      note(size(maxSegmentSize), 'MB/s', 'higher', (gigabytes * 1e6) / (performance.now() - beganMs));
      note(size(maxSegmentSize), 'CPU-s/GB', 'lower', (cpuS() - beganS) / gigabytes);
      note(size(maxSegmentSize), 'µs (p99)', 'lower', quantilesUs(Float64Array.from(tookMs)).p99);
    }
  },
};

/** Files of a journal that are full, and that no engine moves anything from. */
async function fillJournal(dataDir: string, data: Buffer, byteLength: number): Promise<void> {
  const options = { clusterId: 'bench', segmenting: null, maxSegmentSize: MIB, cacheBytes: 0 };
  await using engine = await openEngine({ dataDir, ...options });
  const stream = new BenchStream(engine, 1, 'os');
  while (stream.end * ENTRY_BYTES < byteLength + 2 * MIB) {
    const batches = Array.from({ length: 16 }, () => {
      const from = (stream.end * ENTRY_BYTES) % (JSON_BYTES - ENTRY_BYTES);
      return stream.append(data.subarray(from, from + ENTRY_BYTES));
    });
    await lastOf(batches);
    await nextTurn();
  }
}

const compressionLevel: Sweep = {
  name: 'compression-level',
  title: '`compressionLevel`',
  about: 'Entries of 16 KiB, like events as JSON, moved from the journal into segments on one thread.',
  async run({ amounts, note, folder }) {
    const data = jsonLike(JSON_BYTES);
    for (const level of [0, 1, 3, 6, 9, 12]) {
      const directory = folder();
      await fillJournal(directory, data, amounts.bytes / 8);
      const inputs = await inputsIn(directory);
      const beganS = cpuS();
      const { segments, compressionMs } = await merge(directory, inputs, level);
      const usedS = cpuS() - beganS;
      const sum = (field: 'batchBytes' | 'fileBytes'): number =>
        segments.reduce((total, { descriptor }) => total + descriptor[field], 0);
      if (sum('batchBytes') === 0) continue;
      const name = `level ${level}`;
      note(name, 'bytes in for each byte stored', 'higher', sum('batchBytes') / sum('fileBytes'));
      note(name, 'CPU-s/GB', 'lower', usedS / (sum('batchBytes') / 1e9));
      if (compressionMs.length > 0) {
        note(name, 'ms a block (p50)', 'lower', quantilesUs(Float64Array.from(compressionMs)).p50 / 1000);
      }
    }
  },
};

const flushInterval: Sweep = {
  name: 'flush-interval',
  title: '`flushIntervalMs`',
  about: `${RATE.toLocaleString('en')} appends of 1 KiB a second, durability \`os\`: what waits for a sync that is under way shows at the tail.`,
  async run({ amounts, open, note }) {
    const bytes = randomBytes(KIB);
    for (const flushIntervalMs of [1, 10, 100, 1000]) {
      await using wal = await open({ flushIntervalMs });
      const stream = wal.stream(1);
      const tookMs: number[] = [];
      const appends: Array<Promise<unknown>> = [];
      const beganS = cpuS();
      const began = performance.now();
      for (let sent = 0; performance.now() - began < amounts.seconds * 1000; await delay(TICK_MS)) {
        for (; sent < ((performance.now() - began) / 1000) * RATE; sent++) {
          const at = performance.now();
          appends.push(stream.append(bytes).then(() => tookMs.push(performance.now() - at)));
        }
      }
      await Promise.all(appends);
      const { writeLatency } = wal.stats();
      const quantiles = quantilesUs(Float64Array.from(tookMs));
      const name = `${flushIntervalMs.toLocaleString('en')} ms`;
      note(name, 'µs (p99)', 'lower', quantiles.p99);
      note(name, 'µs (p99.9)', 'lower', quantiles.p999);
      note(name, 'syncs/s', null, writeLatency.flush.count / amounts.seconds);
      note(name, 'cores', 'lower', (cpuS() - beganS) / amounts.seconds);
    }
  },
};

const maxConcurrentWrites: Sweep = {
  name: 'max-concurrent-writes',
  title: '`maxConcurrentWrites`',
  about:
    '4,096 writers of 1 KiB, each of which waits for its own, durability `fsync`: all that are let in share the next sync.',
  async run({ amounts, open, note }) {
    const bytes = randomBytes(KIB);
    for (const limit of [16, 64, 256, 1024, 4096]) {
      await using wal = await open({ durability: 'fsync', maxConcurrentWrites: limit });
      let count = 0;
      const began = performance.now();
      const write = async (_: unknown, writer: number): Promise<void> => {
        const stream = wal.stream(writer + 1);
        for (; performance.now() - began < amounts.seconds * 1000; count++) await stream.append(bytes);
      };
      await Promise.all(Array.from({ length: 4096 }, write));
      note(limit.toLocaleString('en'), 'appends/s', 'higher', (count * 1000) / (performance.now() - began));
    }
  },
};

const cacheBytes: Sweep = {
  name: 'cache',
  title: '`cacheBytes`',
  about:
    'A reader that is 16 MiB behind the end, entries of 16 KiB: from memory while the cache reaches so far, else from files.',
  async run({ amounts, open, note }) {
    const behind = 16 * MIB;
    for (const cacheBytes of [1, 8, 24, 96].map((mib) => mib * MIB)) {
      await using wal = await open({ cacheBytes });
      await appendMany(wal, 4 * behind, randomBytes(ENTRY_BYTES), AT_ONCE);
      const stream = wal.stream(1);
      let read = 0;
      const [beganMs, beganS] = [performance.now(), cpuS()];
      while (read < amounts.bytes) {
        for (let from = stream.endOffset - behind / ENTRY_BYTES; from < stream.endOffset && read < amounts.bytes; ) {
          const entries = await stream.readMany(from, MIB);
          from += entries.length;
          read += entries.length * ENTRY_BYTES;
        }
      }
      note(size(cacheBytes), 'MB/s', 'higher', read / 1000 / (performance.now() - beganMs));
      note(size(cacheBytes), 'CPU-s/GB', 'lower', (cpuS() - beganS) / (read / 1e9));
    }
  },
};

export const SETTING_SWEEPS: readonly Sweep[] = [
  maxSegmentSize,
  compressionLevel,
  flushInterval,
  maxConcurrentWrites,
  cacheBytes,
];
