/**
 * CRC-32C of entry headers: short and many, so a table walk four bytes at a time beats the call into native code.
 * Payloads go through `protocol/crc32c.ts`.
 */

/** Castagnoli's polynomial with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** Four tables of 256 in a row: the k-th advances a byte by k further bytes of zeros. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    tables[i] = value;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] as number;
    tables[i] = (tables[previous & 0xff] as number) ^ (previous >>> 8);
  }
  return tables;
}

/** CRC-32C of `words` little-endian 32-bit words at `start`, continuing from `initial`; unsigned. */
export function crcOfWords(view: DataView, start: number, words: number, initial: number): number {
  let crc = ~initial;
  for (let at = start, end = start + words * 4; at < end; at += 4) {
    crc ^= view.getInt32(at, true);
    crc =
      (TABLES[768 + (crc & 0xff)] as number) ^
      (TABLES[512 + ((crc >>> 8) & 0xff)] as number) ^
      (TABLES[256 + ((crc >>> 16) & 0xff)] as number) ^
      (TABLES[crc >>> 24] as number);
  }
  return ~crc >>> 0;
}
