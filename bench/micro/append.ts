/**
 * What the log engine's write path costs by itself, without a socket: lone appends one after the other, and appends as
 * fast as the engine takes them, at several sizes. `node bench/micro/append.ts [directory]`; `memory` keeps the journal
 * in memory. CPU is that of the whole process, its threads included.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '../../protocol/crc32c.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import type { Engine } from '../../src/storage/open-engine.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import type { Durability } from '../../src/storage/types.ts';

const STREAMS = 6;

function makeBatch(byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength, 0x61);
  bytes.fill(0, 0, 61);
  bytes.writeInt32BE(byteLength - 12, 8);
  bytes[16] = 2;
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

const slabs = new SlabPool({ budgetBytes: 256 * 1024 * 1024 });
const ends = new Float64Array(STREAMS + 1);

function append(engine: Engine, stream: number, template: Buffer, onCommit: (error: Error | null) => void): void {
  const baseOffset = ends[stream] as number;
  ends[stream] = baseOffset + 1;
  template.writeBigInt64BE(BigInt(baseOffset), 0);
  // Large payloads lie in receive slabs and are written from there; only their headers are made here.
  const slice = template.length < 8192 ? plainSlice(template) : slabs.allocate(template.length, true);
  if (slice === null) throw new Error('no slab');
  if (slice.bytes !== template) template.copy(slice.bytes, 0, 0, 61);
  engine.append({
    stream,
    baseOffset,
    offsetCount: 1,
    leaderEpoch: 0,
    maxTimestampMs: 1,
    payload: slice,
    durability: 'os',
    onCommit,
  });
  slice.owner.release();
}

async function lone(engine: Engine, byteLength: number, count: number): Promise<Float64Array> {
  const template = makeBatch(byteLength);
  const tookUs = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      append(engine, 1 + (i % STREAMS), template, (error) => (error === null ? resolve() : reject(error)));
    });
    tookUs[i] = (performance.now() - start) * 1000;
    if (i % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return tookUs.sort();
}

/** Keeps up to `window` bytes unacknowledged; gives the seconds taken. */
async function flood(engine: Engine, byteLength: number, count: number): Promise<{ seconds: number; cpu: number }> {
  const template = makeBatch(byteLength);
  const window = 8 * 1024 * 1024;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const progress = { acknowledged: 0 };
  let sent = 0;
  let wake: (() => void) | null = null;
  while (progress.acknowledged < count) {
    let turnBytes = 0;
    while (sent < count && engine.pendingBytes < window && turnBytes < 256 * 1024) {
      append(engine, 1 + (sent % STREAMS), template, (error) => {
        if (error !== null) throw error;
        progress.acknowledged += 1;
        wake?.();
        wake = null;
      });
      sent += 1;
      turnBytes += byteLength;
    }
    const isFull = sent === count || engine.pendingBytes >= window;
    await new Promise<void>((resolve) => {
      if (isFull && progress.acknowledged < count) wake = resolve;
      else setImmediate(resolve);
    });
  }
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return { seconds, cpu: (cpu.user + cpu.system) / 1e6 };
}

function at(sorted: Float64Array, quantile: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0).toFixed(1);
}

async function run(dataDir: string | null, durability: Durability): Promise<void> {
  await using engine = await openEngine({
    dataDir,
    clusterId: 'bench',
    durability,
    maxMemoryBytes: 256 * 1024 * 1024,
    flushIntervalMs: Number(process.env['FLUSH_MS'] ?? 10),
  });
  ends.fill(0);
  for (let stream = 1; stream <= STREAMS; stream++) engine.createStream(stream);
  for (const byteLength of [100, 1024, 16 * 1024]) {
    await lone(engine, byteLength, 2000);
    const sorted = await lone(engine, byteLength, durability === 'fsync' ? 2000 : 50_000);
    let sum = 0;
    for (const us of sorted) sum += us;
    console.log(
      `${durability} lone ${byteLength} B: avg ${(sum / sorted.length).toFixed(1)} µs, p50 ${at(sorted, 0.5)}, ` +
        `p99 ${at(sorted, 0.99)}, p99.9 ${at(sorted, 0.999)}, max ${at(sorted, 1)}`,
    );
  }
  for (const [byteLength, count] of [
    [100, 1_000_000],
    [1024, 500_000],
    [16 * 1024, 100_000],
    [512 * 1024, 4000],
  ] as const) {
    const { seconds, cpu } = await flood(engine, byteLength, count);
    const gigabytes = (byteLength * count) / 1e9;
    console.log(
      `${durability} flood ${byteLength} B: ${Math.round(count / seconds).toLocaleString('en')} appends/s, ` +
        `${Math.round((gigabytes * 1000) / seconds)} MB/s, ${(cpu / gigabytes).toFixed(2)} CPU-s/GB`,
    );
  }
  const { counters, memoryBytes } = engine.stats();
  console.log(
    `${durability}: ${counters.commits} commits (${counters.asyncCommits} on a thread), ${counters.syncs} syncs, ` +
      `write avg ${((counters.writeMs.sumMs / counters.writeMs.count) * 1000).toFixed(1)} µs, ` +
      `max ${counters.writeMs.maxMs.toFixed(1)} ms`,
    JSON.stringify(memoryBytes),
  );
}

const [place = tmpdir(), level] = process.argv.slice(2);
if (place === 'memory') await run(null, 'memory');
else {
  for (const durability of level === undefined ? (['os', 'fsync'] as const) : [level as Durability]) {
    const dataDir = mkdtempSync(join(place, 'walka-bench-'));
    try {
      await run(dataDir, durability);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
}
