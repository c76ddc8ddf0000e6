/**
 * Many small appends to one stream in one entry of the journal: its header, checksum, place in the index and
 * acknowledgement would cost more than they do. The entry covers an offset for each, and its leader epoch says that it is
 * such; other entries of a log have the leader epoch 0.
 *
 *   the appended bytes, one after the other
 *   u32 × n  length of each, little-endian
 *   u32      n
 */
import type { LaidPayload } from '../base/counted.ts';

/** The leader epoch of an entry that holds several appends. */
export const PACK_EPOCH = 1;
/** Bytes of a pack at most: who reads one entry of it reads all. */
export const MAX_PACK_BYTES = 60 * 1024;
export const MAX_PACK_ENTRIES = 1024;
/** Appends under way to a stream from which on further ones are packed: few are as quick by themselves. */
export const PACK_FROM = 8;

/** Appends that will be one entry. */
export class Pack implements LaidPayload {
  readonly #entries: Uint8Array[] = [];
  readonly #resolves: Array<(offset: number) => void> = [];
  readonly #rejects: Array<(error: Error) => void> = [];
  #entryBytes = 0;

  /** Number of entries. */
  get count(): number {
    return this.#entries.length;
  }

  /** True when `byteLength` bytes more would be too many. */
  isFull(byteLength: number): boolean {
    return this.#entries.length === MAX_PACK_ENTRIES || this.#entryBytes + byteLength > MAX_PACK_BYTES;
  }

  /** The bytes must not change before one of the callbacks. */
  add(bytes: Uint8Array, resolve: (offset: number) => void, reject: (error: Error) => void): void {
    this.#entries.push(bytes);
    this.#resolves.push(resolve);
    this.#rejects.push(reject);
    this.#entryBytes += bytes.length;
  }

  /** Bytes of the payload. */
  get byteLength(): number {
    return this.#entryBytes + 4 * this.#entries.length + 4;
  }

  write(into: Buffer, start: number): void {
    const entries = this.#entries;
    let at = start;
    for (let i = 0; i < entries.length; i++) {
      const bytes = entries[i] as Uint8Array;
      into.set(bytes, at);
      at += bytes.length;
    }
    for (let i = 0; i < entries.length; i++) at = into.writeUInt32LE((entries[i] as Uint8Array).length, at);
    into.writeUInt32LE(entries.length, at);
  }

  resolve(baseOffset: number): void {
    const resolves = this.#resolves;
    for (let i = 0; i < resolves.length; i++) (resolves[i] as (offset: number) => void)(baseOffset + i);
  }

  reject(error: Error): void {
    for (const reject of this.#rejects) reject(error);
  }
}

/** The lengths of what a pack of `count` entries holds; null when the bytes are none. */
export function packLengths(bytes: Buffer, count: number): Uint32Array | null {
  const end = bytes.length - 4;
  const start = end - 4 * count;
  if (start < 0 || bytes.readUInt32LE(end) !== count) return null;
  const lengths = new Uint32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(start + 4 * i);
    lengths[i] = length;
    total += length;
  }
  return total === start ? lengths : null;
}
