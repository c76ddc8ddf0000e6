/**
 * One partition of an internal topic with the state machine that lives in it: operations run against the newest state,
 * their records are replayed into it and appended, and what an operation answers is held back until everything it can
 * have seen is committed. When an append fails, the state goes back to what the log says.
 */
import type { Clock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import type { Logger } from '../base/logger.ts';
import { messageOf } from '../base/realms.ts';
import type { EndTransactionMarker, PartitionLog } from '../partition/types.ts';
import type { TransactionVerification } from '../partition/verification.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { type Settle, settledWithin } from './settled-within.ts';
import { coordinatorError } from './errors.ts';
import { InFlightAppends } from './in-flight.ts';
import { loadLog } from './load.ts';
import { type Batching, ShardAppends } from './shard-appends.ts';
import { KeyedTimers } from './timers.ts';
import { answer } from './types.ts';
import type {
  AppliedResult,
  CoordinatorResult,
  CoordinatorShard,
  LiveRecords,
  RecordCodec,
  RecordPosition,
  StateMachine,
  TransactionalProducer,
} from './types.ts';

/** Until what a timer could not store is tried again. */
const TIMER_RETRY_MS = 5000;
const NO_TRANSACTION = { producer: null };

export interface ShardRunnerOptions<T, S extends CoordinatorShard<T>> {
  readonly log: PartitionLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stateMachine: Promise<StateMachine<T, S>>;
  /** How long an answer waits for commits at most, in ms. */
  readonly writeTimeoutMs: () => number;
}

export type ShardStatus = 'loading' | 'active' | 'failed' | 'closed';

export class ShardRunner<T, S extends CoordinatorShard<T>> {
  readonly log: PartitionLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stateMachine: Promise<StateMachine<T, S>>;
  readonly #timers: KeyedTimers<T>;
  readonly #deadlines: Deadlines;
  readonly #writeTimeoutMs: () => number;
  /** All there once the state is loading. */
  #codec!: RecordCodec<T>;
  #shard!: S;
  #appends!: ShardAppends<T>;
  readonly #inFlight: InFlightAppends;
  #status: ShardStatus = 'loading';
  #recordsLoaded = 0;

  constructor(options: ShardRunnerOptions<T, S>) {
    this.log = options.log;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ topic: options.log.topicName, partition: options.log.index });
    this.#stateMachine = options.stateMachine;
    this.#timers = new KeyedTimers(options.clock, (operation, key) => this.#runTimer(operation, key));
    this.#deadlines = new Deadlines(options.clock);
    this.#writeTimeoutMs = options.writeTimeoutMs;
    this.#inFlight = new InFlightAppends(options.log);
  }

  get status(): ShardStatus {
    return this.#status;
  }

  /** The state machine. @throws KafkaError COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR */
  get shard(): S {
    if (this.#status === 'loading') throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    if (this.#status !== 'active') throw new KafkaError(ErrorCode.NOT_COORDINATOR);
    return this.#shard;
  }

  /** Replays the log and becomes active. Never rejects: a log that cannot be read leaves the shard failed. */
  async load(): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    try {
      const [{ codec, makeShard }] = await Promise.all([this.#stateMachine, this.log.ready()]);
      this.#codec = codec;
      this.#appends = new ShardAppends(this.log, this.#clock, this.#inFlight, codec);
      this.#shard = makeShard({ partition: this.log.index, logger: this.#logger, timers: this.#timers });
      const bytes = await loadLog(this.log, {
        record: (key, value, position) => this.#replayLoaded(key, value, position),
        marker: (producer, outcome) => {
          if (this.#status === 'loading') this.#shard.endTransaction(producer, outcome);
        },
      });
      if (this.#status !== 'loading') return;
      this.#status = 'active';
      this.#shard.onLoaded();
      if (this.#recordsLoaded > 0) {
        const tookMs = Math.round(this.#clock.monotonicMs() - startedMs);
        this.#logger.info('coordinator-loaded', 'Coordinator state is loaded.', {
          records: this.#recordsLoaded,
          bytes,
          tookMs,
        });
      }
    } catch (cause) {
      if (this.#status !== 'loading') return;
      this.#status = 'failed';
      this.#logger.error('coordinator-load-failed', 'Coordinator state cannot be read: its groups are not served.', {
        error: messageOf(cause),
      });
    }
  }

  #replayLoaded(key: Buffer | null, value: Buffer | null, position: RecordPosition): void {
    if (this.#status !== 'loading' || key === null) return;
    const record = this.#decode(key, value);
    if (record === null) return;
    this.#shard.replay(record, position);
    this.#recordsLoaded++;
  }

  #decode(key: Buffer, value: Buffer | null): T | null {
    try {
      return this.#codec.decode(key, value);
    } catch (cause) {
      // One record that nobody can read must not take all groups of the partition away.
      this.#logger.warn('coordinator-record-skipped', 'A record of the coordinator cannot be read and is skipped.', {
        error: messageOf(cause),
      });
      return null;
    }
  }

  /**
   * Runs an operation; what it answers comes when its records, and all before them, are committed.
   * @throws KafkaError (as a rejection) of the operation itself, of the shard's status, or of the append;
   *   COORDINATOR_NOT_AVAILABLE when the commit takes too long: it may still come after that
   */
  write<R>(operation: (shard: S) => CoordinatorResult<T, R>): Promise<R> {
    return this.#run(operation, NO_TRANSACTION, (settle) => this.#inTime(settle));
  }

  /**
   * As `write`, but what need not be waited for is answered at once: nothing is written, and all that the operation can
   * have seen is committed. @throws KafkaError of the operation itself and of the shard's status, which `write` rejects with
   */
  writeOrAnswer<R>(operation: (shard: S) => CoordinatorResult<T, R>): R | Promise<R> {
    if (!this.#inFlight.isEmpty) return this.write(operation);
    const result = operation(this.shard);
    if (result.kind === 'replayed' && result.records.length === 0) return result.response;
    return this.write(() => result);
  }

  /**
   * As `write`, inside the producer's transaction: the records count when, and if, it is committed. Where it is not open
   * in the log yet, `verification` is what the log gave before the transaction coordinator was asked.
   */
  writeInTransaction<R>(
    producer: TransactionalProducer,
    verification: TransactionVerification | null,
    operation: (shard: S) => CoordinatorResult<T, R>,
  ): Promise<R> {
    // A copy: the state keeps it, and not all else that the caller knows of the producer.
    const { producerId, producerEpoch } = producer;
    const transaction = { producer: { producerId, producerEpoch }, verification };
    return this.#run(operation, transaction, (settle) => this.#inTime(settle));
  }

  /**
   * Runs a query; what it answers or throws comes when all that it can have seen is committed.
   * @throws KafkaError as write
   */
  async read<R>(query: (shard: S) => R): Promise<R> {
    const attempt = await this.write((shard) => answer(attempted(() => query(shard))));
    return attempt();
  }

  /**
   * Ends the producer's transaction in this partition; resolves when the marker is committed, however long that takes.
   * @throws KafkaError (as a rejection) of the shard's status, or of the append
   */
  endTransaction(marker: EndTransactionMarker): Promise<void> {
    return new Promise((resolve, reject) => {
      const { shard } = this;
      const settle: Settle = (error) => (error === null ? resolve() : reject(error));
      let endOffset: number;
      try {
        endOffset = this.log.appendMarker(marker).endOffset;
      } catch (cause) {
        settle(coordinatorError(cause));
        return;
      }
      this.#inFlight.add(endOffset, [shard.endTransaction(marker, marker.outcome)], settle);
    });
  }

  #inTime(settle: Settle): Settle {
    return settledWithin(this.#deadlines, this.#writeTimeoutMs(), settle);
  }

  #run<R>(
    operation: (shard: S) => CoordinatorResult<T, R>,
    transaction: Pick<Batching<T>, 'producer' | 'verification'> = NO_TRANSACTION,
    limit: (settle: Settle) => Settle = (settle) => settle,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const { shard } = this;
      const result = operation(shard);
      const isApplied = result.kind === 'applied';
      const answered: Settle = (error) => (error === null ? resolve(result.response) : reject(error));
      const settle = isApplied ? settlingApplied(result, answered, limit) : limit(answered);
      this.#appends.append(result.records, settle, {
        ...transaction,
        isSplit: result.kind === 'split',
        apply: (record, position) => (isApplied ? shard.noteAppended(record) : shard.replay(record, position)),
      });
    });
  }

  /** Nobody waits for what a timer does, so that it may take its time, and is tried again. */
  #runTimer(operation: () => CoordinatorResult<T, void>, key: string): void {
    if (this.#status !== 'active') return;
    this.#run(operation).catch((error: unknown) => {
      // Closed, it is left to whoever reads the log next.
      if (this.#status !== 'active') return;
      if (!this.#timers.has(key)) this.#timers.set(key, TIMER_RETRY_MS, operation);
      this.#logger.warn('coordinator-timer-failed', 'What a timer of the coordinator did could not be stored.', {
        error: messageOf(error),
      });
    });
  }

  /**
   * Appends records that say nothing new (see CoordinatorShard.liveRecords), all in this turn; resolves when they and
   * those before are committed, however long that takes.
   */
  rewrite(live: readonly LiveRecords<T>[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const { shard } = this;
      const settle: Settle = (error) => (error === null ? resolve() : reject(error));
      this.#appends.appendLive(live, settle, (record) => shard.noteAppended(record));
    });
  }

  /** Stops serving; everything parked is answered with `error`. */
  close(error: KafkaError): void {
    if (this.#status === 'closed') return;
    const wasActive = this.#status === 'active';
    this.#status = 'closed';
    this.#inFlight.abandon(error);
    if (wasActive) this.#shard.onUnloaded(error);
    this.#timers.cancelAll();
    this.#deadlines.close();
  }
}

/** Tells the operation of the outcome before it is answered; where it is awaited, that may be that it took too long. */
function settlingApplied<T, R>(
  { onSettled, isAwaited }: AppliedResult<T, R>,
  answered: Settle,
  limit: (settle: Settle) => Settle,
): Settle {
  const settling =
    (then: Settle): Settle =>
    (error) => {
      onSettled(error);
      then(error);
    };
  return isAwaited ? limit(settling(answered)) : settling(limit(answered));
}

/** Calls now; what is given then returns, or throws, what came of it. */
function attempted<R>(call: () => R): () => R {
  try {
    const result = call();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
