/**
 * What merging journal files into segments costs by itself, on one thread, and what comes of it: CPU, bytes on the disk,
 * bytes of index in memory. `node bench/micro/merge.ts [directory] [MiB] [streams]`; with a number of streams, only the run
 * with one small record in each of that many.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '../../protocol/crc32c.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { seededRandom } from '../../src/base/random.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { inputsIn, merge } from '../merging.ts';

const MIB = 1024 * 1024;
const random = seededRandom(1);

function jsonText(byteLength: number): Buffer {
  const events = ['view', 'click', 'order', 'refund', 'login', 'logout'];
  let out = '';
  while (out.length < byteLength) {
    const user = random.int(1_000_000);
    const amount = random.int(100_000) / 100;
    const event = events[random.int(events.length)];
    out += `{"user":${user},"event":"${event}","session":"${random.bytes(6).toString('hex')}","amount":${amount}}\n`;
  }
  return Buffer.from(out.slice(0, byteLength));
}

function makeBatch(body: Buffer): Buffer {
  const bytes = Buffer.alloc(61 + body.length);
  body.copy(bytes, 61);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = 2;
  bytes.writeBigInt64BE(1n, 35);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** Fills journal files with batches to streams in turn. */
async function write(dataDir: string, bodies: readonly Buffer[], streams: number, byteLength: number): Promise<void> {
  const engine = await openEngine({ dataDir, clusterId: 'bench', segmenting: null, maxSegmentSize: 128 * MIB });
  const ends = new Float64Array(streams + 1);
  const batches = bodies.map(makeBatch);
  for (let stream = 1; stream <= streams; stream++) engine.createStream(stream);
  let pending = 0;
  for (let written = 0, i = 0; written < byteLength; i++) {
    const stream = 1 + ((i * 7919) % streams);
    const bytes = Buffer.from(batches[i % batches.length] as Buffer);
    const baseOffset = ends[stream] as number;
    ends[stream] = baseOffset + 1;
    bytes.writeBigInt64BE(BigInt(baseOffset), 0);
    written += bytes.length;
    pending += bytes.length;
    const fields = { stream, baseOffset, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: 1, durability: 'os' as const };
    engine.append({ ...fields, payload: plainSlice(bytes), onCommit: () => undefined });
    if (pending < 4 * MIB) continue;
    pending = 0;
    await engine.flush();
  }
  await engine.close();
}

async function measure(what: string, dataDir: string, streams: number, levels: readonly number[]): Promise<void> {
  const inputs = await inputsIn(dataDir);
  for (const level of levels) {
    const startedMs = performance.now();
    const cpu = process.cpuUsage();
    const { segments } = await merge(dataDir, inputs, level);
    const used = process.cpuUsage(cpu);
    const tookMs = performance.now() - startedMs;
    const sum = (field: 'batchBytes' | 'fileBytes' | 'tableBytes'): number =>
      segments.reduce((total, { descriptor }) => total + descriptor[field], 0);
    const raw = sum('batchBytes');
    const cpuMs = (used.user + used.system) / 1000;
    console.log(
      `${what}, level ${level}: ${(raw / MIB).toFixed(0)} MiB in ${inputs.length} files, ` +
        `${(raw / 1000 / cpuMs).toFixed(0)} MB/s of CPU (${(raw / 1000 / tookMs).toFixed(0)} MB/s), ` +
        `to ${((100 * sum('fileBytes')) / raw).toFixed(1)} %, ${segments.length} segments, ` +
        `${(process.memoryUsage.rss() / MIB).toFixed(0)} MiB rss` +
        (level > 0 ? '' : `, ${((sum('fileBytes') - raw) / streams).toFixed(1)} B of index a stream`),
    );
    rmSync(join(dataDir, 'segments'), { recursive: true });
  }
}

async function run(what: string, bodies: readonly Buffer[], streams: number, byteLength: number): Promise<void> {
  const dataDir = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'walka-merge-'));
  try {
    await write(dataDir, bodies, streams, byteLength);
    await measure(what, dataDir, streams, [3, 1, 0]);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

const megabytes = Number(process.argv[3] ?? 512) * MIB;
const tiny = Number(process.argv[4] ?? 0);
if (tiny > 0) {
  // Enough that a last file is sealed behind all that counts.
  await run(`one record in each of ${tiny} streams`, [jsonText(100)], tiny, tiny * 161 - 1);
} else {
  // So many that a block never has one twice.
  const json = (byteLength: number, count: number): Buffer[] =>
    Array.from({ length: count }, () => jsonText(byteLength));
  await run('JSON, batches of 64 KiB, 10 streams', json(65_000, 200), 10, megabytes);
  await run('JSON, batches of 1 KiB, 1,000 streams', json(1000, 20_000), 999, megabytes);
  const noise = Array.from({ length: 200 }, () => random.bytes(65_000));
  await run('random, batches of 64 KiB, 10 streams', noise, 10, megabytes);
}
