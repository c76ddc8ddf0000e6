/** Sweeps over the load: what an append costs by its size, its batch, its durability and the number of streams. */
import { randomBytes } from '../wal/data.ts';
import { appendLone, appendMany, cpuS, quantilesUs, size, type Sweep } from './sweep.ts';

const KIB = 1024;
/** Appends that do not wait for each other. */
const AT_ONCE = 256;
/** With fewer, what the heap does by itself is more than what they cost. */
const COUNTED_STREAMS = 100_000;

/** Where the time of a write goes: the log's own statistics. */
const breakdown: Sweep = {
  name: 'breakdown',
  title: 'Where the time of a write goes',
  about:
    'Appends of 1 KiB, one at a time and 256 at once, and what the log itself says they consist of (`wal.stats().writeLatency`): ' +
    'putting a commit together, handing it to the operating system, putting it on the device. With `os` no append waits for the device.',
  async run({ amounts, open, note }) {
    const bytes = randomBytes(KIB);
    for (const durability of ['os', 'fsync'] as const) {
      for (const atOnce of [1, AT_ONCE]) {
        const count = durability === 'fsync' ? Math.ceil(amounts.loneAppends / 25) : amounts.loneAppends;
        await using wal = await open({ durability });
        if (atOnce === 1) await appendLone(wal, count, bytes);
        else await appendMany(wal, count * KIB, bytes, atOnce);
        const { writeLatency } = wal.stats();
        const name = `${durability}, ${atOnce === 1 ? 'one at a time' : `${atOnce} at once`}`;
        const parts = {
          'append to acknowledgement': writeLatency,
          serialization: writeLatency.serialization,
          write: writeLatency.write,
          flush: writeLatency.flush,
        };
        for (const [part, { averageMs, count: samples }] of Object.entries(parts)) {
          if (samples > 0) note(`${name}: ${part}`, 'µs on average', 'lower', averageMs * 1000);
        }
      }
    }
  },
};

const recordSize: Sweep = {
  name: 'record-size',
  title: 'By size of record',
  about: 'Durability `os`; alone: one append at a time; together: 256 that do not wait for each other.',
  async run({ amounts, open, note }) {
    for (const byteLength of [100, KIB, 10 * KIB, 100 * KIB]) {
      const bytes = randomBytes(byteLength);
      await using wal = await open();
      const count = Math.ceil(amounts.loneAppends / Math.max(1, byteLength / KIB / 4));
      note(`${size(byteLength)}, alone`, 'µs (p50)', 'lower', quantilesUs(await appendLone(wal, count, bytes)).p50);
      const [beganMs, beganS] = [performance.now(), cpuS()];
      const appended = (await appendMany(wal, amounts.bytes, bytes, AT_ONCE)) * byteLength;
      note(`${size(byteLength)}, together`, 'MB/s', 'higher', appended / 1000 / (performance.now() - beganMs));
      note(`${size(byteLength)}, together`, 'CPU-s/GB', 'lower', (cpuS() - beganS) / (appended / 1e9));
    }
  },
};

const batchSize: Sweep = {
  name: 'batch-size',
  title: 'By size of batch',
  about: 'Entries of 100 B by `appendMany`, one batch after the other, durability `os`.',
  async run({ amounts, open, note }) {
    for (const count of [1, 10, 100, 1000]) {
      const batch = Array.from({ length: count }, (_, index) => randomBytes(100, index + 1));
      await using wal = await open();
      const stream = wal.stream(1);
      const rounds = Math.ceil(Math.min(amounts.bytes / 100 / count, amounts.loneAppends * 2));
      const [beganMs, beganS] = [performance.now(), cpuS()];
      for (let round = 0; round < rounds; round++) await stream.appendMany(batch);
      const entries = rounds * count;
      const name = `batches of ${count.toLocaleString('en')}`;
      note(name, 'entries/s', 'higher', (entries * 1000) / (performance.now() - beganMs));
      note(name, 'CPU-µs an entry', 'lower', ((cpuS() - beganS) * 1e6) / entries);
    }
  },
};

const streams: Sweep = {
  name: 'streams',
  title: 'By number of streams',
  about:
    'Appends of 100 B, 256 at once, to streams in a random order. Memory is what a stream costs beyond an empty log: with one ' +
    'entry that is long written (inactive), and while entries are being written to all of them (active).',
  async run({ amounts, open, note }) {
    const bytes = randomBytes(100);
    for (const count of [1, 100, 10_000, amounts.streams]) {
      await using wal = await open({ cacheBytes: 1024 * 1024 });
      const name = `${count.toLocaleString('en')} ${count === 1 ? 'stream' : 'streams'}`;
      const before = inUse();
      await each(count, (stream) => wal.stream(stream).append(bytes));
      if (count >= COUNTED_STREAMS) note(`${name}, inactive`, 'B of memory each', 'lower', (inUse() - before) / count);
      const appends = Math.max(AT_ONCE, Math.ceil(amounts.loneAppends * 4));
      let state = 1;
      const beganS = cpuS();
      await each(appends, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return wal.stream(1 + (state % count)).append(bytes);
      });
      note(name, 'CPU-µs an append', 'lower', ((cpuS() - beganS) * 1e6) / appends);
      if (count >= COUNTED_STREAMS) note(`${name}, active`, 'B of memory each', 'lower', (inUse() - before) / count);
    }
  },
};

async function each(count: number, append: (index: number) => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const appends: Array<Promise<unknown>> = [];
    for (let index = done; index < Math.min(count, done + AT_ONCE); index++) appends.push(append(index + 1));
    await Promise.all(appends);
  }
}

/** Heap and buffers after a collection; this process runs with --expose-gc. */
function inUse(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export const LOAD_SWEEPS: readonly Sweep[] = [breakdown, recordSize, batchSize, streams];
