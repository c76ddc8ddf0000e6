/** How fast the CRC-32C of record batches is: `node bench/micro/crc32c.ts`. Best of several rounds, on one core. */
import { crc32c, tableCrc32c } from '../../protocol/crc32c.ts';

const ROUNDS = 7;
const ROUND_BYTES = 256 * 1024 * 1024;

function gigabytesPerSecond(bytes: Uint8Array, crc: typeof crc32c, roundBytes: number): number {
  const count = Math.ceil(roundBytes / bytes.length);
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    for (let i = 0; i < count; i++) crc(bytes);
    best = Math.max(best, (count * bytes.length) / 1e6 / (performance.now() - startedMs));
  }
  return best;
}

for (const byteLength of [256, 1024, 16 * 1024, 1024 * 1024]) {
  const bytes = Buffer.alloc(byteLength, 0x61);
  const native = gigabytesPerSecond(bytes, crc32c, ROUND_BYTES);
  const table = gigabytesPerSecond(bytes, tableCrc32c, ROUND_BYTES / 16);
  process.stdout.write(`${byteLength} bytes: ${native.toFixed(2)} GB/s, by the table ${table.toFixed(2)}\n`);
}
