/**
 * A map from numbers to small numbers for many entries: 20 to 40 bytes each, and nothing in it for the garbage collector to
 * visit. A hash table with open addressing.
 */
import { numberHash } from './number-hash.ts';

const FIRST_CAPACITY = 16;

export class NumberMap {
  /** Pairs of key and value; a key of NaN marks a free place. */
  #slots = freeSlots(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#slots.byteLength;
  }

  /** The value of a key; -1 if there is none. */
  get(key: number): number {
    const at = this.#place(key);
    return this.#slots[at] === key ? (this.#slots[at + 1] as number) : -1;
  }

  /**
   * Gives the former value, or -1.
   * @param value not negative
   */
  set(key: number, value: number): number {
    const at = this.#place(key);
    const slots = this.#slots;
    const former = slots[at] === key ? (slots[at + 1] as number) : -1;
    slots[at + 1] = value;
    if (former >= 0) return former;
    slots[at] = key;
    this.#size += 1;
    if (this.#size * 8 > slots.length * 3) this.#grow();
    return -1;
  }

  /** Where the key is, or the free place where it would be. */
  #place(key: number): number {
    const slots = this.#slots;
    const last = slots.length - 2;
    let at = (numberHash(key) * 2) & last;
    for (let found = slots[at] as number; found !== key && !Number.isNaN(found); found = slots[at] as number) {
      at = (at + 2) & last;
    }
    return at;
  }

  #grow(): void {
    const slots = this.#slots;
    this.#slots = freeSlots(slots.length);
    for (let i = 0; i < slots.length; i += 2) {
      const key = slots[i] as number;
      if (Number.isNaN(key)) continue;
      const at = this.#place(key);
      this.#slots[at] = key;
      this.#slots[at + 1] = slots[i + 1] as number;
    }
  }
}

/** Room for `capacity` pairs, a power of two. */
function freeSlots(capacity: number): Float64Array {
  return new Float64Array(2 * capacity).fill(Number.NaN);
}
