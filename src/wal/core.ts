/**
 * What the handles of one log share: the engine, which appends are under way, and who waits for more.
 *
 * Nothing is kept of a stream but while appends to it are under way or readers wait for it.
 */
import { plainSlice } from '../base/counted.ts';
import { TurnTime } from '../base/turn-time.ts';
import type { Clock } from '../base/clock.ts';
import type { Engine } from '../storage/engine.ts';
import { type Durability, StorageError, type StreamId, type StreamState } from '../storage/types.ts';
import type { RetentionLimits } from './options.ts';
import { Pack, PACK_EPOCH, PACK_FROM } from './pack.ts';

/** Entries from this size on are written from where they are and stay in the cache: they are copied, as callers may reuse them. */
const COPY_BYTES = 8 * 1024;
/** Bytes under way at which further appends wait, whatever their number. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

interface AppendSettings {
  readonly durability?: Durability;
  readonly count?: number;
  readonly timestampMs?: number;
}

/** Calls back at the end of the microtasks that are queued. */
const RESOLVED = Promise.resolve();

type Resolve = (offset: number) => void;
type Reject = (error: Error) => void;

/** The functions of the promise that was made last: one function for all makes a promise without a closure of its own. */
let resolveNewest: Resolve = () => undefined;
let rejectNewest: Reject = () => undefined;

function keepFunctions(resolve: Resolve, reject: Reject): void {
  resolveNewest = resolve;
  rejectNewest = reject;
}

/** A stream with appends under way, or with readers that wait. */
interface Busy {
  /** Exclusive end of what is acknowledged. */
  endOffset: number;
  appends: number;
  /** Appends that are not handed on yet. */
  pack: Pack | null;
  /** Readers that wait for more; null without. */
  waiters: Array<() => void> | null;
}

const EMPTY: StreamState = { logStartOffset: 0, logEndOffset: 0, liveBytes: 0 };

export class LogCore {
  readonly engine: Engine;
  readonly #clock: Clock;
  readonly #time: TurnTime;
  readonly #maxConcurrentWrites: number;
  readonly #durability: Durability;
  readonly #busy = new Map<StreamId, Busy>();
  /** The one that was asked for last: kept when it is idle, as it comes back most likely. */
  #recentId = 0;
  #recent: Busy | null = null;
  /** Appends under way. */
  #writes = 0;
  /** Those that wait for their turn, in order. */
  #waiting: Array<() => void> = [];
  #waitingHead = 0;
  #roomWaiters: Array<() => void> = [];
  /** Streams with a pack that is not handed on yet. */
  #packed: StreamId[] = [];
  #isClosed = false;
  #failure: StorageError | null = null;

  constructor(engine: Engine, clock: Clock, durability: Durability, maxConcurrentWrites: number) {
    this.engine = engine;
    this.#clock = clock;
    this.#time = new TurnTime(clock);
    this.#durability = durability;
    this.#maxConcurrentWrites = maxConcurrentWrites;
  }

