/** Resident memory of an open engine above the bare runtime: caches at minimum, a little written and read, at rest. */
import { spawnSync } from 'node:child_process';
import { BenchStream, lastOf } from '../appends.ts';
import type { Figures, Subject } from '../measure.ts';

const MIB = 1024 * 1024;
const BYTES = 1024;
const APPENDS = 1000;

/** Resident bytes once garbage is gone and the allocator has given back what it keeps. */
async function residentBytes(): Promise<number> {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Of a process of this Node that does nothing. */
function bareBytes(): number {
  const script = 'gc(); setTimeout(() => { gc(); console.log(process.memoryUsage.rss()); }, 200)';
  return Number(spawnSync(process.execPath, ['--expose-gc', '-e', script], { encoding: 'utf8' }).stdout);
}

export async function memory(subject: Subject): Promise<Figures> {
  const bare = bareBytes();
  const before = await residentBytes();
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
  const opened = await residentBytes();
  // What this program itself takes beside the engine was there before.
  return { engineBytes: opened - before, processBytes: opened, bareBytes: bare };
}
