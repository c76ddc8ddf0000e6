/**
 * How far a partition's log goes: up to the log end offset it is appended, up to the high watermark committed. An append
 * moves the first, its commit the second, in the same order. When one fails, all behind it do, too: the log end offset
 * falls back to the high watermark once the last of them was told, and until then nothing is appended.
 */
import { broken } from '../base/invariant.ts';
import { storageFailure } from './failures.ts';
import type { PartitionStream } from './partition-stream.ts';
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

export class LogEnds {
  #logEndOffset: number;
  #highWatermark: number;
  readonly #pending = new PendingAppends();
  readonly #tail: TailSizes;
  /** Appends failed, and the engine has not told of all of them yet. */
  #isRollingBack = false;
  /** The log end offset fell back; the engine's own is looked at before the next append. */
  #hasRolledBack = false;

  /** @param endOffset where the log ends, all of which is committed */
  constructor(endOffset: number) {
    this.#logEndOffset = endOffset;
    this.#highWatermark = endOffset;
    this.#tail = new TailSizes(endOffset);
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** True without appends under way. */
  get isSettled(): boolean {
    return this.#pending.isEmpty;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR while failed appends are taken back, or if it is not known where the log ends */
  mustBeWritable(stream: PartitionStream): void {
    if (this.#isRollingBack) throw storageFailure(null);
    if (!this.#hasRolledBack) return;
    // A journal that cannot say where the log ends takes no more appends.
    if (stream.state.logEndOffset !== this.#logEndOffset) throw storageFailure(stream.refusal);
    this.#hasRolledBack = false;
  }

  /** A batch was queued that ends at `endOffset`. */
  appended(endOffset: number, sizeBytes: number): void {
    this.#logEndOffset = endOffset;
    this.#pending.push(endOffset, sizeBytes);
  }

  /** The oldest append under way is committed; gives its size in bytes. */
  committed(): number {
    const { endOffset, sizeBytes } = this.#pending;
    this.#pending.shift();
    if (this.#isRollingBack || endOffset <= this.#highWatermark) broken(`A commit to ${endOffset} out of order`);
    this.#highWatermark = endOffset;
    this.#tail.push(endOffset, sizeBytes);
    return sizeBytes;
  }

  /** The oldest append under way has failed; gives its end offset. With the last of them the log end offset falls back. */
  failed(): number {
    const { endOffset } = this.#pending;
    this.#pending.shift();
    this.#isRollingBack = !this.#pending.isEmpty;
    if (!this.#isRollingBack) {
      this.#hasRolledBack = true;
      this.#logEndOffset = this.#highWatermark;
    }
    return endOffset;
  }

  /** Committed bytes from `offset` (the batch that holds it counts whole) to `endOffset`, or -1 when that lies too far back. */
  bytesBetween(offset: number, endOffset: number): number {
    return this.#tail.bytesBetween(offset, endOffset);
  }
}