  refuseIfClosed(): void {
    if (this.#isClosed) throw closed();
  }

  /** Of a stream that was never appended to: empty. */
  stateOf(stream: StreamId): StreamState {
    return this.engine.has(stream) ? this.engine.state(stream) : EMPTY;
  }

  /** Exclusive end of what is acknowledged. */
  endOf(stream: StreamId): number {
    return this.#busy.get(stream)?.endOffset ?? this.stateOf(stream).logEndOffset;
  }

  append(stream: StreamId, bytes: Uint8Array, settings?: AppendSettings): Promise<number> {
    if (this.#isClosed) return Promise.reject(closed());
    const promise = new Promise<number>(keepFunctions);
    if (this.#hasRoom) this.#append(stream, bytes, settings, resolveNewest, rejectNewest);
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
    this.#waiting.push(() => this.#append(stream, bytes, settings, resolve, reject));
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
        for (const bytes of entries) this.#append(stream, bytes, settings, done, reject);
      };
      if (this.#hasRoom) start();
      else this.#waiting.push(start);
    });
  }

  /** True when an append would not have to wait. */
  get #hasRoom(): boolean {
    if (this.#waitingHead < this.#waiting.length) return false;
    return this.#mayStart;
  }

  get #mayStart(): boolean {
    if (this.#writes === 0) return true;
    return this.#writes < this.#maxConcurrentWrites && this.engine.pendingBytes < MAX_PENDING_BYTES;
  }

  /** Resolves as soon as an append would not have to wait. */
  whenWritable(): Promise<void> {
    if (this.#hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Resolves with true when there is more than up to `offset`, with false when that will not be any more. */
  waitForMore(stream: StreamId, offset: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const isOver = this.#isClosed || signal?.aborted === true;
        if (!isOver && this.#failure === null && this.endOf(stream) <= offset) {
          const busy = this.#busyOf(stream);
          busy.waiters ??= [];
          busy.waiters.push(check);
          return;
        }
        signal?.removeEventListener('abort', abort);
        if (isOver || this.#failure === null) resolve(!isOver);
        else reject(this.#failure);
      };
      const abort = (): void => {
        const busy = this.#busy.get(stream);
        const at = busy?.waiters?.indexOf(check) ?? -1;
        if (busy !== undefined && at >= 0) {
          busy.waiters?.splice(at, 1);
          this.#forgetIfIdle(stream, busy);
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
    this.#wakeReaders();
  }

  /** Waits until everything that was appended is done, and takes nothing new meanwhile. */
  async drain(): Promise<void> {
    this.#isClosed = true;
    this.#wakeReaders();
    while (this.#writes > 0 || this.#waitingHead < this.#waiting.length) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
  }

  #append(
    stream: StreamId,
    bytes: Uint8Array,
    settings: AppendSettings | undefined,
    resolve: Resolve,
    reject: Reject,
  ): void {
    const busy = this.#busyOf(stream);
    if (busy.appends >= PACK_FROM && settings === undefined && bytes.length < COPY_BYTES) {
      this.#addToPack(stream, busy, bytes, resolve, reject);
      return;
    }
    if (busy.pack !== null) this.#handOn(stream, busy);
    this.#appendAlone(stream, bytes, settings, resolve, reject);
  }

  #appendAlone(
    stream: StreamId,
    bytes: Uint8Array,
    settings: AppendSettings | undefined,
    resolve: Resolve,
    reject: Reject,
  ): void {
    const { engine } = this;
    const busy = this.#busyOf(stream);
    const offsetCount = settings?.count ?? 1;
    try {
      const baseOffset = engine.createdEndOffset(stream);
      const owned = bytes.length < COPY_BYTES ? asBuffer(bytes) : Buffer.from(bytes);
      engine.append({
        stream,
        baseOffset,
        offsetCount,
        leaderEpoch: 0,
        maxTimestampMs: settings?.timestampMs ?? this.#time.now(),
        payload: plainSlice(owned),
        isOpaque: true,
        durability: settings?.durability ?? this.#durability,
        onCommit: (error) => {
          if (error === null) {
            busy.endOffset = baseOffset + offsetCount;
            resolve(baseOffset);
          } else reject(error);
          this.#done(stream, busy, 1);
        },
      });
    } catch (error) {
      this.#forgetIfIdle(stream, busy);
      reject(error as Error);
      return;
    }
    busy.appends += 1;
    this.#writes += 1;
  }

  /** Lets an append wait for others of this turn. */
  #addToPack(stream: StreamId, busy: Busy, bytes: Uint8Array, resolve: Resolve, reject: Reject): void {
    if (busy.pack?.isFull(bytes.length) === true) this.#handOn(stream, busy);
    if (busy.pack === null) {
      busy.pack = new Pack();
      if (this.#packed.length === 0) void RESOLVED.then(this.handOnAll);
      this.#packed.push(stream);
    }
    busy.pack.add(bytes, resolve, reject);
    busy.appends += 1;
    this.#writes += 1;
  }

  /** Hands all packs on to the engine. */
  readonly handOnAll = (): void => {
    const streams = this.#packed;
    this.#packed = [];
    for (const stream of streams) {
      const busy = this.#busy.get(stream);
      if (busy !== undefined && busy.pack !== null) this.#handOn(stream, busy);
    }
  };

  #handOn(stream: StreamId, busy: Busy): void {
    const pack = busy.pack as Pack;
    busy.pack = null;
    const { count } = pack;
    const failed = (error: Error): void => {
      pack.reject(error);
      this.#done(stream, busy, count);
    };
    try {
      const baseOffset = this.engine.createdEndOffset(stream);
      this.engine.append({
        stream,
        baseOffset,
        offsetCount: count,
        leaderEpoch: PACK_EPOCH,
        maxTimestampMs: this.#time.now(),
        payload: pack,
        isOpaque: true,
        appendCount: count,
        durability: this.#durability,
        onCommit: (error) => {
          if (error !== null) return failed(error);
          busy.endOffset = baseOffset + count;
          pack.resolve(baseOffset);
          this.#done(stream, busy, count);
        },
      });
    } catch (error) {
      failed(error as Error);
    }
  }

  /** So many appends are over. */
  #done(stream: StreamId, busy: Busy, count: number): void {
    this.#writes -= count;
    busy.appends -= count;
    wakeAll(busy);
    this.#forgetIfIdle(stream, busy);
    while (this.#waitingHead < this.#waiting.length && this.#mayStart) {
      const start = this.#waiting[this.#waitingHead] as () => void;
      this.#waitingHead += 1;
      if (this.#waitingHead === this.#waiting.length) {
        this.#waiting = [];
        this.#waitingHead = 0;
      }
      start();
    }
    if (this.#roomWaiters.length > 0 && this.#hasRoom) for (const wake of this.#roomWaiters.splice(0)) wake();
  }

  #busyOf(stream: StreamId): Busy {
    if (stream === this.#recentId && this.#recent !== null) return this.#recent;
    let busy = this.#busy.get(stream);
    const before = this.#recent;
    const beforeId = this.#recentId;
    if (busy === undefined) {
      busy = { endOffset: this.stateOf(stream).logEndOffset, appends: 0, pack: null, waiters: null };
      this.#busy.set(stream, busy);
    }
    this.#recent = busy;
    this.#recentId = stream;
    if (before !== null) this.#forgetIfIdle(beforeId, before);
    return busy;
  }

  #forgetIfIdle(stream: StreamId, busy: Busy): void {
    if (busy === this.#recent || busy.appends > 0) return;
    if (busy.waiters === null || busy.waiters.length === 0) this.#busy.delete(stream);
  }

  #wakeReaders(): void {
    for (const [stream, busy] of this.#busy) {
      wakeAll(busy);
      this.#forgetIfIdle(stream, busy);
    }
  }
}

function wakeAll(busy: Busy): void {
  const { waiters } = busy;
  busy.waiters = null;
  if (waiters !== null) for (const wake of waiters) wake();
}

function closed(): StorageError {
  return new StorageError('CLOSED', 'The log is closed');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
