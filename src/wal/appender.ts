/** Appends on their way to the engine: each an entry of its own, or many small ones of a turn packed into one. */
import { plainSlice } from '../base/counted.ts';
import { TurnTime } from '../base/turn-time.ts';
import type { Clock } from '../base/clock.ts';
import type { Engine } from '../storage/engine.ts';
import type { Durability, StreamId } from '../storage/types.ts';
import type { Admission } from './admission.ts';
import { type Busy, type BusyStreams, wakeReaders } from './busy-streams.ts';
import { Pack, PACK_EPOCH, PACK_FROM } from './pack.ts';

/** Entries from this size on are written from where they are and stay in the cache: they are copied, as callers may reuse them. */
const COPY_BYTES = 8 * 1024;

export interface AppendSettings {
  readonly durability?: Durability;
  readonly count?: number;
  readonly timestampMs?: number;
}

/** Calls back at the end of the microtasks that are queued. */
const RESOLVED = Promise.resolve();

export type Resolve = (offset: number) => void;
export type Reject = (error: Error) => void;

/** What appends go through. */
interface AppenderHost {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly streams: BusyStreams;
  readonly admission: Admission;
  /** What appends have that ask for nothing else. */
  readonly durability: Durability;
}

export class Appender {
  readonly #engine: Engine;
  readonly #time: TurnTime;
  readonly #streams: BusyStreams;
  readonly #admission: Admission;
  readonly #durability: Durability;
  /** Streams with a pack that is not handed on yet. */
  #packed: StreamId[] = [];

  constructor({ engine, clock, streams, admission, durability }: AppenderHost) {
    this.#engine = engine;
    this.#time = new TurnTime(clock);
    this.#streams = streams;
    this.#admission = admission;
    this.#durability = durability;
  }

  /** Appends an entry, whose bytes must not change before one of the callbacks. */
  append(
    stream: StreamId,
    bytes: Uint8Array,
    settings: AppendSettings | undefined,
    resolve: Resolve,
    reject: Reject,
  ): void {
    const busy = this.#streams.of(stream);
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
    const engine = this.#engine;
    const busy = this.#streams.of(stream);
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
      this.#streams.forgetIfIdle(stream, busy);
      reject(error as Error);
      return;
    }
    busy.appends += 1;
    this.#admission.begin();
  }

  /** Lets an append wait for others of this turn. */
  #addToPack(stream: StreamId, known: Busy, bytes: Uint8Array, resolve: Resolve, reject: Reject): void {
    let busy = known;
    while (busy.pack?.isFull(bytes.length) === true) {
      this.#handOn(stream, busy);
      // Where that failed others have begun, and the stream may have been forgotten meanwhile.
      busy = this.#streams.of(stream);
    }
    if (busy.pack === null) {
      busy.pack = new Pack();
      if (this.#packed.length === 0) void RESOLVED.then(this.handOnAll);
      this.#packed.push(stream);
    }
    busy.pack.add(bytes, resolve, reject);
    busy.appends += 1;
    this.#admission.begin();
  }

  /** Hands all packs on to the engine. */
  readonly handOnAll = (): void => {
    const streams = this.#packed;
    this.#packed = [];
    for (const stream of streams) {
      const busy = this.#streams.find(stream);
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
      const baseOffset = this.#engine.createdEndOffset(stream);
      this.#engine.append({
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
    busy.appends -= count;
    wakeReaders(busy);
    this.#streams.forgetIfIdle(stream, busy);
    this.#admission.end(count);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
