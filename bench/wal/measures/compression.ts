/** zstd over blocks, as segments are compressed, on one thread: what the codec itself does at the default level. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { jsonLike, logLike, randomBytes } from '../data.ts';
import type { Figures, Subject } from '../measure.ts';

const BLOCK_BYTES = 128 * 1024;
const LEVEL = 3;
/** Data made once and compressed again and again. */
const DATA_BYTES = 8 * 1024 * 1024;

const KINDS = { json: jsonLike, log: logLike, random: randomBytes };

export function compression(subject: Subject): Promise<Figures> {
  const figures: Record<string, number> = {};
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  for (const [kind, make] of Object.entries(KINDS)) {
    const data = make(DATA_BYTES);
    let done = 0;
    let packedBytes = 0;
    const blocks: Buffer[] = [];
    const { user: before } = process.cpuUsage();
    while (done < subject.sizes.compressionBytes / 3) {
      const at = done % DATA_BYTES;
      const packed = zstdCompressSync(data.subarray(at, at + BLOCK_BYTES), { params });
      packedBytes += packed.length;
      if (blocks.length < DATA_BYTES / BLOCK_BYTES) blocks.push(packed);
      done += BLOCK_BYTES;
    }
    const { user: after } = process.cpuUsage();
    figures[`${kind}BytesPerCpuSecond`] = (done * 1e6) / (after - before);
    figures[`${kind}Ratio`] = done / packedBytes;
    for (const block of blocks) zstdDecompressSync(block);
    figures[`${kind}ExpandedBytesPerCpuSecond`] =
      (blocks.length * BLOCK_BYTES * 1e6) / (process.cpuUsage().user - after);
  }
  return Promise.resolve(figures);
}
