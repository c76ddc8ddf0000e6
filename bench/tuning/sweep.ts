/** What a sweep is: one setting or one property of the load at several values, the rest as it comes. */
import { WriteAheadLog, type WriteAheadLogOptions } from '../../src/wal.ts';
import type { Better, Figure } from '../workload.ts';

export interface Amounts {
  /** Appends one at a time, for each value. */
  readonly loneAppends: number;
  /** Bytes for each value where it goes as fast as it can. */
  readonly bytes: number;
  /** How long rates by the clock and synced ones are counted, for each value. */
  readonly seconds: number;
  /** Streams at most. */
  readonly streams: number;
}

export const AMOUNTS: Readonly<Record<'full' | 'tiny', Amounts>> = {
  full: { loneAppends: 50_000, bytes: 500e6, seconds: 3, streams: 1_000_000 },
  tiny: { loneAppends: 5, bytes: 100e3, seconds: 0.02, streams: 1000 },
};

/** What a sweep works with. */
export interface Subject {
  readonly amounts: Amounts;
  /** Opens a log on an empty folder, or in memory. */
  open(options?: WriteAheadLogOptions & { readonly isInMemory?: boolean }): Promise<WriteAheadLog>;
  /** An empty folder of its own. */
  folder(): string;
  note(name: string, unit: string, better: Better, value: number): void;
}

export interface Sweep {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  run(subject: Subject): Promise<void>;
}

/** Collects what a sweep notes. */
export function subjectIn(makeFolder: () => string, amounts: Amounts): { subject: Subject; figures: Figure[] } {
  const figures: Figure[] = [];
  const subject: Subject = {
    amounts,
    folder: makeFolder,
    open: ({ isInMemory = false, ...options } = {}) =>
      WriteAheadLog.open(isInMemory ? options : { ...options, directory: makeFolder() }),
    note: (name, unit, better, value) => void figures.push({ name, unit, better, value }),
  };
  return { subject, figures };
}

/** CPU time of this process, all threads, in seconds. */
export function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Quantiles of times in ms, given as µs. */
export function quantilesUs(ms: Float64Array): { readonly p50: number; readonly p99: number; readonly p999: number } {
  const sorted = ms.toSorted();
  const at = (part: number): number => (sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN) * 1000;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** Bytes as people write them: 100 B, 1 KiB, 16 MiB. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${bytes / 1024} KiB` : `${bytes / 1024 ** 2} MiB`;
}

/** Appends one after the other, each when the one before is acknowledged; the first fifth warms up. */
export async function appendLone(wal: WriteAheadLog, count: number, bytes: Buffer): Promise<Float64Array> {
  const stream = wal.stream(1);
  const tookMs = new Float64Array(count);
  const warmUp = Math.ceil(count / 5);
  for (let index = -warmUp; index < count; index++) {
    const began = performance.now();
    await stream.append(bytes);
    if (index >= 0) tookMs[index] = performance.now() - began;
  }
  return tookMs;
}

/** Appends as many as it takes for `total` bytes, `atOnce` of them without waiting for each other. Gives how many. */
export async function appendMany(wal: WriteAheadLog, total: number, bytes: Buffer, atOnce: number): Promise<number> {
  const stream = wal.stream(1);
  let count = 0;
  while (count * bytes.length < total) {
    const appends: Array<Promise<number>> = [];
    for (let index = 0; index < atOnce; index++) appends.push(stream.append(bytes));
    await Promise.all(appends);
    count += atOnce;
  }
  return count;
}
