/**
 * Reads ahead of those who read a stream in order, where the bytes come from a disk and not from memory: while a stretch
 * is being sent, the one behind it is read, too, so that the page cache (and what keeps decompressed blocks) has it when it
 * is asked for. Nothing is held for it, and where reads are quick it costs nothing.
 */
import type { Clock } from '../../base/clock.ts';
import type { Part, Slice } from '../../base/counted.ts';
import { isPromise } from '../../base/realms.ts';
import type { StreamId } from '../types.ts';
import type { BatchCursor } from './run-source.ts';

/** Shorter reads are not worth it: their latency is that of the disk's smallest reads. */
const MIN_READ_BYTES = 64 * 1024;
/** Read ahead of one reader. */
const AHEAD_BYTES = 1024 * 1024;
/** Readers that something is read for at the same time: others need the threads, too. */
const MAX_RUNNING = 2;
/** Slower than this, in ms for a MiB and for the call, a read did not come from memory. */
const SLOW_MS_PER_MIB = 1;
const SLOW_CALL_MS = 1;
/** So long after a slow read others are taken to be slow: those that were read ahead say nothing. */
const SLOW_FOR_MS = 1000;
/** Streams of which it is known where they were read last; beyond this all are forgotten. */
const MAX_STREAMS = 4096;

const MIB = 1024 * 1024;

export class ReadAhead {
  readonly #clock: Clock;
  /** Where the last long read of a stream ended. */
  readonly #ends = new Map<StreamId, number>();
  #slowUntilMs = Number.NEGATIVE_INFINITY;
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes note of a read that ended because it was long enough.
   * @param parts of the read; the last may be replaced
   * @param cursor on the first batch behind it, not used by anyone else any more
   */
  follow(parts: Part[], startOffset: number, byteLength: number, cursor: BatchCursor): void {
    if (byteLength < MIN_READ_BYTES) return;
    const { stream, baseOffset } = cursor;
    const isInOrder = this.#ends.get(stream) === startOffset;
    if (this.#ends.size >= MAX_STREAMS) this.#ends.clear();
    this.#ends.set(stream, baseOffset);
    if (isInOrder) parts.push(new LastPart(parts.pop() as Part, () => this.#timed(), cursor, this));
  }

  forget(stream: StreamId): void {
    this.#ends.delete(stream);
  }

  /** Reads from the cursor on, unless reads are quick. */
  begin(cursor: BatchCursor): void {
    if (this.#running >= MAX_RUNNING || this.#clock.monotonicMs() >= this.#slowUntilMs) return;
    this.#running += 1;
    void this.#bring(cursor).finally(() => {
      this.#running -= 1;
    });
  }

  /** Starts a watch; stopped when `byteLength` bytes are there, it says whether reads are slow. */
  #timed(): (byteLength: number) => void {
    const startedMs = this.#clock.monotonicMs();
    return (byteLength) => {
      const nowMs = this.#clock.monotonicMs();
      const isSlow = nowMs - startedMs > SLOW_CALL_MS + (byteLength / MIB) * SLOW_MS_PER_MIB;
      if (isSlow) this.#slowUntilMs = nowMs + SLOW_FOR_MS;
    };
  }

  async #bring(cursor: BatchCursor): Promise<void> {
    const parts: Part[] = [];
    let byteLength = 0;
    do {
      if (byteLength + cursor.byteLength > AHEAD_BYTES || cursor.refusal() !== null) break;
      byteLength += cursor.byteLength;
      cursor.take(parts);
    } while (cursor.next());
    for (const part of parts) {
      try {
        const done = this.#timed();
        for (const { owner } of await part.load()) owner.release();
        done(part.byteLength);
      } catch {
        // Whoever asks for it is told.
      } finally {
        part.release();
      }
    }
  }
}

/** The last part of a read in order: once it is loaded, what follows is read. Where that lies is kept until then, too. */
class LastPart implements Part {
  readonly #part: Part;
  readonly #watch: () => (byteLength: number) => void;
  readonly #cursor: BatchCursor;
  readonly #ahead: ReadAhead;

  constructor(part: Part, watch: () => (byteLength: number) => void, cursor: BatchCursor, ahead: ReadAhead) {
    this.#part = part;
    this.#watch = watch;
    this.#cursor = cursor;
    this.#ahead = ahead;
    cursor.source.retain();
  }

  get byteLength(): number {
    return this.#part.byteLength;
  }

  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const done = this.#watch();
    const loading = this.#part.load();
    if (!isPromise(loading)) return loading;
    return loading.then((slices) => {
      done(this.byteLength);
      this.#ahead.begin(this.#cursor);
      return slices;
    });
  }

  release(): void {
    this.#cursor.source.release();
    this.#part.release();
  }
}
