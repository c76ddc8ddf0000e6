/**
 * The log engine's seam in its plainest form: an executable specification of src/storage/types.ts for tests of what
 * lies above. Everything is an array; commits happen when the test says so, or at the end of the turn.
 */
import type { Cleanable } from '../../src/storage/compaction-types.ts';
import type { Part, Slice } from '../../src/base/counted.ts';
import { plainSlice } from '../../src/base/counted.ts';
import {
  type AbortedTransaction,
  type BatchLocation,
  type EpochStart,
  type LogEngine,
  type ReadOptions,
  type RetentionPolicy,
  SCANNED_BYTES,
  StorageError,
  type StorageErrorCode,
  type StreamAppend,
  type StreamId,
  type StreamRead,
  type StreamState,
} from '../../src/storage/types.ts';

interface Batch {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  readonly bytes: Buffer;
  readonly durability: string;
  readonly aborted: AbortedTransaction | null;
}

interface Stream {
  logStartOffset: number;
  logEndOffset: number;
  batches: Batch[];
  snapshot: { readonly offset: number; readonly bytes: Buffer } | null;
}

export class MemoryEngine implements LogEngine {
  readonly streams = new Map<StreamId, Stream>();
  readonly deleted: StreamId[] = [];
  readonly queued: StreamAppend[] = [];
  /** Commit at the end of each turn, instead of waiting for `commit`. */
  autoCommit: boolean;
  /** Makes reads answer later. */
  asyncReads = false;
  refusal: StorageError | null = null;
  /** What tests say that the journal holds. */
  usage = { writtenBytes: 0, deadBytes: 0 };
  #beforeSeal: (() => void)[] = [];
  #onFailure: ((error: StorageError) => void)[] = [];

  constructor(options: { readonly autoCommit?: boolean } = {}) {
    this.autoCommit = options.autoCommit ?? true;
  }

  get pendingBytes(): number {
    return this.queued.reduce((sum, { payload }) => sum + payload.bytes.length, 0);
  }

  createStream(id: StreamId): void {
    if (this.deleted.includes(id)) throw new Error(`stream ${id} came back`);
    if (!this.streams.has(id)) {
      if (this.refusal !== null) throw this.refusal;
      this.streams.set(id, { logStartOffset: 0, logEndOffset: 0, batches: [], snapshot: null });
    }
  }

  deleteStream(id: StreamId): Promise<void> {
    this.streams.delete(id);
    this.deleted.push(id);
    return Promise.resolve();
  }

  streamIds(): Iterable<StreamId> {
    return this.streams.keys();
  }

  has(id: StreamId): boolean {
    return this.streams.has(id);
  }

  state(id: StreamId): StreamState {
    const { logStartOffset, logEndOffset, batches } = this.#stream(id);
    const live = batches.filter(({ endOffset }) => endOffset > logStartOffset);
    return { logStartOffset, logEndOffset, liveBytes: live.reduce((sum, { bytes }) => sum + bytes.length, 0) };
  }

  append(append: StreamAppend): void {
    if (this.refusal !== null) throw this.refusal;
    const stream = this.#stream(append.stream);
    if (append.baseOffset !== stream.logEndOffset) {
      throw new Error(`append at ${append.baseOffset}, the stream ends at ${stream.logEndOffset}`);
    }
    append.payload.owner.retain();
    stream.logEndOffset += append.offsetCount;
    stream.batches.push({
      baseOffset: append.baseOffset,
      endOffset: append.baseOffset + append.offsetCount,
      leaderEpoch: append.leaderEpoch,
      maxTimestampMs: append.maxTimestampMs,
      bytes: Buffer.from(append.payload.bytes),
      durability: append.durability,
      aborted: append.aborted ?? null,
    });
    this.queued.push(append);
    if (this.autoCommit) queueMicrotask(() => this.commit());
  }

  /** Commits the oldest `count` queued appends (all, if left out). */
  commit(count = this.queued.length): void {
    for (const { payload, onCommit } of this.queued.splice(0, count)) {
      payload.owner.release();
      onCommit(null);
    }
  }

