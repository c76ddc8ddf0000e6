/** A parked fetch: waits until enough can be read, something is wrong, its time is up, or its client is gone. */
import type { Clock, Timer } from '../../base/clock.ts';
import type { IsolationLevel, PartitionLog, PartitionWaiter } from '../../partition/types.ts';
import type { ConnectionInfo } from '../types.ts';
import { readableBytes, type FetchEntry } from './find.ts';

export interface WaitOptions {
  readonly clock: Clock;
  readonly connection: ConnectionInfo;
  readonly isolation: IsolationLevel;
  readonly maxWaitMs: number;
  readonly minBytes: number;
}

/** Above this many partitions a table finds the entry of one that moved. */
const FEW = 8;

/** One waiter for all partitions of a request. */
export class FetchWaiter implements PartitionWaiter {
  /** False when the client is gone and no answer is wanted. */
  readonly done: Promise<boolean>;
  readonly #entries: readonly FetchEntry[];
  readonly #readable: number[];
  readonly #positions: Map<PartitionLog | null, number> | null;
  readonly #options: WaitOptions;
  readonly #timer: Timer;
  readonly #stopWatching: () => void;
  #total: number;
  #resolve!: (isWanted: boolean) => void;
  #isDone = false;

  /** @param readable bytes of each entry now, none of them negative */
  constructor(entries: readonly FetchEntry[], readable: number[], options: WaitOptions) {
    this.#entries = entries;
    this.#readable = readable;
    this.#options = options;
    this.#total = readable.reduce((sum, bytes) => sum + bytes, 0);
    this.#positions = entries.length > FEW ? new Map(entries.map(({ log }, i) => [log, i] as const)) : null;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const { log } of entries) log?.addWaiter(this);
    this.#timer = options.clock.setTimer(options.maxWaitMs, () => this.#finish(true));
    this.#stopWatching = options.connection.onClose(() => this.#finish(false));
  }

  onProgress(partition: PartitionLog): void {
    const position = this.#positions?.get(partition) ?? this.#entries.findIndex(({ log }) => log === partition);
    const entry = this.#entries[position];
    if (entry === undefined) return;
    const bytes = readableBytes(entry, this.#options.isolation);
    this.#total += bytes - (this.#readable[position] as number);
    this.#readable[position] = bytes;
    if (bytes < 0 || this.#total >= this.#options.minBytes) this.#finish(true);
  }

  #finish(isWanted: boolean): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#timer.cancel();
    this.#stopWatching();
    for (const { log } of this.#entries) log?.removeWaiter(this);
    this.#resolve(isWanted);
  }
}
