/** Memory of an open engine above the runtime's: caches at minimum, a little written, at rest, no worker running. */
import { BenchStream, lastOf } from '../appends.ts';
import type { Figures, Subject } from '../measure.ts';

const MIB = 1024 * 1024;
const BYTES = 1024;
const APPENDS = 1000;

/** Once garbage is gone: what is in use of the heap and of buffers, and what the process has of the machine's memory. */
async function memoryNow(): Promise<{ readonly used: number; readonly resident: number }> {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, resident: rss };
}

export async function memory(subject: Subject): Promise<Figures> {
  const before = await memoryNow();
  // Loads its code, too, which counts.
  await using engine = await subject.open({
    dataDir: subject.directory,
    durability: 'os',
    cacheBytes: MIB,
    indexCacheBytes: MIB,
  });
  const stream = new BenchStream(engine, 1, 'os');
  const bytes = Buffer.alloc(BYTES, 0x61);
  await lastOf(Array.from({ length: APPENDS }, () => stream.append(bytes)));
  await engine.flush();
  const open = await memoryNow();
  return { usedBytes: open.used - before.used, residentBytes: open.resident - before.resident };
}
