/**
 * Finds rows by a number that is in one of their columns: about 16 bytes each, nothing in it for the garbage collector to
 * visit, and no insertion that takes long. A hash table with open addressing that has of each row its hash beside it, so
 * that a look-up meets one place in memory before the row itself, or none where the row can be guessed. A large one is many
 * small ones, of which each grows by itself.
 */
import { numberHash } from './number-hash.ts';
import { RowGuess } from './row-guess.ts';
import type { Column } from './row-pages.ts';

const FIRST_CAPACITY = 16;
/** A table with more rows becomes TABLES of them, once, each with room for its part. */
const SPLIT_SIZE = 16 * 1024;
const TABLE_BITS = 6;
const TABLES = 2 ** TABLE_BITS;
const SPLIT_CAPACITY = (2 * SPLIT_SIZE) / TABLES;

/** A table with more rows than this becomes slow to search. */
function isFull(rows: number, capacity: number): boolean {
  return rows * 4 > capacity * 3;
}

class Table {
  /** Pairs: the hash, and the row plus one, or 0 in a free place. */
  slots: Int32Array;
  size = 0;

  constructor(capacity: number) {
    this.slots = new Int32Array(2 * capacity);
  }

  get mask(): number {
    return (this.slots.length >>> 1) - 1;
  }

  /** @param h the hash as it is kept; @param shift how many of its bits chose the table */
  insert(h: number, row: number, shift: number): void {
    const { slots, mask } = this;
    let at = (h >>> shift) & mask;
    while (slots[2 * at + 1] !== 0) at = (at + 1) & mask;
    slots[2 * at] = h;
    slots[2 * at + 1] = row + 1;
    this.size += 1;
  }

  grow(shift: number): void {
    const { slots } = this;
    this.slots = new Int32Array(2 * slots.length);
    this.size = 0;
    for (let i = 0; i < slots.length; i += 2) {
      const row = (slots[i + 1] as number) - 1;
      if (row >= 0) this.insert(slots[i] as number, row, shift);
    }
  }

  /** Empties a place, and moves those up that would not be found behind it. */
  free(place: number, shift: number): void {
    const { slots, mask } = this;
    let gap = place;
    for (let at = (gap + 1) & mask; slots[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const home = ((slots[2 * at] as number) >>> shift) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      slots[2 * gap] = slots[2 * at] as number;
      slots[2 * gap + 1] = slots[2 * at + 1] as number;
      gap = at;
    }
    slots[2 * gap + 1] = 0;
    this.size -= 1;
  }
}

export class RowIndex {
  readonly #keys: Column;
  readonly #guess = new RowGuess();
  /** One, or TABLES. */
  #tables: readonly Table[] = [new Table(FIRST_CAPACITY)];
  /** Bits of the hash that choose the table. */
  #shift = 0;
  #size = 0;

  /** @param keys the column that says the number of each row; 0, which is the number of none, in rows that are not here */
  constructor(keys: Column) {
    this.#keys = keys;
  }

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#tables.reduce((sum, { slots }) => sum + slots.byteLength, this.#guess.memoryBytes);
  }

  /** The row of a number, or -1. */
  find(key: number): number {
    const guess = this.#guess.of(key);
    if (guess >= 0 && key !== 0 && this.#keys.get(guess) === key) {
      this.#guess.confirm();
      return guess;
    }
    const row = this.#search(key);
    if (row >= 0) this.#guess.learn(key, row);
    return row;
  }

  #search(key: number): number {
    const h = numberHash(key);
    const { slots, mask } = this.#tableOf(h);
    for (let at = (h >>> this.#shift) & mask; ; at = (at + 1) & mask) {
      const row = (slots[2 * at + 1] as number) - 1;
      if (row < 0 || (slots[2 * at] === (h | 0) && this.#keys.get(row) === key)) return row;
    }
  }

  /** Makes room for so many rows where there are none yet: they are added without growing on the way. */
  reserve(rows: number): void {
    if (this.#size > 0 || rows <= SPLIT_SIZE) return;
    let capacity = SPLIT_CAPACITY;
    while (isFull(rows / TABLES, capacity)) capacity *= 2;
    this.#divide(capacity);
  }

  /** Adds a row; its number must be in the column already, and in no other row of the index. */
  add(row: number): void {
    const h = numberHash(this.#keys.get(row));
    const table = this.#tableOf(h);
    table.insert(h, row, this.#shift);
    this.#size += 1;
    if (isFull(table.size, table.slots.length / 2)) table.grow(this.#shift);
    if (this.#shift === 0 && this.#size > SPLIT_SIZE) this.#split(table);
  }

  /** Takes a row out; its number must still be in the column. */
  remove(row: number): void {
    const h = numberHash(this.#keys.get(row));
    const table = this.#tableOf(h);
    const { slots, mask } = table;
    for (let at = (h >>> this.#shift) & mask; slots[2 * at + 1] !== 0; at = (at + 1) & mask) {
      if (slots[2 * at + 1] !== row + 1) continue;
      table.free(at, this.#shift);
      this.#size -= 1;
      return;
    }
  }

  #tableOf(h: number): Table {
    return this.#tables[h & (this.#tables.length - 1)] as Table;
  }

  #divide(capacity: number): void {
    this.#tables = Array.from({ length: TABLES }, () => new Table(capacity));
    this.#shift = TABLE_BITS;
  }

  #split({ slots }: Table): void {
    this.#divide(SPLIT_CAPACITY);
    for (let i = 0; i < slots.length; i += 2) {
      const row = (slots[i + 1] as number) - 1;
      if (row >= 0) this.#tableOf(slots[i] as number).insert(slots[i] as number, row, TABLE_BITS);
    }
  }
}
