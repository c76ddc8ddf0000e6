/**
 * What the log engine's read path costs by itself: reads of a few batches at scattered offsets and sequential reads of
 * whole streams, with parts loaded, out of the tail cache and out of files. `node bench/micro/read.ts [directory]`. CPU is
 * that of the whole process, its threads included; compare two checkouts by running them in turns.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '../../protocol/crc32c.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import type { StreamRead } from '../../src/storage/types.ts';

const STREAMS = 6;

function makeBatch(byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength, 0x61);
  bytes.fill(0, 0, 61);
  bytes.writeInt32BE(byteLength - 12, 8);
  bytes[16] = 2;
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** Appends `count` batches to each stream, in turns of `burst`. */
async function fill(engine: Engine, byteLength: number, count: number, burst: number): Promise<void> {
  for (let stream = 1; stream <= STREAMS; stream++) engine.createStream(stream);
  for (let done = 0; done < count; done += burst) {
    const last: Promise<void>[] = [];
    for (let stream = 1; stream <= STREAMS; stream++) {
      for (let baseOffset = done; baseOffset < done + burst; baseOffset++) {
        const batch = makeBatch(byteLength);
        batch.writeBigInt64BE(BigInt(baseOffset), 0);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        if (baseOffset === done + burst - 1) last.push(promise);
        engine.append({
          stream,
          baseOffset,
          offsetCount: 1,
          leaderEpoch: 0,
          maxTimestampMs: 1,
          payload: plainSlice(batch),
          durability: 'os',
          onCommit: (error) => (error === null ? resolve() : reject(error)),
        });
      }
    }
    await Promise.all(last);
  }
}

async function take(read: StreamRead): Promise<number> {
  let byteLength = 0;
  for (const part of read.parts) {
    const loading = part.load();
    for (const { bytes, owner } of loading instanceof Promise ? await loading : loading) {
      byteLength += bytes.length;
      owner.release();
    }
    part.release();
  }
  return byteLength;
}

/** Runs `work` for about two seconds after a warm-up; prints what one call costs. */
async function measure(
  name: string,
  work: () => Promise<{ readonly calls: number; readonly byteLength: number }>,
): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const cpuBefore = process.cpuUsage();
    const startMs = performance.now();
    const sum = { calls: 0, byteLength: 0 };
    while (performance.now() - startMs < (round === 0 ? 500 : 2000)) {
      const { calls, byteLength } = await work();
      sum.calls += calls;
      sum.byteLength += byteLength;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (round === 0) continue;
    const { user, system } = process.cpuUsage(cpuBefore);
    const seconds = (performance.now() - startMs) / 1000;
    const cpuUs = ((user + system) / sum.calls).toFixed(3);
    console.log(`${name}: ${cpuUs} CPU-µs a read, ${Math.round(sum.byteLength / 1e6 / seconds)} MB/s`);
  }
}

async function run(engine: Engine, name: string, count: number): Promise<void> {
  const random = seededRandom(1);
  const read = (stream: number, offset: number, maxBytes: number): Promise<StreamRead> | StreamRead =>
    engine.read({ stream, offset, endOffset: count, maxBytes, atLeastOne: true });
  const looks = async (maxBytes: number, loads: boolean): Promise<{ calls: number; byteLength: number }> => {
    let byteLength = 0;
    for (let i = 0; i < 200; i++) {
      const reading = read(1 + (i % STREAMS), random.int(count), maxBytes);
      const result = reading instanceof Promise ? await reading : reading;
      if (loads) byteLength += await take(result);
      else for (const part of result.parts) part.release();
    }
    return { calls: 200, byteLength };
  };
  await measure(`${name}, one batch, not loaded`, () => looks(1, false));
  await measure(`${name}, one batch`, () => looks(1, true));
  await measure(`${name}, 64 KiB`, () => looks(64 * 1024, true));
  await measure(`${name}, 1 MiB in sequence`, async () => {
    let byteLength = 0;
    let calls = 0;
    for (let offset = 0; offset < count; calls++) {
      const reading = read(1 + (calls % STREAMS), offset, 1024 * 1024);
      const result = reading instanceof Promise ? await reading : reading;
      byteLength += await take(result);
      offset = result.endOffset;
    }
    return { calls, byteLength };
  });
}

const [place = tmpdir()] = process.argv.slice(2);
for (const [name, cacheBytes] of [
  ['cache', 1024 * 1024 * 1024],
  ['files', 0],
] as const) {
  for (const [byteLength, count, burst] of [
    [200, 30_000, 1],
    [2000, 20_000, 10],
  ] as const) {
    const dataDir = mkdtempSync(join(place, 'walka-bench-'));
    try {
      const options = { dataDir, clusterId: 'bench', cacheBytes, maxSegmentSize: 16 * 1024 * 1024 };
      await using engine = await openEngine(options);
      await fill(engine, byteLength, count, burst);
      await run(engine, `${name}, ${byteLength} B in rows of ${burst}`, count);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
}
