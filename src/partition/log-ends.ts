/**
 * How far a partition's log goes: up to the log end offset it is appended, up to the high watermark committed. An append
 * moves the first, its commit the second, in the same order. When one fails, all behind it do, too: the log end offset
 * falls back to the high watermark once the last of them was told, and until then nothing is appended.
 */
import { broken } from '../base/invariant.ts';
import type { LogEngine, StreamId } from '../storage/types.ts';
import { storageFailure } from './failures.ts';
import { PartitionStream } from './partition-stream.ts';
import { TailSizes } from './tail-sizes.ts';

/** Appends that are not committed yet, oldest first: their end offsets and sizes. */
class PendingAppends {
  #values: number[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#values.length;
  }

  push(endOffset: number, sizeBytes: number): void {
    this.#values.push(endOffset, sizeBytes);
  }

  /** End offset of the oldest. */
  get endOffset(): number {
    return this.#values[this.#head] as number;
  }

  /** Size of the oldest. */
  get sizeBytes(): number {
    return this.#values[this.#head + 1] as number;
  }

  shift(): void {
    this.#head += 2;
    if (this.#head === this.#values.length) {
      this.#values.length = 0;
      this.#head = 0;
    } else if (this.#head >= 2048 && this.#head * 2 > this.#values.length) {
      this.#values.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

/** A partition's stream, and how far it goes. Of a partition in use this is one object, as long as nothing is under way. */
export class LogEnds extends PartitionStream {
  #logEndOffset: number;
  #highWatermark: number;
  /** Null: all is committed. */
  #pending: PendingAppends | null = null;
  #tail: TailSizes | null = null;
  /** Where the log ended when the partition was opened, and what was committed since, until that is the tail's to know. */
  readonly #startOffset: number;
  #committedBytes = 0;
  /** Appends failed, and the engine has not told of all of them yet. */
  #isRollingBack = false;
  /** The log end offset fell back; the engine's own is looked at before the next append. */
  #hasRolledBack = false;

  /** The stream must be without uncommitted appends. */
  constructor(engine: LogEngine, id: StreamId) {
    super(engine, id);
    const { logEndOffset } = this.state;
    this.#logEndOffset = logEndOffset;
    this.#highWatermark = logEndOffset;
    this.#startOffset = logEndOffset;
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** True without appends under way. */
  get isSettled(): boolean {
    return this.#pending === null;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR while failed appends are taken back, or if it is not known where the log ends */
  mustBeWritable(): void {
    if (this.#isRollingBack) throw storageFailure(null);
    if (!this.#hasRolledBack) return;
    // A journal that cannot say where the log ends takes no more appends.
    if (this.state.logEndOffset !== this.#logEndOffset) throw storageFailure(this.refusal);
    this.#hasRolledBack = false;
  }

  /** A batch was queued that ends at `endOffset`. */
  appended(endOffset: number, sizeBytes: number): void {
    this.#logEndOffset = endOffset;
    this.#pending ??= new PendingAppends();
    this.#pending.push(endOffset, sizeBytes);
  }

  /** The oldest append under way is committed; gives its size in bytes. */
  committed(): number {
    const pending = this.#oldest();
    const { endOffset, sizeBytes } = pending;
    this.#shift(pending);
    if (this.#isRollingBack || endOffset <= this.#highWatermark) broken(`A commit to ${endOffset} out of order`);
    this.#noteSize(endOffset, sizeBytes);
    this.#highWatermark = endOffset;
    return sizeBytes;
  }

  /** The oldest append under way has failed; gives its end offset. With the last of them the log end offset falls back. */
  failed(): number {
    const pending = this.#oldest();
    const { endOffset } = pending;
    this.#shift(pending);
    this.#isRollingBack = !this.isSettled;
    if (!this.#isRollingBack) {
      this.#hasRolledBack = true;
      this.#logEndOffset = this.#highWatermark;
    }
    return endOffset;
  }

  /** Committed bytes from `offset` (the batch that holds it counts whole) to `endOffset`, or -1 when that lies too far back. */
  bytesBetween(offset: number, endOffset: number): number {
    if (this.#tail !== null) return this.#tail.bytesBetween(offset, endOffset);
    if (offset < this.#startOffset || endOffset < this.#startOffset) return -1;
    const end = endOffset >= this.#highWatermark ? this.#committedBytes : 0;
    return end - (offset >= this.#highWatermark ? this.#committedBytes : 0);
  }

  /** One batch is kept in numbers: most of very many partitions get no second while they are in use. */
  #noteSize(endOffset: number, sizeBytes: number): void {
    if (this.#tail === null && this.#highWatermark === this.#startOffset) {
      this.#committedBytes = sizeBytes;
      return;
    }
    this.#tail ??= new TailSizes(this.#startOffset, this.#highWatermark, this.#committedBytes);
    this.#tail.push(endOffset, sizeBytes);
  }

  #oldest(): PendingAppends {
    return this.#pending ?? broken('The end of an append that is not under way');
  }

  #shift(pending: PendingAppends): void {
    pending.shift();
    if (pending.isEmpty) this.#pending = null;
  }
}
