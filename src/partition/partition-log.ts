/**
 * One partition over one stream of the engine.
 *
 * An append is synchronous: checks, offsets and producer state change in one go, then the engine has the batch queued.
 * The log end offset moves at once, the high watermark when the engine says that the batch is committed, in journal
 * order. When an append fails in the journal, all appends queued after it fail too: the log end offset falls back to
 * the high watermark once the last of them was told, and until then nothing is appended. Producer state falls back with
 * it, so that a client's retry of a lost batch is no duplicate.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  hasProducerId,
  lastOffsetDelta,
  maxTimestamp,
  patchBaseOffset,
  patchLeaderEpoch,
  setMaxTimestamp,
  timestampType,
} from '../../protocol/records/batch.ts';
import { buildMarker } from '../../protocol/records/markers.ts';
import type { Clock } from '../base/clock.ts';
import { plainSlice, type Slice } from '../base/counted.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { AbortedTransaction, LogEngine, StorageError, StreamId, StreamState } from '../storage/types.ts';
import { inKafkaTerms, storageFailure } from './failures.ts';
import type { EpochEnd } from './lookup.ts';
import { answerOf, deletedError, Lookups } from './lookups.ts';
import { needsPreparing, prepareBatch } from './prepare.ts';
import type { ProducerBatch } from './producer-entry.ts';
import { ProducerStore } from './producer-store.ts';
import { readCommitted } from './read.ts';
import type { PartitionIdentity, PartitionSettings } from './settings.ts';
import {
  type ActiveProducer,
  type AppendOptions,
  type AppendResult,
  type EndTransactionMarker,
  IsolationLevel,
  type OffsetAndTimestamp,
  type PartitionLog,
  type PartitionRead,
  type PartitionReadOptions,
  type PartitionWaiter,
  type PreparedSlice,
} from './types.ts';
import { validateRecords } from './validate-records.ts';
import type { TransactionVerification, UnverifiedBatch } from './verification.ts';
import { CommitWaiters, PendingAppends, ProgressWaiters, TailSizes } from './waiters.ts';

/** A partition of the broker; made by the manager. */
export class StreamPartitionLog implements PartitionLog {
  readonly topicName: string;
  readonly topicId: string;
  readonly index: number;
  readonly stream: StreamId;
  readonly leaderEpoch: number;
  readonly #engine: LogEngine;
  readonly #clock: Clock;
  readonly #producers: ProducerStore;
  readonly #commitWaiters = new CommitWaiters();
  readonly #progressWaiters: ProgressWaiters;
  readonly #pending = new PendingAppends();
  readonly #tail: TailSizes;
  #settings: PartitionSettings;
  #logEndOffset: number;
  #highWatermark: number;
  /** Appends failed, and the engine has not told of all of them yet. */
  #isRollingBack = false;
  /** The log end offset fell back; the engine's own is looked at before the next append. */
  #hasRolledBack = false;
  #isDeleted = false;

