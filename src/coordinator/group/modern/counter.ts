/** Counts how often each key was added; one that is removed as often is gone. */
export class Counter {
  readonly #counts = new Map<string, number>();

  /** Number of different keys. */
  get size(): number {
    return this.#counts.size;
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  keys(): Iterable<string> {
    return this.#counts.keys();
  }

  entries(): Iterable<[string, number]> {
    return this.#counts.entries();
  }

  add(keys: Iterable<string>): void {
    for (const key of keys) this.#counts.set(key, this.count(key) + 1);
  }

  /** Of keys that were added before. */
  remove(keys: Iterable<string>): void {
    for (const key of keys) {
      const left = this.count(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    }
  }

  /** True if all keys were added `times` times, also without any. */
  allCount(times: number): boolean {
    for (const count of this.#counts.values()) if (count !== times) return false;
    return true;
  }
}
