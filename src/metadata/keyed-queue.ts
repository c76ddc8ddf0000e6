/** Changes of one thing happen one after the other; changes of different things do not wait for each other. */

export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `change` once all changes of `key` that were asked for before have ended, well or badly. */
  async run<T>(key: string, change: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? change() : before.then(change, change);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