  /** Fails everything queued: the streams fall back to what is committed, then the appends are told in order. */
  fail(code: StorageErrorCode = 'DISK_FULL', options: { readonly poison?: boolean } = {}): void {
    const error = new StorageError(code, 'as the test wants');
    const failed = this.queued.splice(0);
    for (const append of failed.toReversed()) {
      const stream = this.streams.get(append.stream);
      if (stream === undefined) continue;
      stream.batches.pop();
      stream.logEndOffset = append.baseOffset;
    }
    if (options.poison === true) {
      this.refusal = error;
      for (const listener of this.#onFailure) listener(error);
    }
    for (const { payload, onCommit } of failed) {
      payload.owner.release();
      onCommit(error);
    }
  }

  /** What a journal file's seal sets off. */
  seal(): void {
    for (const listener of this.#beforeSeal) listener();
  }

  read(options: ReadOptions): StreamRead | Promise<StreamRead> {
    const stream = this.#stream(options.stream);
    const parts: Part[] = [];
    let byteLength = 0;
    let endOffset = options.offset;
    let startOffset = options.offset;
    for (const batch of stream.batches) {
      if (batch.endOffset <= options.offset) continue;
      if (batch.endOffset > options.endOffset) break;
      const isForced = options.atLeastOne && parts.length === 0;
      if (byteLength + batch.bytes.length > options.maxBytes && !isForced) break;
      if (parts.length === 0) startOffset = batch.baseOffset;
      parts.push(memoryPart(batch.bytes));
      byteLength += batch.bytes.length;
      ({ endOffset } = batch);
    }
    const read = { parts, byteLength, startOffset, endOffset };
    return this.asyncReads ? Promise.resolve(read) : read;
  }

  abortedTransactions(id: StreamId, from: number, end: number): readonly AbortedTransaction[] {
    const aborted = this.#stream(id).batches.flatMap((batch) => (batch.aborted === null ? [] : [batch.aborted]));
    return aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < end);
  }

  findByTimestamp(id: StreamId, timestampMs: number, from: number, end: number): Promise<BatchLocation | null> {
    return Promise.resolve(
      this.#stream(id).batches.find(
        (batch) => batch.endOffset > from && batch.endOffset <= end && batch.maxTimestampMs >= timestampMs,
      ) ?? null,
    );
  }

  findMaxTimestamp(id: StreamId, end: number): Promise<BatchLocation | null> {
    const { batches, logStartOffset } = this.#stream(id);
    let best: Batch | null = null;
    for (const batch of batches) {
      if (batch.endOffset <= logStartOffset || batch.endOffset > end) continue;
      if (best === null || batch.maxTimestampMs > best.maxTimestampMs) best = batch;
    }
    return Promise.resolve(best);
  }

  leaderEpochs(id: StreamId): Promise<readonly EpochStart[]> {
    const epochs: EpochStart[] = [];
    for (const { leaderEpoch, baseOffset } of this.#stream(id).batches) {
      if (epochs.at(-1)?.leaderEpoch !== leaderEpoch) epochs.push({ leaderEpoch, startOffset: baseOffset });
    }
    return Promise.resolve(epochs);
  }

  async scanHeaders(id: StreamId, fromOffset: number, visit: (header: Buffer) => void): Promise<void> {
    const batches = this.#stream(id).batches.filter(({ endOffset }) => endOffset > fromOffset);
    await Promise.resolve();
    for (const { bytes } of batches) visit(bytes.subarray(0, SCANNED_BYTES));
  }

  trim(id: StreamId, logStartOffset: number): Promise<void> {
    const stream = this.#stream(id);
    stream.logStartOffset = Math.max(stream.logStartOffset, Math.min(logStartOffset, stream.logEndOffset));
    stream.batches = stream.batches.filter(({ endOffset }) => endOffset > stream.logStartOffset);
    return Promise.resolve();
  }

  /** Every batch is a virtual segment of its own. */
  retentionPoint(id: StreamId, policy: RetentionPolicy, nowMs: number, endOffset: number): Promise<number> {
    const { batches, logStartOffset } = this.#stream(id);
    let point = logStartOffset;
    let bytes = this.state(id).liveBytes;
    for (const batch of batches) {
      if (batch.endOffset > endOffset) break;
      const isOld = policy.retentionMs >= 0 && nowMs - batch.maxTimestampMs > policy.retentionMs;
      const isTooMuch = policy.retentionBytes >= 0 && bytes - batch.bytes.length >= policy.retentionBytes;
      if (!isOld && !isTooMuch) break;
      bytes -= batch.bytes.length;
      point = batch.endOffset;
    }
    return Promise.resolve(point);
  }

  cleanable(): Promise<Cleanable> {
    return Promise.resolve({ endOffset: 0, dirtyBytes: 0, dirtyRatio: 0, lateMs: 0, isDue: false });
  }

  compact(): Promise<null> {
    return Promise.resolve(null);
  }

  writeSnapshot(id: StreamId, offset: number, bytes: Buffer, onEnd?: (isKept: boolean) => void): boolean {
    this.#stream(id).snapshot = { offset, bytes };
    onEnd?.(true);
    return true;
  }

  readSnapshot(id: StreamId): Promise<{ readonly offset: number; readonly bytes: Buffer } | null> {
    return Promise.resolve(this.#stream(id).snapshot);
  }

  onBeforeSeal(listener: () => void): void {
    this.#beforeSeal.push(listener);
  }

  onFailure(listener: (error: StorageError) => void): void {
    this.#onFailure.push(listener);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.seal();
    this.commit();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #stream(id: StreamId): Stream {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new StorageError('NOT_FOUND', `there is no stream ${id}`);
    return stream;
  }
}

function memoryPart(bytes: Buffer): Part {
  const slices: readonly Slice[] = [plainSlice(bytes)];
  return { byteLength: bytes.length, load: () => slices, release() {} };
}
