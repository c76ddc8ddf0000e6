/**
 * What the handles of one log share: the engine, which appends are under way, and who waits for more.
 *
 * Nothing is kept of a stream but while appends to it are under way or readers wait for it.
 */
import type { Clock } from '../base/clock.ts';
import type { Engine } from '../storage/engine.ts';
import { type Durability, StorageError, type StreamId, type StreamState } from '../storage/types.ts';
import { Admission } from './admission.ts';
import { Appender, type AppendSettings, type Reject, type Resolve } from './appender.ts';
import { BusyStreams } from './busy-streams.ts';
import type { RetentionLimits } from './options.ts';

/** The functions of the promise that was made last: one function for all makes a promise without a closure of its own. */
let resolveNewest: Resolve = () => undefined;
let rejectNewest: Reject = () => undefined;

function keepFunctions(resolve: Resolve, reject: Reject): void {
  resolveNewest = resolve;
  rejectNewest = reject;
}

const EMPTY: StreamState = { logStartOffset: 0, logEndOffset: 0, liveBytes: 0 };

export class LogCore {
  readonly engine: Engine;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #streams: BusyStreams;
  readonly #appender: Appender;
  #isClosed = false;
  #failure: StorageError | null = null;

  constructor(engine: Engine, clock: Clock, durability: Durability, maxConcurrentWrites: number) {
    this.engine = engine;
    this.#clock = clock;
    this.#admission = new Admission(maxConcurrentWrites, engine);
    this.#streams = new BusyStreams((stream) => this.stateOf(stream).logEndOffset);
    const streams = this.#streams;
    this.#appender = new Appender({ engine, clock, streams, admission: this.#admission, durability });
  }

  refuseIfClosed(): void {
    if (this.#isClosed) throw closed();
  }

  /** Streams that were ever appended to, in no order. */
  *streamIds(): Generator<StreamId, void, undefined> {
    for (const id of this.engine.streamIds()) if (id > 0) yield id;
  }

  /** Of a stream that was never appended to: empty. */
  stateOf(stream: StreamId): StreamState {
    return this.engine.has(stream) ? this.engine.state(stream) : EMPTY;
  }

  /** Exclusive end of what is acknowledged. */
  endOf(stream: StreamId): number {
    return this.#streams.find(stream)?.endOffset ?? this.stateOf(stream).logEndOffset;
  }

  append(stream: StreamId, bytes: Uint8Array, settings?: AppendSettings): Promise<number> {
    if (this.#isClosed) return Promise.reject(closed());
    const promise = new Promise<number>(keepFunctions);
    if (this.#admission.hasRoom) this.#appender.append(stream, bytes, settings, resolveNewest, rejectNewest);
    else this.#wait(stream, bytes, settings, resolveNewest, rejectNewest);
    return promise;
  }

  /** Appends when it is its turn. */
  #wait(
    stream: StreamId,
    bytes: Uint8Array,
    settings: AppendSettings | undefined,
    resolve: Resolve,
    reject: Reject,
  ): void {
    this.#admission.wait(() => this.#appender.append(stream, bytes, settings, resolve, reject));
  }

  appendMany(stream: StreamId, entries: readonly Uint8Array[], settings?: AppendSettings): Promise<number> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const start = (): void => {
        let left = entries.length;
        let first = -1;
        const done = (offset: number): void => {
          if (first < 0) first = offset;
          left -= 1;
          if (left === 0) resolve(first);
        };
        for (const bytes of entries) this.#appender.append(stream, bytes, settings, done, reject);
      };
      if (this.#admission.hasRoom) start();
      else this.#admission.wait(start);
    });
  }

  /** Resolves when all that was appended so far is on the device. @throws StorageError */
  async flush(): Promise<void> {
    const begun = this.#admission.whenBegun();
    if (begun !== null) await begun;
    this.#appender.handOnAll();
    await this.engine.flush();
  }

  /** Resolves as soon as an append would not have to wait. */
  whenWritable(): Promise<void> {
    return this.#admission.whenRoom();
  }

  /** Resolves with true when there is more than up to `offset`, with false when that will not be any more. */
  waitForMore(stream: StreamId, offset: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const isOver = this.#isClosed || signal?.aborted === true;
        if (!isOver && this.#failure === null && this.endOf(stream) <= offset) {
          const busy = this.#streams.of(stream);
          busy.waiters ??= [];
          busy.waiters.push(check);
          return;
        }
        signal?.removeEventListener('abort', abort);
        if (isOver || this.#failure === null) resolve(!isOver);
        else reject(this.#failure);
      };
      const abort = (): void => {
        const busy = this.#streams.find(stream);
        const at = busy?.waiters?.indexOf(check) ?? -1;
        if (busy !== undefined && at >= 0) {
          busy.waiters?.splice(at, 1);
          this.#streams.forgetIfIdle(stream, busy);
        }
        resolve(false);
      };
      signal?.addEventListener('abort', abort, { once: true });
      check();
    });
  }

  /** See WalStream.retain. */
  async retain(stream: StreamId, { retentionMs = -1, retentionBytes = -1 }: RetentionLimits): Promise<number> {
    const { engine } = this;
    this.refuseIfClosed();
    if (!engine.has(stream)) return 0;
    const policy = {
      retentionMs,
      retentionBytes,
      segmentBytes: retentionBytes < 0 ? Number.MAX_SAFE_INTEGER : Math.ceil(retentionBytes / 16),
      segmentMs: retentionMs < 0 ? Number.MAX_SAFE_INTEGER : Math.ceil(retentionMs / 16),
    };
    const point = await engine.retentionPoint(stream, policy, this.#clock.now(), this.endOf(stream));
    if (engine.has(stream) && point > engine.state(stream).logStartOffset) await engine.trim(stream, point);
    return this.stateOf(stream).logStartOffset;
  }

  /** The journal failed for good: who waits for more is told. */
  fail(error: StorageError): void {
    this.#failure = error;
    this.#streams.wakeReaders();
  }

  /** Waits until everything that was appended is done, and takes nothing new meanwhile. */
  async drain(): Promise<void> {
    this.#isClosed = true;
    this.#streams.wakeReaders();
    await this.#admission.whenDone();
  }
}

function closed(): StorageError {
  return new StorageError('CLOSED', 'The log is closed');
}
