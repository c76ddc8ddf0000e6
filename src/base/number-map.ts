/**
 * A map from numbers to small numbers for very many entries: about 20 bytes each, nothing in it for the garbage collector
 * to visit, and no insertion that takes long. A hash table with open addressing; a large one is many small ones, of which
 * each grows by itself.
 */

const FIRST_CAPACITY = 16;
/** A table with more entries becomes TABLES of them, once, each with room for its part. */
const SPLIT_SIZE = 256 * 1024;
const TABLES = 64;
const SPLIT_CAPACITY = (2 * SPLIT_SIZE) / TABLES;

/** Keys that follow each other, as they mostly do, must not share the low bits, nor the high ones. */
function hash(key: number): number {
  const low = key | 0;
  const h = Math.imul(low === key ? low : low ^ Math.imul((key / 2 ** 32) | 0, 0x85ebca6b), 0x9e3779b1);
  return (h ^ (h >>> 15)) >>> 0;
}

class Table {
  /** NaN marks a free place. */
  keys: Float64Array;
  values: Int32Array;
  size = 0;

  constructor(capacity: number) {
    this.keys = new Float64Array(capacity).fill(Number.NaN);
    this.values = new Int32Array(capacity);
  }

  /** Where the key is, or the free place where it would be. `h` is its hash, here without the bits that chose the table. */
  place(key: number, h: number): number {
    const { keys } = this;
    const mask = keys.length - 1;
    let at = h & mask;
    for (let found = keys[at] as number; found !== key && !Number.isNaN(found); found = keys[at] as number) {
      at = (at + 1) & mask;
    }
    return at;
  }

  grow(shift: number): void {
    const { keys, values } = this;
    this.keys = new Float64Array(keys.length * 2).fill(Number.NaN);
    this.values = new Int32Array(keys.length * 2);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number;
      if (Number.isNaN(key)) continue;
      const at = this.place(key, hash(key) >>> shift);
      this.keys[at] = key;
      this.values[at] = values[i] as number;
    }
  }

  /** Empties a place, and moves those up that would not be found behind it. */
  free(place: number, shift: number): void {
    const { keys, values } = this;
    const mask = keys.length - 1;
    let gap = place;
    for (let at = (gap + 1) & mask; !Number.isNaN(keys[at]); at = (at + 1) & mask) {
      const home = (hash(keys[at] as number) >>> shift) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      keys[gap] = keys[at] as number;
      values[gap] = values[at] as number;
      gap = at;
    }
    keys[gap] = Number.NaN;
    this.size--;
  }
}

export class NumberMap {
  /** One, or TABLES. */
  #tables: readonly Table[] = [new Table(FIRST_CAPACITY)];
  /** Bits of the hash that choose the table. */
  #shift = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#tables.reduce((sum, { keys }) => sum + keys.length * 12, 0);
  }

  /** The value of a key; -1 if there is none. */
  get(key: number): number {
    const h = hash(key);
    const table = this.#tables[h & (this.#tables.length - 1)] as Table;
    const at = table.place(key, h >>> this.#shift);
    return table.keys[at] === key ? (table.values[at] as number) : -1;
  }

  /**
   * Gives the former value, or -1.
   * @param value a 32-bit integer, not negative
   */
  set(key: number, value: number): number {
    const h = hash(key);
    const table = this.#tables[h & (this.#tables.length - 1)] as Table;
    const at = table.place(key, h >>> this.#shift);
    const former = table.keys[at] === key ? (table.values[at] as number) : -1;
    table.values[at] = value;
    if (former >= 0) return former;
    table.keys[at] = key;
    table.size++;
    this.#size++;
    if (table.size * 4 > table.keys.length * 3) table.grow(this.#shift);
    if (this.#shift === 0 && this.#size > SPLIT_SIZE) this.#split(table);
    return -1;
  }

  delete(key: number): void {
    const h = hash(key);
    const table = this.#tables[h & (this.#tables.length - 1)] as Table;
    const at = table.place(key, h >>> this.#shift);
    if (table.keys[at] !== key) return;
    table.free(at, this.#shift);
    this.#size--;
  }

  #split({ keys, values }: Table): void {
    this.#tables = Array.from({ length: TABLES }, () => new Table(SPLIT_CAPACITY));
    this.#shift = Math.log2(TABLES);
    this.#size = 0;
    for (let i = 0; i < keys.length; i++) {
      if (!Number.isNaN(keys[i])) this.set(keys[i] as number, values[i] as number);
    }
  }
}
