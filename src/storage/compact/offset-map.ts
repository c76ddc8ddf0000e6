/**
 * The latest offset of each key, in a bounded number of bytes: an open hash table in typed arrays that holds hashes, not
 * keys. 24 bytes a slot, as in Kafka, so that `log.cleaner.dedupe.buffer.size` means the same number of keys.
 */
import { KeyHash } from './key-hash.ts';

/** Four words of the hash and the offset. */
const SLOT_BYTES = 24;
const WORDS = 4;
const EMPTY = -1;

export class OffsetMap {
  readonly #hash: KeyHash;
  #loadFactor = 0.5;
  #slots = 0;
  #hashes = new Int32Array(0);
  #offsets = new Float64Array(0);
  #size = 0;

  /** @param secret see KeyHash */
  constructor(secret: Buffer) {
    this.#hash = new KeyHash(secret);
  }

  /** Keys in it. */
  get size(): number {
    return this.#size;
  }

  /** Keys it has room for. */
  get capacity(): number {
    return Math.max(1, Math.floor(this.#slots * this.#loadFactor));
  }

  get memoryBytes(): number {
    return this.#hashes.byteLength + this.#offsets.byteLength;
  }

  /**
   * Empties it, and makes room for `keys` keys, as far as its bounds allow.
   * @param maxBytes memory that it may take
   * @param loadFactor share of the slots that may be filled, above 0 and below 1
   */
  reset(keys: number, maxBytes: number, loadFactor: number): void {
    const maxSlots = Math.max(2, Math.floor(maxBytes / SLOT_BYTES));
    this.#loadFactor = loadFactor;
    const wanted = Math.ceil(keys / loadFactor) + 1;
    const slots = Math.max(2, Math.min(maxSlots, wanted));
    if (slots > this.#offsets.length || this.#offsets.length > maxSlots) {
      this.#hashes = new Int32Array(slots * WORDS);
      this.#offsets = new Float64Array(slots);
    }
    this.#slots = slots;
    this.#offsets.fill(EMPTY, 0, slots);
    this.#size = 0;
  }

  /** Gives back its memory until the next `reset`. */
  release(): void {
    this.#slots = 0;
    this.#size = 0;
    this.#hashes = new Int32Array(0);
    this.#offsets = new Float64Array(0);
  }

  /** Takes the offset of a key for its latest. False if it is full: then nothing was taken. */
  put(bytes: Uint8Array, keyStart: number, keyLength: number, offset: number): boolean {
    if (this.#size >= this.capacity) return false;
    const slot = this.#find(bytes, keyStart, keyLength);
    if ((this.#offsets[slot] as number) === EMPTY) {
      const hash = this.#hash;
      const at = slot * WORDS;
      this.#hashes[at] = hash.h0;
      this.#hashes[at + 1] = hash.h1;
      this.#hashes[at + 2] = hash.h2;
      this.#hashes[at + 3] = hash.h3;
      this.#size++;
    }
    this.#offsets[slot] = offset;
    return true;
  }

  /** The latest offset of a key, or -1. */
  get(bytes: Uint8Array, keyStart: number, keyLength: number): number {
    if (this.#size === 0) return EMPTY;
    return this.#offsets[this.#find(bytes, keyStart, keyLength)] as number;
  }

  /** The slot of the key, or the empty one where it would be. */
  #find(bytes: Uint8Array, keyStart: number, keyLength: number): number {
    const hash = this.#hash;
    const hashes = this.#hashes;
    const offsets = this.#offsets;
    hash.hash(bytes, keyStart, keyLength);
    let slot = Math.floor(((hash.h0 >>> 0) / 2 ** 32) * this.#slots);
    for (;;) {
      if ((offsets[slot] as number) === EMPTY) return slot;
      const at = slot * WORDS;
      if (
        hashes[at] === hash.h0 &&
        hashes[at + 1] === hash.h1 &&
        hashes[at + 2] === hash.h2 &&
        hashes[at + 3] === hash.h3
      ) {
        return slot;
      }
      slot = slot + 1 === this.#slots ? 0 : slot + 1;
    }
  }
}
