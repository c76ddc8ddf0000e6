/**
 * CRC-32C of entry headers: short and many, so a table walk four bytes at a time beats the call into native code.
 * Payloads go through `protocol/crc32c.ts`, or are not read at all where a record batch brings its own.
 */
import { crc32cCombine } from '../../../protocol/crc32c-combine.ts';
import { crc32c, makeCrcTable, tableCrc32c } from '../../../protocol/crc32c.ts';
import { BatchField, crc as batchCrc } from '../../../protocol/records/batch.ts';

/** Four tables of 256 in a row: the k-th advances a byte by k further bytes of zeros. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  tables.set(makeCrcTable());
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

/** CRC-32C of bytes that are few, or that a thread has which is better off without native code. */
export function crcOfBytes(bytes: Uint8Array): number {
  const words = bytes.length >>> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tableCrc32c(bytes.subarray(words * 4), crcOfWords(view, 0, words, 0));
}

/** Batches from this size on are not read again: measured, putting two CRCs together takes as long as reading 700 bytes. */
const COMBINE_FROM_BYTES = 1024;

/**
 * CRC-32C of a whole record batch, continuing from `initial`, by way of the CRC that it carries over all but its first
 * 21 bytes, which must be right.
 */
export function crcOfRecordBatch(batch: Buffer, initial: number): number {
  if (batch.length < COMBINE_FROM_BYTES) return crc32c(batch, initial);
  const uncovered = tableCrc32c(batch.subarray(0, BatchField.ATTRIBUTES), initial);
  return crc32cCombine(uncovered, batchCrc(batch, 0), batch.length - BatchField.ATTRIBUTES);
}
