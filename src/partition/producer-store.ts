/** A partition's producer state with its life: loaded on first use, rolled back, kept in snapshots, expired. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { ProducerEnds } from '../storage/compaction-types.ts';
import {
  type AbortedTransaction,
  type LogEngine,
  StorageError,
  type StreamId,
  type StreamState,
} from '../storage/types.ts';
import { storageFailure } from './failures.ts';
import { decodeProducerState, encodeProducerState } from './producer-snapshot.ts';
import { NONE, type ProducerBatch, type ProducerEntry } from './producer-entry.ts';
import { ProducerState } from './producer-state.ts';
import type { ActiveProducer, AppendOptions, EndTransactionMarker } from './types.ts';
import type { TransactionVerification, UnverifiedBatch } from './verification.ts';

const NO_PRODUCERS = new ProducerState();
const KEPT = Promise.resolve(true);

/**
 * Offsets up to which a log without producers is read again rather than have a snapshot of none: with very many partitions
 * in use these would be more than what is appended to them.
 */
const READ_AGAIN = 8;

/** How often a snapshot is tried that is refused with the appends before it. */
const KEEP_ATTEMPTS = 3;

interface LogEnds {
  readonly logEndOffset: number;
  readonly highWatermark: number;
}

export class ProducerStore {
  readonly #engine: LogEngine;
  readonly #stream: StreamId;
  #isLoaded = false;
  /** Null before it is loaded, and in the many partitions that have no producers. */
  #state: ProducerState | null = null;
  #loading: Promise<void> | null = null;
  /** Counts failures: what was read from the log before one may not be there any more. */
  #generation = 0;
  /** Log end offset of the newest snapshot written here, or of where none is needed; -1: unknown. */
  #snapshotOffset = -1;
  /** That snapshot is stored, or on its way in such a way that a full disk takes it. */
  #isSnapshotSure = false;
  /** Whether the journal took the newest snapshot that was written. */
  #newest = KEPT;
  /** The stored snapshot may hold batches that were lost; it must be replaced. */
  #isSnapshotStale = false;

  constructor(engine: LogEngine, stream: StreamId) {
    this.#engine = engine;
    this.#stream = stream;
  }

  /** True when it is known which producers there are. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Producers known, or 0 before the state is loaded. */
  get size(): number {
    return this.#state?.size ?? 0;
  }

  /**
   * Null when the state is there, else a promise that it is.
   * @param onRead told of a state that was read, before it counts
   * @throws KafkaError KAFKA_STORAGE_ERROR, as a rejection
   */
  load(streamState: () => StreamState, onRead: (state: ProducerState) => unknown): Promise<void> | null {
    if (this.#isLoaded) return null;
    if (this.#loading === null && streamState().logEndOffset === 0) {
      this.#snapshotOffset = 0; // without one it is known as well
      this.#loaded(new ProducerState(), 0);
      return null;
    }
    this.#loading ??= this.#read(streamState, onRead).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** First offset of the oldest undecided transaction; Infinity without one, and before the state is loaded. */
  get firstUnstableOffset(): number {
    return this.#state === null ? Infinity : this.#state.transactions.firstUnstableOffset;
  }

  /** Known producers. @throws KafkaError KAFKA_STORAGE_ERROR before the state is loaded */
  activeProducers(): ActiveProducer[] {
    return Array.from(this.#loadedState().entries(), ([producerId, entry]) => ({
      producerId,
      producerEpoch: entry.epoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? NONE,
      lastTimestampMs: entry.lastTimestampMs,
      coordinatorEpoch: entry.coordinatorEpoch,
      transactionStart: entry.transactionStart,
    }));
  }

