/**
 * One partition over one stream of the engine.
 *
 * An append is synchronous: checks, offsets and producer state change in one go, then the engine has the batch queued.
 * The log end offset moves at once, the high watermark when the engine says that the batch is committed, in journal
 * order. When an append fails in the journal, all appends queued after it fail too: the log end offset falls back to the
 * high watermark, and producer state with it, once the last of them was told; until then nothing is appended.
 * The stream is created by the first append. What is known of an idle partition is with the engine: such an object is
 * given up (`evict`), and whoever asks for the partition again gets another one.
 */
import { microtask } from '../base/real-time.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { hasProducerId, lastOffsetDelta, maxTimestamp } from '../../protocol/records/batch.ts';
import { buildMarker } from '../../protocol/records/markers.ts';
import type { Clock } from '../base/clock.ts';
import { broken } from '../base/invariant.ts';
import { plainSlice, type Slice } from '../base/counted.ts';
import { isPromise } from '../base/realms.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { AbortedTransaction, LogEngine, StorageError, StreamId, StreamState } from '../storage/types.ts';
import { deleteTarget } from './delete-target.ts';
import { inKafkaTerms, storageFailure } from './failures.ts';
import type { EpochEnd } from './lookup.ts';
import { answerOf, deletedError, Lookups } from './lookups.ts';
import { prepareRecords } from './prepare-records.ts';
import { duplicateOf } from './producer-entry.ts';
import { ProducerStore } from './producer-store.ts';
import { readCommitted } from './read.ts';
import type { PartitionIdentity, PartitionSettings } from './settings.ts';
import { stampBatch } from './stamp.ts';
import { TopicTraffic } from './traffic.ts';
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
import { Uses } from './uses.ts';
import { validateRecords } from './validate-records.ts';
import type { TransactionVerification, UnverifiedBatch } from './verification.ts';
import { CommitWaiters, PendingAppends, ProgressWaiters, TailSizes } from './waiters.ts';

const EMPTY: StreamState = { logStartOffset: 0, logEndOffset: 0, liveBytes: 0 };

/** A partition of the broker; made by the manager. */
export class StreamPartitionLog implements PartitionLog {
  readonly topicName: string;
  readonly topicId: string;
  readonly index: number;
  readonly stream: StreamId;
  readonly leaderEpoch: number;
  readonly traffic: TopicTraffic;
  readonly #engine: LogEngine;
  readonly #clock: Clock;
  /** For expiry and snapshots, too. */
  readonly producers: ProducerStore;
  /** Null before somebody waits, as it mostly stays. */
  #commitWaiters: CommitWaiters | null = null;
  #progressWaiters: ProgressWaiters | null = null;
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
  #isEvicted = false;
  #hasStream: boolean; // in the engine
  readonly #uses = new Uses();