  /** The stream must be known to the engine, without uncommitted appends. */
  constructor(identity: PartitionIdentity, settings: PartitionSettings, engine: LogEngine, clock: Clock) {
    this.topicName = identity.topicName;
    this.topicId = identity.topicId;
    this.index = identity.index;
    this.stream = identity.stream;
    this.leaderEpoch = identity.leaderEpoch;
    this.#settings = settings;
    this.#engine = engine;
    this.#clock = clock;
    this.#logEndOffset = engine.state(identity.stream).logEndOffset;
    this.#highWatermark = this.#logEndOffset;
    this.#tail = new TailSizes(this.#highWatermark);
    this.#producers = new ProducerStore(engine, identity.stream);
    this.#progressWaiters = new ProgressWaiters(this);
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get lastStableOffset(): number {
    const unstable = this.#producers.firstUnstableOffset;
    if (unstable >= this.#highWatermark) return this.#highWatermark;
    return Math.max(unstable, this.logStartOffset);
  }

  get logStartOffset(): number {
    return this.#state().logStartOffset;
  }

  get sizeBytes(): number {
    return this.#state().liveBytes;
  }

  get config(): TopicConfig {
    return this.#settings.config;
  }

  get deleted(): boolean {
    return this.#isDeleted;
  }

  /** Producer state, for expiry and snapshots. */
  get producers(): ProducerStore {
    return this.#producers;
  }

  /** Puts other settings in force, from the next append on. */
  configure(settings: PartitionSettings): void {
    this.#settings = settings;
  }

  /** Ends the partition: whoever waits, and every later call, gets UNKNOWN_TOPIC_OR_PARTITION. */
  markDeleted(): void {
    if (this.#isDeleted) return;
    this.#isDeleted = true;
    this.#commitWaiters.fail(Number.POSITIVE_INFINITY, deletedError(this));
    this.#progressWaiters.notify();
  }

  ready(): Promise<void> | null {
    this.#mustExist();
    return this.#producers.isLoaded ? null : this.#producers.load(() => this.#state());
  }

  append(records: Slice, options: AppendOptions): AppendResult {
    this.#mustExist();
    const nowMs = this.#clock.now();
    const size = validateRecords(records, options, this.#settings, nowMs);
    const bytes = records.bytes.length === size ? records.bytes : records.bytes.subarray(0, size);
    const original = hasProducerId(bytes, 0) ? this.#producers.check(bytes, options) : null;
    if (original !== null) return this.#duplicateOf(original);
    return this.#queue(bytes === records.bytes ? records : { bytes, owner: records.owner }, nowMs);
  }

  appendMarker(marker: EndTransactionMarker): AppendResult {
    this.#mustExist();
    this.#producers.checkMarker(marker);
    const nowMs = this.#clock.now();
    const aborted =
      marker.outcome === 'abort' ? this.#producers.abortedBy(marker.producerId, this.#logEndOffset) : null;
    return this.#queue(plainSlice(buildMarker(marker, nowMs)), nowMs, aborted);
  }

  hasOpenTransaction(producerId: bigint, producerEpoch: number): boolean {
    this.#mustExist();
    return this.#producers.hasOpenTransaction(producerId, producerEpoch);
  }

  startVerification(batch: UnverifiedBatch): TransactionVerification | null {
    this.#mustExist();
    return this.#producers.startVerification(batch, this.#clock.now());
  }

  activeProducers(): ActiveProducer[] {
    this.#mustExist();
    return this.#producers.activeProducers();
  }

  /** Gives a checked batch its offsets and hands it to the engine. */
  #queue(payload: Slice, nowMs: number, aborted: AbortedTransaction | null = null): AppendResult {
    const { bytes } = payload;
    const { config, durability } = this.#settings;
    this.#mustBeWritable();
    const isLogAppendTime = config.messageTimestampType === 'LogAppendTime';
    if (isLogAppendTime) setMaxTimestamp(bytes, 0, 1, nowMs);
    else if (timestampType(bytes, 0) === 1) setMaxTimestamp(bytes, 0, 0, maxTimestamp(bytes, 0));
    const baseOffset = this.#logEndOffset;
    const offsetCount = lastOffsetDelta(bytes, 0) + 1;
    patchBaseOffset(bytes, 0, baseOffset);
    patchLeaderEpoch(bytes, 0, this.leaderEpoch);
    try {
      this.#engine.append({
        stream: this.stream,
        baseOffset,
        offsetCount,
        leaderEpoch: this.leaderEpoch,
        // Clients may put any 64 bits there; the engine gets a time it can order by.
        maxTimestampMs: Math.max(-1, Math.min(maxTimestamp(bytes, 0), Number.MAX_SAFE_INTEGER)),
        payload,
        aborted,
        durability,
        onCommit: this.#onCommit,
      });
    } catch (error) {
      throw inKafkaTerms(error);
    }
    const endOffset = baseOffset + offsetCount;
    this.#logEndOffset = endOffset;
    this.#pending.push(endOffset, bytes.length);
    this.#producers.appended(bytes);
    return {
      baseOffset,
      endOffset,
      logAppendTimeMs: isLogAppendTime ? nowMs : -1,
      logStartOffset: this.logStartOffset,
      duplicate: false,
    };
  }

  prepare(records: Slice, options: AppendOptions): PreparedSlice | Promise<PreparedSlice> | null {
    this.#mustExist();
    if (options.origin !== 'client') return null;
    const { config, validation } = this.#settings;
    const nowMs = this.#clock.now();
    if (!needsPreparing(records.bytes, config, validation, nowMs)) return null;
    return prepareBatch(records, options.produceVersion, config, nowMs);
  }

  whenCommitted(endOffset: number, callback: (error: Error | null) => void): void {
    if (this.#isDeleted) queueMicrotask(() => callback(deletedError(this)));
    else if (endOffset <= this.#highWatermark) queueMicrotask(() => callback(null));
    else if (endOffset <= this.#logEndOffset) this.#commitWaiters.add(endOffset, callback);
    else queueMicrotask(() => callback(storageFailure(null)));
  }

  read(options: PartitionReadOptions): PartitionRead | Promise<PartitionRead> {
    this.#mustExist();
    this.checkLeaderEpoch(options.currentLeaderEpoch);
    const loading = this.ready();
    if (loading === null) return readCommitted(this, this.#engine, options);
    // Who reads what is uncommitted can do without producers.
    const whenLoaded = options.isolation === IsolationLevel.READ_COMMITTED ? loading : loading.catch(() => undefined);
    return whenLoaded.then(() => readCommitted(this, this.#engine, options));
  }

  availableBytes(offset: number, isolation: IsolationLevel): number {
    if (this.#isDeleted) return 0;
    const endOffset = isolation === IsolationLevel.READ_COMMITTED ? this.lastStableOffset : this.#highWatermark;
    if (offset >= endOffset) return 0;
    const exact = this.#tail.bytesBetween(offset, endOffset);
    if (exact >= 0) return Math.max(1, exact);
    const { logStartOffset, logEndOffset, liveBytes } = this.#state();
    const share = (endOffset - offset) / Math.max(1, logEndOffset - logStartOffset);
    return Math.max(1, Math.floor(liveBytes * Math.min(1, share)));
  }

  addWaiter(waiter: PartitionWaiter): void {
    this.#progressWaiters.add(waiter);
  }

  removeWaiter(waiter: PartitionWaiter): void {
    this.#progressWaiters.remove(waiter);
  }

  async offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    this.#mustExist();
    return await this.#lookups().byTimestamp(timestampMs, isolation);
  }

  async maxTimestamp(isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    this.#mustExist();
    return await this.#lookups().largestTimestamp(isolation);
  }

  async epochForOffset(offset: number): Promise<number> {
    this.#mustExist();
    return await this.#lookups().epochAt(offset);
  }

  async endOffsetForEpoch(leaderEpoch: number): Promise<EpochEnd | null> {
    this.#mustExist();
    return await this.#lookups().endOfEpoch(leaderEpoch);
  }

  checkLeaderEpoch(currentLeaderEpoch: number): void {
    this.#mustExist();
    if (currentLeaderEpoch === -1 || currentLeaderEpoch === this.leaderEpoch) return;
    const text = `The leader epoch is ${this.leaderEpoch}, the request's ${currentLeaderEpoch}.`;
    const isOld = currentLeaderEpoch < this.leaderEpoch;
    throw new KafkaError(isOld ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH, text);
  }

  async deleteRecords(offset: number, origin: AppendOptions['origin'] = 'client'): Promise<number> {
    this.#mustExist();
    if (origin === 'client' && this.config.cleanupCompact && !this.config.cleanupDelete) {
      throw new KafkaError(ErrorCode.POLICY_VIOLATION, 'Records of a compacted topic cannot be deleted.');
    }
    const target = offset === -1 ? this.#highWatermark : offset;
    if (target < 0 || target > this.#highWatermark) {
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `Records before offset ${offset} cannot be deleted; the high watermark is ${this.#highWatermark}.`,
      );
    }
    if (target > this.logStartOffset) await this.trim(target);
    // Somebody else's trim got there already, but may not be durable yet.
    else await answerOf(this, this.#engine.trim(this.stream, target));
    return this.logStartOffset;
  }

  /** Moves the log start offset up to `offset`, for whatever reason. Producers of what goes stay known. */
  async trim(offset: number): Promise<void> {
    await this.ready();
    this.#mustExist();
    this.#producers.keepBeforeTrim(offset, this.#logEndOffset, this.#highWatermark);
    await answerOf(this, this.#engine.trim(this.stream, offset));
    this.#progressWaiters.notify();
  }

  /** One function for all appends: the engine calls in journal order, so the oldest pending append is meant. */
  readonly #onCommit = (error: StorageError | null): void => {
    const { endOffset, sizeBytes } = this.#pending;
    this.#pending.shift();
    if (error !== null) {
      this.#appendFailed(endOffset, error);
      return;
    }
    if (this.#isRollingBack) throw new Error('The engine committed an append after one that failed.');
    this.#highWatermark = endOffset;
    this.#producers.committed(endOffset);
    this.#tail.push(endOffset, sizeBytes);
    this.#progressWaiters.notify();
    this.#commitWaiters.complete(endOffset);
  };

  #appendFailed(endOffset: number, error: StorageError): void {
    this.#isRollingBack = true;
    if (this.#pending.isEmpty) {
      this.#isRollingBack = false;
      this.#hasRolledBack = true;
      this.#logEndOffset = this.#highWatermark;
      this.#producers.rollBack(this.#highWatermark);
    }
    this.#commitWaiters.fail(endOffset, storageFailure(error));
  }

  #duplicateOf(original: ProducerBatch): AppendResult {
    return {
      baseOffset: original.baseOffset,
      endOffset: original.endOffset,
      logAppendTimeMs: original.timestampMs,
      logStartOffset: this.logStartOffset,
      duplicate: true,
    };
  }

  #lookups(): Lookups {
    return new Lookups(this, this.#engine);
  }

  #state(): StreamState {
    this.#mustExist();
    return this.#engine.state(this.stream);
  }

  #mustExist(): void {
    if (this.#isDeleted) throw deletedError(this);
  }

  #mustBeWritable(): void {
    if (this.#isRollingBack) throw storageFailure(null);
    if (!this.#hasRolledBack) return;
    // A journal that cannot say where the log ends takes no more appends.
    if (this.#state().logEndOffset !== this.#logEndOffset) throw storageFailure(this.#engine.refusal);
    this.#hasRolledBack = false;
  }
}
