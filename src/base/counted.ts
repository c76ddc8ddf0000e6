/**
 * Reference-counted memory. The bytes of a produce request are received once, and the same memory is the journal's
 * source, the tail cache and what a fetch sends; it is recycled when the last of these lets go.
 */

/** One buffer that is recycled when its last reference goes. It is born with one reference, its creator's. */
export interface Counted {
  /** Adds a reference. */
  retain(): void;
  /** Drops a reference; the memory must not be touched afterwards by whoever held it. */
  release(): void;
}

/** Bytes and what keeps them alive. Holding a slice means holding one reference to its owner. */
export interface Slice {
  readonly bytes: Buffer;
  readonly owner: Counted;
}

/** Bytes that are put together where they are written: its bytes are copied once, and held nowhere else. */
export interface LaidPayload {
  readonly byteLength: number;
  /** Writes the bytes, the same each time: what found no space is written again. */
  write(into: Buffer, at: number): void;
}

/** Owner of memory that the garbage collector keeps: counts nothing. */
export const UNCOUNTED: Counted = { retain() {}, release() {} };

/** A slice over ordinary garbage-collected memory. */
export function plainSlice(bytes: Buffer): Slice {
  return { bytes, owner: UNCOUNTED };
}

/**
 * A piece of a response that is sent as it is, without passing through a codec. It may lie in memory or in a file; a
 * file is read only when the socket is ready to take the bytes.
 */
export interface Part {
  /** Exact number of bytes `load` gives, at most about 1 MiB. */
  readonly byteLength: number;
  /**
   * The bytes, in order. Each slice carries a reference that the caller releases once it is sent. Rejects with a
   * StorageError when the file cannot be read. Called at most once.
   */
  load(): readonly Slice[] | Promise<readonly Slice[]>;
  /** Lets go of what the part keeps alive (a slab, an open file). Called exactly once, whether loaded or not. */
  release(): void;
}
