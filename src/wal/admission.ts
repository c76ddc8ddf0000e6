/** How many appends are under way; further ones wait for their turn, in order. */

/** Bytes under way at which further appends wait, whatever their number. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

export class Admission {
  readonly #maxConcurrentWrites: number;
  readonly #pending: { readonly pendingBytes: number };
  /** Appends under way. */
  #writes = 0;
  /** Those that wait for their turn, in order. */
  #waiting: Array<() => void> = [];
  #waitingHead = 0;
  #roomWaiters: Array<() => void> = [];

  /** @param pending says how many bytes are under way */
  constructor(maxConcurrentWrites: number, pending: { readonly pendingBytes: number }) {
    this.#maxConcurrentWrites = maxConcurrentWrites;
    this.#pending = pending;
  }

  /** True when an append would not have to wait. */
  get hasRoom(): boolean {
    if (this.#waitingHead < this.#waiting.length) return false;
    return this.#mayStart;
  }

  get #mayStart(): boolean {
    if (this.#writes === 0) return true;
    return this.#writes < this.#maxConcurrentWrites && this.#pending.pendingBytes < MAX_PENDING_BYTES;
  }

  /** An append is under way. */
  begin(): void {
    this.#writes += 1;
  }

  /** So many appends are over: those that wait begin. */
  end(count: number): void {
    this.#writes -= count;
    while (this.#waitingHead < this.#waiting.length && this.#mayStart) {
      const start = this.#waiting[this.#waitingHead] as () => void;
      this.#waitingHead += 1;
      if (this.#waitingHead === this.#waiting.length) {
        this.#waiting = [];
        this.#waitingHead = 0;
      }
      start();
    }
    if (this.#roomWaiters.length > 0 && this.hasRoom) for (const wake of this.#roomWaiters.splice(0)) wake();
  }

  /** Calls back when it is its turn. */
  wait(start: () => void): void {
    this.#waiting.push(start);
  }

  /** Resolves when all that waits now for its turn is under way; null where nothing waits. */
  whenBegun(): Promise<void> | null {
    if (this.#waitingHead === this.#waiting.length) return null;
    return new Promise((resolve) => this.wait(resolve));
  }

  /** Resolves as soon as an append would not have to wait. */
  whenRoom(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Resolves when no append is under way or waits. */
  async whenDone(): Promise<void> {
    while (this.#writes > 0 || this.#waitingHead < this.#waiting.length) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
  }
}