  /** Where each producer has got to in what is committed, for compaction. @throws as `activeProducers` */
  ends(highWatermark: number): ProducerEnds {
    const entries = [...this.#loadedState().entries()];
    const lastOffset = ({ batches }: ProducerEntry): number =>
      (batches.findLast(({ endOffset }) => endOffset <= highWatermark)?.endOffset ?? 0) - 1;
    return {
      producerId: BigInt64Array.from(entries, ([id]) => id),
      epoch: Int32Array.from(entries, ([, { epoch }]) => epoch),
      lastOffset: Float64Array.from(entries, ([, entry]) => lastOffset(entry)),
    };
  }

  /** True if the producer has a transaction open in this epoch. @throws as `activeProducers` */
  hasOpenTransaction(producerId: bigint, producerEpoch: number): boolean {
    return this.#loadedState().hasOpenTransaction(producerId, producerEpoch);
  }

  /** See ProducerState.startVerification. @throws as `activeProducers` */
  startVerification(batch: UnverifiedBatch, nowMs: number): TransactionVerification | null {
    return this.#loadedState().startVerification(batch, nowMs);
  }

  /**
   * The original if a batch with a producer id is a duplicate; null if it may be appended.
   * @throws KafkaError as ProducerState.check and checkCoordinator; as `activeProducers`
   */
  check(bytes: Buffer, { origin, verification = null }: AppendOptions): ProducerBatch | null {
    const state = this.#loadedState();
    if (origin === 'client') return state.check(bytes, verification);
    state.checkCoordinator(bytes, verification);
    return null;
  }

  /** @throws KafkaError as ProducerState.checkMarker; as `activeProducers` */
  checkMarker(marker: EndTransactionMarker): void {
    this.#loadedState().checkMarker(marker);
  }

  /** The transaction that a marker at `offset` aborts; null if the producer has none open. @throws as `activeProducers` */
  abortedBy(producerId: bigint, offset: number): AbortedTransaction | null {
    return this.#loadedState().abortedBy(producerId, offset);
  }

  /** Remembers a batch, or marker, that was queued. */
  appended(bytes: Buffer): void {
    this.#state?.appended(bytes);
  }

  /** All below is committed. */
  committed(highWatermark: number): void {
    this.#state?.transactions.committed(highWatermark);
  }

  /** Appended batches from `offset` on were lost: they are taken back, from a snapshot too. */
  rollBack(offset: number): void {
    this.#generation++;
    this.#isSnapshotStale = true;
    this.#state?.rollBack(offset);
    this.#replaceSnapshot(offset);
  }

  /**
   * Keeps the state with the stream, if the log has moved since the last time. `isForTrim`: on a full disk too; all
   * batches must be committed then, since those that are not may be lost in front of it.
   */
  writeSnapshot(logEndOffset: number, isForTrim = false): void {
    const isWritten = this.#snapshotOffset === logEndOffset && (this.#isSnapshotSure || !isForTrim);
    if (!this.#isLoaded || isWritten || this.#isSoonRead(logEndOffset)) return;
    this.#snapshotOffset = logEndOffset;
    this.#isSnapshotSure = false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#newest = promise;
    const onEnd = (isKept: boolean): void => {
      // A later one may have taken its place.
      if (!isKept && this.#snapshotOffset === logEndOffset) this.#snapshotOffset = -1;
      if (isKept && this.#newest === promise) this.#isSnapshotSure = true;
      resolve(isKept);
    };
    const bytes = encodeProducerState(this.#state ?? NO_PRODUCERS);
    const isSure = this.#engine.writeSnapshot(this.#stream, logEndOffset, bytes, onEnd, isForTrim);
    if (isSure) this.#isSnapshotSure = true;
  }

  /** True if some batch waits for the word of the transaction coordinator, which may still come. */
  isVerifying(nowMs: number): boolean {
    return this.#state?.isVerifying(nowMs) ?? false;
  }

  /** True if all that is known is with the stream; else it is written there, which may come to nothing. */
  isKept(logEndOffset: number): boolean {
    // An empty log is taken for one without producers, though a failed append may have left some.
    if (this.#loading !== null || this.#isSnapshotStale || (logEndOffset === 0 && this.size > 0)) return false;
    if (!this.#isLoaded || this.#isSoonRead(logEndOffset)) return true;
    if (this.#snapshotOffset !== logEndOffset) this.writeSnapshot(logEndOffset);
    // One that is on its way may be refused, and nobody would be left who knows.
    return this.#snapshotOffset === logEndOffset && this.#isSnapshotSure;
  }

  /**
   * Before records in front of `logStartOffset` go: keeps the state with the stream unless a snapshot covers them, since
   * after a crash nothing else would know their producers.
   * @param ends those of the log as they are
   * Resolves at once when that is so, or goes with the trim; else once the journal has it: what is not committed may be
   * refused by a disk that gets full, and with it the snapshot.
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk did not take it
   */
  async keepBeforeTrim(logStartOffset: number, ends: LogEnds): Promise<void> {
    for (let attempt = 1; attempt <= KEEP_ATTEMPTS; attempt++) {
      const isCovered = this.#snapshotOffset >= logStartOffset && this.#isSnapshotSure;
      if (this.size === 0 || isCovered) return;
      const { logEndOffset, highWatermark } = ends;
      const isCommitted = highWatermark === logEndOffset;
      this.writeSnapshot(logEndOffset, isCommitted);
      // A full disk that has no room for it even so needs what the trim frees.
      if (this.#isSnapshotSure || (await this.#newest) || isCommitted) return;
    }
    throw new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, 'There is no room for what is known of producers.');
  }

  /** Forgets producers whose newest timestamp is `expirationMs` old. */
  expire(nowMs: number, expirationMs: number): void {
    if ((this.#state?.expire(nowMs, expirationMs) ?? 0) > 0) this.#snapshotOffset = -1;
  }

  /** There are no producers, and who reads the log from the newest snapshot on soon knows. */
  #isSoonRead(logEndOffset: number): boolean {
    return this.size === 0 && this.#snapshotOffset >= 0 && logEndOffset - this.#snapshotOffset <= READ_AGAIN;
  }

  #loadedState(): ProducerState {
    if (this.#isLoaded) return (this.#state ??= new ProducerState());
    throw new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, 'The partition is still loading its producers.');
  }

  #loaded(state: ProducerState, logEndOffset: number): void {
    this.#isLoaded = true;
    this.#state = state.size === 0 ? null : state;
    this.#replaceSnapshot(logEndOffset);
  }

  /** Writes over a snapshot that may hold batches that were lost. */
  #replaceSnapshot(logEndOffset: number): void {
    if (!this.#isSnapshotStale || !this.#isLoaded) return;
    this.#snapshotOffset = -1;
    try {
      this.writeSnapshot(logEndOffset);
      this.#isSnapshotStale = false;
    } catch (error) {
      // An engine that takes no more writes: the next load, or the next failure, tries again.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  async #read(streamState: () => StreamState, onRead: (state: ProducerState) => unknown): Promise<void> {
    try {
      for (;;) {
        const generation = this.#generation;
        const { logStartOffset, logEndOffset } = streamState();
        const stored = this.#isSnapshotStale ? null : await this.#engine.readSnapshot(this.#stream);
        // A snapshot from beyond the end is of batches that a crash took. Others will take their offsets, so it must go.
        const isAhead = stored !== null && stored.offset > logEndOffset;
        if (isAhead) this.#isSnapshotStale = true;
        const usable = stored === null || isAhead ? null : decodeProducerState(stored.bytes);
        const state = usable ?? new ProducerState();
        const fromOffset =
          usable === null || stored === null ? logStartOffset : Math.max(stored.offset, logStartOffset);
        if (fromOffset < logEndOffset) {
          await this.#engine.scanHeaders(this.#stream, fromOffset, (header) => state.replay(header));
        }
        if (generation !== this.#generation) continue;
        if (stored === null && !this.#isSnapshotStale) this.#snapshotOffset = logStartOffset;
        if (usable !== null && stored !== null) {
          this.#snapshotOffset = stored.offset;
          this.#isSnapshotSure = true;
        }
        onRead(state);
        this.#loaded(state, streamState().logEndOffset);
        return;
      }
    } catch (error) {
      throw error instanceof KafkaError ? error : storageFailure(error);
    }
  }
}
