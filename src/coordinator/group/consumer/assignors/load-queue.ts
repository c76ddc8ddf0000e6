/**
 * Members in the order of the partitions they have, while that number changes: a heap whose entries are put right when
 * they are looked at. Loads of a queue for the least may only grow, of one for the most only shrink in between; those
 * that do otherwise are found late, not lost.
 */
export class LoadQueue {
  readonly #heap: number[] = [];
  /** Loads by position, as they were when the entry was put there. */
  readonly #keys: number[] = [];
  readonly #loads: Int32Array;
  readonly #sign: 1 | -1;

  /** @param members indexes into `loads`. @param first whose members come first; of equals the lower index. */
  constructor(members: readonly number[], loads: Int32Array, first: 'least' | 'most') {
    this.#loads = loads;
    this.#sign = first === 'least' ? 1 : -1;
    const sorted = members.toSorted((a, b) => this.#key(a) - this.#key(b) || a - b);
    for (const member of sorted) {
      this.#heap.push(member);
      this.#keys.push(this.#key(member));
    }
  }

  #key(member: number): number {
    return this.#sign * (this.#loads[member] ?? 0);
  }

  /** The first member, or undefined when all were removed. */
  peek(): number | undefined {
    for (;;) {
      const member = this.#heap[0];
      if (member === undefined) return undefined;
      const key = this.#key(member);
      if (key === this.#keys[0]) return member;
      this.#keys[0] = key;
      this.#sink();
    }
  }

  /** Removes the first member. */
  remove(): void {
    const member = this.#heap.pop();
    const key = this.#keys.pop();
    if (member === undefined || key === undefined || this.#heap.length === 0) return;
    this.#heap[0] = member;
    this.#keys[0] = key;
    this.#sink();
  }

  /** Moves the first entry down to where it belongs. */
  #sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let next = at;
      if (this.#isBefore(left, next)) next = left;
      if (this.#isBefore(right, next)) next = right;
      if (next === at) return;
      this.#swap(at, next);
      at = next;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [keyA, keyB] = [this.#keys[a], this.#keys[b]];
    if (keyA === undefined || keyB === undefined) return false;
    return keyA < keyB || (keyA === keyB && (this.#heap[a] as number) < (this.#heap[b] as number));
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b] as number, this.#heap[a] as number];
    [this.#keys[a], this.#keys[b]] = [this.#keys[b] as number, this.#keys[a] as number];
  }
}
