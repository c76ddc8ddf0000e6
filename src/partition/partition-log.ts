/**
 * One partition over one stream of the engine.
 *
 * An append is synchronous: checks, offsets and producer state change in one go, then the engine has the batch queued.
 * The log end offset moves at once, the high watermark when the engine says that the batch is committed, in journal
 * order; what happens when an append fails in the journal is in `log-ends.ts`, and producer state falls back with it.
 * What is known of an idle partition is with the engine: such an object is given up (`evictIfIdle`), and whoever asks for
 * the partition again gets another one.
 */
import { microtask } from '../base/real-time.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { hasProducerId, lastOffsetDelta, maxTimestamp } from '../../protocol/records/batch.ts';
import { buildMarker } from '../../protocol/records/markers.ts';
import type { Clock } from '../base/clock.ts';
import { plainSlice, type Slice } from '../base/counted.ts';
import { isPromise } from '../base/realms.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { AbortedTransaction, LogEngine, StorageError, StreamId, StreamState } from '../storage/types.ts';
import { deleteTarget } from './delete-target.ts';
import { inKafkaTerms, storageFailure } from './failures.ts';
import { LogEnds } from './log-ends.ts';
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
  readonly #ends: LogEnds;
  #settings: PartitionSettings;
  #isDeleted = false;
  #isEvicted = false;
  readonly #uses = new Uses();
  /** Called for each append under way; null without any: a partition in use has few parts, as there may be very many. */
  #onCommit: ((error: StorageError | null) => void) | null = null;

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
    this.#ends = new LogEnds(engine, identity.stream);
    this.producers = new ProducerStore(engine, identity.stream);
  }

  get logEndOffset(): number {
    return this.#ends.logEndOffset;
  }

  get highWatermark(): number {
    return this.#ends.highWatermark;
  }

  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset;
    const { highWatermark } = this.#ends;
    if (unstable >= highWatermark) return highWatermark;
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
    this.#uses.deleted(deletedError(this));
  }

  /**
   * Gives the partition up if it was not in use since this was last called, and nobody waits for anything; true if so.
   * What is known of its producers is with the stream then: if it is not yet, it is written first, and a later call finds
   * it there. Whoever still has the object gets NOT_LEADER_OR_FOLLOWER.
   */
  evictIfIdle(): boolean {
    if (!this.#uses.takeIdle() || !this.#ends.isSettled) return false;
    if (this.#isDeleted || this.#engine.refusal !== null || this.producers.isVerifying(this.#clock.now())) return false;
    const { logEndOffset } = this.#ends.state;
    if (logEndOffset !== this.#ends.highWatermark || logEndOffset !== this.#ends.logEndOffset) return false;
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

  keepUntil(settled: Promise<unknown>): void {
    this.#uses.until(settled).catch(() => undefined);
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
    const aborted = marker.outcome === 'abort' ? this.producers.abortedBy(marker.producerId, this.logEndOffset) : null;
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
    this.#ends.mustBeWritable();
    this.#onCommit ??= this.#commitListener();
    const appendTimeMs = config.messageTimestampType === 'LogAppendTime' ? nowMs : -1;
    const baseOffset = this.#ends.logEndOffset;
    const offsetCount = lastOffsetDelta(bytes, 0) + 1;
    stampBatch(bytes, { baseOffset, leaderEpoch: this.leaderEpoch, appendTimeMs });
    try {
      this.#ends.create(this.#settings.isInternal);
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
    this.#ends.appended(endOffset, bytes.length);
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
    const prepared = prepareRecords(records, options, this.#settings, this.#clock, this.traffic);
    return isPromise(prepared) ? this.#uses.until(prepared) : prepared;
  }

  whenCommitted(endOffset: number, callback: (error: Error | null) => void): void {
    if (this.#isDeleted) microtask(() => callback(deletedError(this)));
    else if (endOffset <= this.#ends.highWatermark) microtask(() => callback(null));
    else if (endOffset <= this.#ends.logEndOffset) this.#uses.addForCommit(endOffset, callback);
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
    const endOffset = isolation === IsolationLevel.READ_COMMITTED ? this.lastStableOffset : this.#ends.highWatermark;
    if (offset >= endOffset) return 0;
    const exact = this.#ends.bytesBetween(offset, endOffset);
    return Math.max(1, exact >= 0 ? exact : this.#ends.estimatedBytes(offset, endOffset));
  }

  addWaiter(waiter: PartitionWaiter): void {
    this.#uses.addForProgress(waiter, this);
    // What it waits for comes to another object.
    if (this.#isEvicted) this.#uses.notify();
  }

  removeWaiter(waiter: PartitionWaiter): void {
    this.#uses.note();
    this.#uses.removeForProgress(waiter);
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
    else if (this.#ends.exists) await this.#uses.until(answerOf(this, this.#ends.trim(target)));
    return this.logStartOffset;
  }

  /** Moves the log start offset up to `offset`, for whatever reason. Producers of what goes stay known. */
  async trim(offset: number): Promise<void> {
    await this.ready();
    this.#mustExist();
    await this.#uses.until(this.producers.keepBeforeTrim(offset, this));
    this.#mustExist();
    await this.#uses.until(answerOf(this, this.#ends.trim(offset)));
    this.#uses.notify();
  }

  #commitListener(): (error: StorageError | null) => void {
    return (error) => this.#ended(error);
  }

  /** The engine tells in journal order, so the oldest append under way is meant. */
  #ended(error: StorageError | null): void {
    const ends = this.#ends;
    if (error !== null) {
      const failedEnd = ends.failed();
      if (ends.isSettled) this.#onCommit = null;
      if (ends.isSettled) this.producers.rollBack(ends.highWatermark);
      this.#uses.failed(failedEnd, storageFailure(error));
      return;
    }
    const before = ends.highWatermark;
    const sizeBytes = ends.committed();
    if (ends.isSettled) this.#onCommit = null;
    const { highWatermark } = ends;
    this.traffic.received(highWatermark - before, sizeBytes);
    this.producers.committed(highWatermark);
    this.#uses.committed(highWatermark);
  }

  async #lookUp<T>(find: (lookups: Lookups) => Promise<T>): Promise<T> {
    this.#mustExist();
    return await this.#uses.until(find(new Lookups(this, this.#engine)));
  }

  #state(): StreamState {
    this.#mustExist();
    return this.#ends.state;
  }

  #mustExist(): void {
    if (this.#isDeleted) throw deletedError(this);
    if (this.#isEvicted) throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    this.#uses.note();
  }
}
