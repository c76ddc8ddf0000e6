/**
 * CRC-32C (Castagnoli), the checksum of record batches and of the journal. A native module does the work; where it
 * cannot be loaded, a table in plain JavaScript does, far slower. Loaded on first use.
 *
 * package.json pins @node-rs/crc32: the x64 binary of 1.10.8 was built so that it is four times slower than those before
 * (6 instead of 23 GB/s; the CRC instruction is called as a function, eight bytes at a time). `bench/micro/crc32c.ts`
 * tells whether a newer version is good.
 */
import { createRequire } from 'node:module';

/** Continues from `initial`, the CRC of the bytes before these; 0 at the start. */
export type Crc32c = (bytes: Uint8Array, initial?: number) => number;

/** Castagnoli's polynomial with its bits reversed: the highest bit is the coefficient of x^0. */
export const CASTAGNOLI = 0x82f63b78;

let table: Uint32Array | undefined;

/** What each value of a byte adds: 256 entries. */
export function makeCrcTable(): Uint32Array {
  const entries = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
    entries[i] = value >>> 0;
  }
  return entries;
}

/** The plain implementation; same results as the native one. */
export const tableCrc32c: Crc32c = (bytes, initial = 0) => {
  table ??= makeCrcTable();
  let crc = ~initial;
  for (let i = 0; i < bytes.length; i++) {
    crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
};

function loadNative(): Crc32c {
  try {
    const native: { readonly crc32c: Crc32c } = createRequire(import.meta.url)('@node-rs/crc32');
    return native.crc32c;
  } catch {
    // No prebuilt binary for this machine: slower, not wrong.
    return tableCrc32c;
  }
}

let implementation: Crc32c | undefined;

/** CRC-32C of `bytes` as an unsigned 32-bit number, continuing from `initial` (0 at the start). */
export function crc32c(bytes: Uint8Array, initial = 0): number {
  implementation ??= loadNative();
  return implementation(bytes, initial);
}
