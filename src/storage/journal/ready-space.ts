/**
 * Space made ready ahead of the writer: zeros written on a thread, so that a small write finds its blocks allocated and
 * never waits for the file to grow. A writer faster than a disk's zeros makes the file grow itself: with large pieces, or
 * with zeros for many small ones at once, since each page that begins costs as much as the write.
 */
import type { Clock } from '../../base/clock.ts';
import { writeFully, writeFullySync } from '../files/files.ts';
import type { WritableFile } from './writable-file.ts';

/** Ready space kept in front of the writer. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const STEP_BYTES = 512 * 1024;
/** The writer may come this close to the ready space's end before more is made. */
const REFILL_BYTES = 3 * 1024 * 1024;
const PAGE_BYTES = 4096;
/** Made ready at once, for small writes, where no thread does it: measured, a small write takes a third less then. */
const EXTEND_BYTES = 384 * 1024;
/** Above this many bytes in a window the writer is left to grow the file itself. */
const FAST_WINDOW_BYTES = 4 * 1024 * 1024;
const WINDOW_MS = 100;

const ZEROS = Buffer.alloc(STEP_BYTES);

export interface ReadySpaceOptions {
  readonly clock: Clock;
  /** Where the file will be sealed at the latest. */
  readonly maxEnd: number;
  /** False while space is short: then none is made ready. */
  readonly isWanted: () => boolean;
  readonly onFailure: (error: unknown) => void;
  /** The writer comes from a file that it grew itself. */
  readonly isFast: boolean;
}

export class ReadySpace {
  readonly #active: WritableFile;
  readonly #options: ReadySpaceOptions;
  /** Where ready space ends. */
  #readyEnd: number;
  #filling: Promise<void> | null = null;
  /** The write of zeros under way, if any. */
  #step: Promise<void> | null = null;
  #stopped = false;
  #windowStartMs: number;
  #windowStart: number;
  #isFast: boolean;

  constructor(active: WritableFile, options: ReadySpaceOptions) {
    this.#active = active;
    this.#readyEnd = Math.max(active.initialLength, active.file.written);
    this.#options = options;
    this.#isFast = options.isFast;
    this.#windowStartMs = options.clock.monotonicMs();
    this.#windowStart = active.file.written;
  }

  /** True while the writer is faster than zeros help, and grows the file itself. */
  get isFast(): boolean {
    return this.#isFast;
  }

  /** True when a write up to `end` stays in ready space and away from where zeros are being written. */
  covers(end: number): boolean {
    return end <= this.#readyEnd;
  }

  /** A write that reaches where zeros are being written must wait for this; null when there is nothing to wait for. */
  blocker(end: number): Promise<void> | null {
    return end > this.#readyEnd ? this.#step : null;
  }

  /** Makes more space ready if the writer came close; `nowMs` is the monotonic clock's. */
  advance(nowMs: number): void {
    const { written } = this.#active.file;
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#isFast = written - this.#windowStart > FAST_WINDOW_BYTES;
      this.#windowStartMs = nowMs;
      this.#windowStart = written;
    } else if (written - this.#windowStart > FAST_WINDOW_BYTES) this.#isFast = true;
    if (this.#isFast || this.#filling !== null || this.#stopped || !this.#options.isWanted()) return;
    if (this.#readyEnd - written >= REFILL_BYTES || this.#readyEnd >= this.#options.maxEnd) return;
    this.#filling = this.#fill();
  }

  /** Makes space ready at once for a small write from `position` to `end`, and for those behind it. */
  extend(position: number, end: number): void {
    if (end <= this.#readyEnd || this.#step !== null || this.#stopped || !this.#options.isWanted()) return;
    const from = Math.max(this.#readyEnd, pageEnd(position));
    const length = Math.min(EXTEND_BYTES, this.#options.maxEnd - from);
    if (length <= 0) return;
    try {
      writeFullySync(this.#active.handle, [ZEROS.subarray(0, length)], from);
      this.#readyEnd = from + length;
    } catch {
      // What is wrong with the disk shows in the write itself.
    }
  }

  /** Makes one step ready now. */
  async prepare(): Promise<void> {
    this.#filling ??= this.#fill();
    await this.#filling;
  }

  /** Starts no more and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    while (this.#filling !== null) await this.#filling;
  }

  /** Forgets ready space beyond `end`: the file was cut there. */
  cutTo(end: number): void {
    this.#readyEnd = Math.min(this.#readyEnd, end);
    this.#stopped = false;
  }

  async #fill(): Promise<void> {
    await Promise.resolve(); // never done before the caller has noted the promise
    try {
      for (;;) {
        const { claimed, handle } = this.#active;
        const from = Math.max(this.#readyEnd, pageEnd(claimed));
        const { maxEnd } = this.#options;
        if (this.#stopped || this.#isFast || !this.#options.isWanted()) break;
        if (from - claimed >= AHEAD_BYTES || from >= maxEnd) break;
        const length = Math.min(STEP_BYTES, maxEnd - from);
        this.#step = writeFully(handle, [ZEROS.subarray(0, length)], from);
        await this.#step;
        this.#step = null;
        this.#readyEnd = from + length;
      }
    } catch (error) {
      this.#step = null;
      this.#stopped = true;
      this.#options.onFailure(error);
    } finally {
      this.#filling = null;
    }
  }
}

/** Where the page ends that holds the byte before `position`. */
function pageEnd(position: number): number {
  return Math.ceil(position / PAGE_BYTES) * PAGE_BYTES;
}
