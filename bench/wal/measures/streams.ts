/** Very many streams with one record each: what they cost on disk and in memory, a start, and appends to any of them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BenchStream, lastOf } from '../appends.ts';
import { nextTurn } from '../floor.ts';
import type { Figures, Subject } from '../measure.ts';

const RECORD_BYTES = 100;
const PER_TURN = 1000;
const APPENDS = 200_000;

/** Bytes that the files of a folder take on the disk, prepared space included. */
function bytesOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Memory in use once garbage is gone, of an engine that was closed, too. */
async function memoryBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** CPU time of the event loop in µs of one of many appends from one turn. */
async function appendCpuUs(next: () => BenchStream, bytes: Buffer): Promise<number> {
  const before = process.threadCpuUsage();
  for (let done = 0; done < APPENDS; done += PER_TURN) {
    const promises: Promise<void>[] = [];
    for (let i = 0; i < PER_TURN; i++) promises.push(next().append(bytes));
    await lastOf(promises);
    await nextTurn();
  }
  const { user } = process.threadCpuUsage(before);
  return user / APPENDS;
}

export async function streams(subject: Subject): Promise<Figures> {
  const { sizes, directory } = subject;
  const bytes = Buffer.alloc(RECORD_BYTES, 0x61);
  const figures: Record<string, number> = {};
  const options = { dataDir: directory, durability: 'os', cacheBytes: 1024 * 1024 } as const;
  {
    await using engine = await subject.open(options);
    const startedMs = performance.now();
    for (let id = 1; id <= sizes.streams; ) {
      const promises: Promise<void>[] = [];
      for (let i = 0; i < PER_TURN && id <= sizes.streams; i++, id++) {
        promises.push(new BenchStream(engine, id, 'os').append(bytes));
      }
      await lastOf(promises);
      await nextTurn();
    }
    figures['createdPerSecond'] = (sizes.streams * 1000) / (performance.now() - startedMs);
  }
  figures['diskBytesPerStream'] = bytesOnDisk(directory) / sizes.streams - RECORD_BYTES;
  const before = await memoryBytes();
  const startedMs = performance.now();
  await using engine = await subject.open(options);
  figures['startSeconds'] = (performance.now() - startedMs) / 1000;
  await nextTurn();
  figures['idleMemoryBytesPerStream'] = ((await memoryBytes()) - before) / sizes.streams;
  const known = Array.from({ length: 10_000 }, (_, i) => {
    const id = 1 + Math.floor((i * sizes.streams) / 10_000);
    return new BenchStream(engine, id, 'os', 1);
  });
  const one = new BenchStream(engine, sizes.streams + 1, 'os');
  let state = 1;
  const random = (): BenchStream => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return known[Math.floor((state / 2 ** 32) * known.length)] as BenchStream;
  };
  await appendCpuUs(() => one, bytes);
  figures['oneStreamCpuUs'] = await appendCpuUs(() => one, bytes);
  figures['randomStreamsCpuUs'] = await appendCpuUs(random, bytes);
  return figures;
}
