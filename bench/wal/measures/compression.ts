/**
 * Compression at rest: a journal merged into segments at the default level, on one thread, and beside it the codec alone.
 * Only for this checkout: older ones have no segments.
 */
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { inputsIn, merge } from '../../merging.ts';
import { BenchStream, lastOf } from '../appends.ts';
import { jsonLike, logLike, randomBytes } from '../data.ts';
import { nextTurn } from '../floor.ts';
import type { Figures, Subject } from '../measure.ts';

const BLOCK_BYTES = 128 * 1024;
const BATCH_BYTES = 16 * 1024;
const LEVEL = 3;
const PER_TURN = 64;
/** Data made once and stored again and again; more than a block. */
const DATA_BYTES = 16 * 1024 * 1024;
const FILE_BYTES = 16 * 1024 * 1024;

const KINDS = { json: jsonLike, log: logLike, random: randomBytes };

async function write(dataDir: string, data: Buffer, byteLength: number): Promise<void> {
  const options = { clusterId: 'bench', segmenting: null, maxSegmentSize: FILE_BYTES, cacheBytes: 0 };
  await using engine = await openEngine({ dataDir, ...options });
  const stream = new BenchStream(engine, 1, 'os');
  while (stream.end * BATCH_BYTES < byteLength) {
    const batches = Array.from({ length: PER_TURN }, () => {
      const at = (stream.end * BATCH_BYTES) % (DATA_BYTES - BATCH_BYTES);
      return stream.append(data.subarray(at, at + BATCH_BYTES));
    });
    await lastOf(batches);
    await nextTurn();
  }
}

/** Bytes that a second of CPU compresses, with nothing around it. */
function codecBytesPerCpuSecond(data: Buffer): number {
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  const before = process.cpuUsage();
  for (let at = 0; at < data.length; at += BLOCK_BYTES)
    zstdCompressSync(data.subarray(at, at + BLOCK_BYTES), { params });
  const { user, system } = process.cpuUsage(before);
  return (data.length * 1e6) / (user + system);
}

export async function compression(subject: Subject): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const [kind, make] of Object.entries(KINDS)) {
    const data = make(DATA_BYTES);
    const dataDir = join(subject.directory, kind);
    await write(dataDir, data, subject.sizes.compressionBytes / 3 + FILE_BYTES);
    const inputs = await inputsIn(dataDir);
    const before = process.cpuUsage();
    const { segments } = await merge(dataDir, inputs, LEVEL);
    const { user, system } = process.cpuUsage(before);
    const sum = (field: 'batchBytes' | 'fileBytes'): number =>
      segments.reduce((total, { descriptor }) => total + descriptor[field], 0);
    figures[`${kind}BytesPerCpuSecond`] = (sum('batchBytes') * 1e6) / (user + system);
    figures[`${kind}Ratio`] = sum('batchBytes') / sum('fileBytes');
    figures[`${kind}CodecBytesPerCpuSecond`] = codecBytesPerCpuSecond(data);
  }
  return figures;
}
