/** Who waits for something to be done. */

/** Lets one wait until everything counted so far is done; what is counted is done in that order. */
export class Barrier {
  #started = 0;
  #done = 0;
  #waiters: Array<{ readonly goal: number; readonly wake: () => void }> = [];

  start(): void {
    this.#started += 1;
  }

  finish(count: number): void {
    this.#done += count;
    if (this.#waiters.length > 0) this.#wake();
  }

  #wake(): void {
    const ready = this.#waiters.filter(({ goal }) => goal <= this.#done);
    this.#waiters = this.#waiters.filter(({ goal }) => goal > this.#done);
    for (const { wake } of ready) wake();
  }

  /** Resolves when as many are done as were started before the call; null when they are. */
  passed(): Promise<void> | null {
    const goal = this.#started;
    if (this.#done >= goal) return null;
    return new Promise((wake) => void this.#waiters.push({ goal, wake }));
  }
}

/** Callbacks that are called once, together. */
export class Waiters {
  #callbacks: Array<() => void> = [];

  get isEmpty(): boolean {
    return this.#callbacks.length === 0;
  }

  add(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Takes them out, for the caller to call. */
  take(): Array<() => void> {
    const callbacks = this.#callbacks;
    if (callbacks.length > 0) this.#callbacks = [];
    return callbacks;
  }

  wakeAll(): void {
    if (this.isEmpty) return;
    for (const callback of this.take()) callback();
  }
}