  /** The stream must be without uncommitted appends. */
  constructor(identity: PartitionIdentity, settings: PartitionSettings, engine: LogEngine, clock: Clock) {
    this.topicName = identity.topicName;
    this.topicId = identity.topicId;
    this.index = identity.index;
    this.stream = identity.stream;
    this.leaderEpoch = identity.leaderEpoch;
    this.traffic = identity.traffic ?? new TopicTraffic();
    this.#settings = settings;
    this.#engine = engine;
    this.#clock = clock;
    this.#hasStream = engine.has(identity.stream);
    this.#logEndOffset = this.#state().logEndOffset;
    this.#highWatermark = this.#logEndOffset;
    this.#tail = new TailSizes(this.#highWatermark);
    this.producers = new ProducerStore(engine, identity.stream);
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset;
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

  /** Somebody gets the object. */
  noteUse(): void {
    this.#uses.note();
  }

  /** Puts other settings in force, from the next append on. */
  configure(settings: PartitionSettings): void {
    this.#settings = settings;
  }

  /** Ends the partition: whoever waits, and every later call, gets UNKNOWN_TOPIC_OR_PARTITION. */
  markDeleted(): void {
    if (this.#isDeleted) return;
    this.#isDeleted = true;
    if (this.#commitWaiters?.isEmpty === false) this.#commitWaiters.fail(Number.POSITIVE_INFINITY, deletedError(this));
    this.#progressWaiters?.notify();
  }

  /**
   * Gives the partition up if it was not in use since this was last called, and nobody waits for anything; true if so.
   * What is known of its producers is with the stream then: if it is not yet, it is written first, and a later call finds
   * it there. Whoever still has the object gets NOT_LEADER_OR_FOLLOWER.
   */
  evictIfIdle(): boolean {
    const isAwaited = this.#commitWaiters?.isEmpty === false || this.#progressWaiters?.isEmpty === false;
    if (!this.#uses.takeIdle() || isAwaited || !this.#pending.isEmpty) return false;
    if (this.#isDeleted || this.#engine.refusal !== null || this.producers.isVerifying(this.#clock.now())) return false;
    const logEndOffset = this.#hasStream ? this.#engine.state(this.stream).logEndOffset : 0;
    if (logEndOffset !== this.#highWatermark || logEndOffset !== this.#logEndOffset) return false;
    this.#isEvicted = this.producers.isKept(logEndOffset);
    return this.#isEvicted;
  }

  ready(): Promise<void> | null {
    this.#mustExist();
    if (this.producers.isLoaded) return null;
    const loading = this.producers.load(
      () => this.#state(),
      (read) => read.expire(this.#clock.now(), this.#settings.producerExpirationMs),
    );
    return loading === null ? null : this.#uses.until(loading);
  }

  append(records: Slice, options: AppendOptions): AppendResult {
    this.#mustExist();
    const nowMs = this.#clock.now();
    const size = validateRecords(records, options, this.#settings, nowMs);
    const bytes = records.bytes.length === size ? records.bytes : records.bytes.subarray(0, size);
    const original = hasProducerId(bytes, 0) ? this.producers.check(bytes, options) : null;
    if (original !== null) return duplicateOf(original, this.logStartOffset);
    return this.#queue(bytes === records.bytes ? records : { bytes, owner: records.owner }, nowMs);
  }

  appendMarker(marker: EndTransactionMarker): AppendResult {
    this.#mustExist();
    this.producers.checkMarker(marker);
    const nowMs = this.#clock.now();
    const aborted = marker.outcome === 'abort' ? this.producers.abortedBy(marker.producerId, this.#logEndOffset) : null;
    return this.#queue(plainSlice(buildMarker(marker, nowMs)), nowMs, aborted);
  }

  hasOpenTransaction(producerId: bigint, producerEpoch: number): boolean {
    this.#mustExist();
    return this.producers.hasOpenTransaction(producerId, producerEpoch);
  }

  startVerification(batch: UnverifiedBatch): TransactionVerification | null {
    this.#mustExist();
    return this.producers.startVerification(batch, this.#clock.now());
  }

  activeProducers(): ActiveProducer[] {
    this.#mustExist();
    return this.producers.activeProducers();
  }

  /** Gives a checked batch its offsets and hands it to the engine. */
  #queue(payload: Slice, nowMs: number, aborted: AbortedTransaction | null = null): AppendResult {
    const { bytes } = payload;
    const { config, durability } = this.#settings;
    this.#mustBeWritable();
    const appendTimeMs = config.messageTimestampType === 'LogAppendTime' ? nowMs : -1;
    const baseOffset = this.#logEndOffset;
    const offsetCount = lastOffsetDelta(bytes, 0) + 1;
    stampBatch(bytes, { baseOffset, leaderEpoch: this.leaderEpoch, appendTimeMs });
    try {
      this.#createStream();
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
        flushMs: config.flushMs,
        onCommit: this.#onCommit,
      });
    } catch (error) {
      throw inKafkaTerms(error);
    }
    const endOffset = baseOffset + offsetCount;
    this.#logEndOffset = endOffset;
    this.#pending.push(endOffset, bytes.length);
    this.producers.appended(bytes);
    return {
      baseOffset,
      endOffset,
      logAppendTimeMs: appendTimeMs,
      logStartOffset: this.logStartOffset,
      duplicate: false,
    };
  }

  prepare(records: Slice, options: AppendOptions): PreparedSlice | Promise<PreparedSlice> | null {
    this.#mustExist();
    if (options.origin !== 'client') return null;
    const prepared = prepareRecords(records, options.produceVersion, this.#settings, this.#clock, this.traffic);
    return isPromise(prepared) ? this.#uses.until(prepared) : prepared;
  }

  whenCommitted(endOffset: number, callback: (error: Error | null) => void): void {
    if (this.#isDeleted) microtask(() => callback(deletedError(this)));
    else if (endOffset <= this.#highWatermark) microtask(() => callback(null));
    else if (endOffset <= this.#logEndOffset) (this.#commitWaiters ??= new CommitWaiters()).add(endOffset, callback);
    else microtask(() => callback(storageFailure(null)));
  }

  read(options: PartitionReadOptions): PartitionRead | Promise<PartitionRead> {
    this.#mustExist();
    this.checkLeaderEpoch(options.currentLeaderEpoch);
    const loading = this.ready();
    if (loading === null) {
      const read = readCommitted(this, this.#engine, options);
      return isPromise(read) ? this.#uses.until(read) : read;
    }
    // Who reads what is uncommitted can do without producers.
    const whenLoaded = options.isolation === IsolationLevel.READ_COMMITTED ? loading : loading.catch(() => undefined);
    return this.#uses.until(whenLoaded.then(() => readCommitted(this, this.#engine, options)));
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
    this.#progressWaiters ??= new ProgressWaiters(this);
    this.#progressWaiters.add(waiter);
    // What it waits for comes to another object.
    if (this.#isEvicted) this.#progressWaiters.notify();
  }

  removeWaiter(waiter: PartitionWaiter): void {
    this.#uses.note();
    this.#progressWaiters?.remove(waiter);
  }

  offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    return this.#lookUp((lookups) => lookups.byTimestamp(timestampMs, isolation));
  }

  maxTimestamp(isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    return this.#lookUp((lookups) => lookups.largestTimestamp(isolation));
  }

  epochForOffset(offset: number): Promise<number> {
    return this.#lookUp((lookups) => lookups.epochAt(offset));
  }

  endOffsetForEpoch(leaderEpoch: number): Promise<EpochEnd | null> {
    return this.#lookUp((lookups) => lookups.endOfEpoch(leaderEpoch));
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
    const target = deleteTarget(this, offset, origin);
    if (target > this.logStartOffset) await this.trim(target);
    // Somebody else's trim got there already, but may not be durable yet.
    else if (this.#hasStream) await this.#uses.until(answerOf(this, this.#engine.trim(this.stream, target)));
    return this.logStartOffset;
  }

  /** Moves the log start offset up to `offset`, for whatever reason. Producers of what goes stay known. */
  async trim(offset: number): Promise<void> {
    await this.ready();
    this.#mustExist();
    await this.#uses.until(this.producers.keepBeforeTrim(offset, this));
    this.#mustExist();
    await this.#uses.until(answerOf(this, this.#engine.trim(this.stream, offset)));
    this.#progressWaiters?.notify();
  }

  /** One function for all appends: the engine calls in journal order, so the oldest pending append is meant. */
  readonly #onCommit = (error: StorageError | null): void => {
    const { endOffset, sizeBytes } = this.#pending;
    this.#pending.shift();
    if (error !== null) {
      this.#appendFailed(endOffset, error);
      return;
    }
    if (this.#isRollingBack || endOffset <= this.#highWatermark) broken(`A commit to ${endOffset} out of order`);
    this.traffic.received(endOffset - this.#highWatermark, sizeBytes);
    this.#highWatermark = endOffset;
    this.producers.committed(endOffset);
    this.#tail.push(endOffset, sizeBytes);
    this.#progressWaiters?.notify();
    this.#commitWaiters?.complete(endOffset);
  };

  #appendFailed(endOffset: number, error: StorageError): void {
    this.#isRollingBack = true;
    if (this.#pending.isEmpty) {
      this.#isRollingBack = false;
      this.#hasRolledBack = true;
      this.#logEndOffset = this.#highWatermark;
      this.producers.rollBack(this.#highWatermark);
    }
    this.#commitWaiters?.fail(endOffset, storageFailure(error));
  }

  async #lookUp<T>(find: (lookups: Lookups) => Promise<T>): Promise<T> {
    this.#mustExist();
    return await this.#uses.until(find(new Lookups(this, this.#engine)));
  }

  #state(): StreamState {
    this.#mustExist();
    return this.#hasStream ? this.#engine.state(this.stream) : EMPTY;
  }

  /** @throws StorageError when the journal takes nothing */
  #createStream(): void {
    if (this.#hasStream) return;
    if (this.#engine.refusal !== null) throw this.#engine.refusal;
    this.#engine.createStream(this.stream, { internal: this.#settings.isInternal });
    this.#hasStream = true;
  }

  #mustExist(): void {
    if (this.#isDeleted) throw deletedError(this);
    if (this.#isEvicted) throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    this.#uses.note();
  }

  #mustBeWritable(): void {
    if (this.#isRollingBack) throw storageFailure(null);
    if (!this.#hasRolledBack) return;
    // A journal that cannot say where the log ends takes no more appends.
    if (this.#state().logEndOffset !== this.#logEndOffset) throw storageFailure(this.#engine.refusal);
    this.#hasRolledBack = false;
  }
}
