/**
 * One partition of an internal topic with the state machine that lives in it: operations run against the newest state,
 * their records are replayed into it and appended, and what an operation answers is held back until everything it can
 * have seen is committed. When an append fails, the state goes back to what the log says.
 */
import { plainSlice } from '../base/counted.ts';
import type { Clock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import type { Logger } from '../base/logger.ts';
import type { PartitionLog } from '../partition/types.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { type Settle, settledWithin } from './deadlines.ts';
import { coordinatorError } from './errors.ts';
import { loadLog } from './load.ts';
import { inPieces } from './pieces.ts';
import type { Encoded } from './pieces.ts';
import { KeyedTimers } from './timers.ts';
import type { CoordinatorResult, CoordinatorShard, RecordCodec, ShardContext, Undo } from './types.ts';

/** The newest Produce version: its rules are those of the broker's own appends. */
const PRODUCE_VERSION = 13;

interface InFlight {
  readonly undos: readonly Undo[];
  readonly settles: Settle[];
}

export interface ShardRunnerOptions<T, S extends CoordinatorShard<T>> {
  readonly log: PartitionLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly codec: RecordCodec<T>;
  readonly makeShard: (context: ShardContext<T>) => S;
  /** How long an answer waits for commits at most, in ms. */
  readonly writeTimeoutMs: () => number;
}

export type ShardStatus = 'loading' | 'active' | 'failed' | 'closed';

export class ShardRunner<T, S extends CoordinatorShard<T>> {
  readonly log: PartitionLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #codec: RecordCodec<T>;
  readonly #timers: KeyedTimers<T>;
  readonly #deadlines: Deadlines;
  readonly #writeTimeoutMs: () => number;
  readonly #shard: S;
  readonly #inFlight: InFlight[] = [];
  #status: ShardStatus = 'loading';
  #recordsLoaded = 0;

  constructor(options: ShardRunnerOptions<T, S>) {
    this.log = options.log;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ topic: options.log.topicName, partition: options.log.index });
    this.#codec = options.codec;
    this.#timers = new KeyedTimers(options.clock, (operation) => this.#runTimer(operation));
    this.#deadlines = new Deadlines(options.clock);
    this.#writeTimeoutMs = options.writeTimeoutMs;
    this.#shard = options.makeShard({
      partition: options.log.index,
      logger: this.#logger,
      timers: this.#timers,
    });
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
      await this.log.ready();
      const bytes = await loadLog(this.log, (key, value) => this.#replayLoaded(key, value));
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
        error: cause instanceof Error ? cause.message : String(cause),
      });
    }
  }

  #replayLoaded(key: Buffer | null, value: Buffer | null): void {
    if (this.#status !== 'loading' || key === null) return;
    const record = this.#decode(key, value);
    if (record === null) return;
    this.#shard.replay(record);
    this.#recordsLoaded++;
  }

  #decode(key: Buffer, value: Buffer | null): T | null {
    try {
      return this.#codec.decode(key, value);
    } catch (cause) {
      // One record that nobody can read must not take all groups of the partition away.
      this.#logger.warn('coordinator-record-skipped', 'A record of the coordinator cannot be read and is skipped.', {
        error: cause instanceof Error ? cause.message : String(cause),
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
    return this.#run(operation, (settle) => settledWithin(this.#deadlines, this.#writeTimeoutMs(), settle));
  }

  /** Runs an operation for which nobody waits, so that it may take its time. */
  #run<R>(
    operation: (shard: S) => CoordinatorResult<T, R>,
    limit: (settle: Settle) => Settle = (settle) => settle,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const result = operation(this.shard);
      const settle = limit((error) => {
        result.onSettled?.(error);
        if (error === null) resolve(result.response);
        else reject(error);
      });
      this.#whenSettled(result, settle);
    });
  }

  /** Runs a query; the answer comes when all that it can have seen is committed. @throws KafkaError as write */
  read<R>(query: (shard: S) => R): Promise<R> {
    return this.write((shard) => ({ records: [], response: query(shard) }));
  }

  #runTimer(operation: () => CoordinatorResult<T, void>): void {
    if (this.#status !== 'active') return;
    this.#run(operation).catch((error: unknown) => {
      this.#logger.warn('coordinator-timer-failed', 'What a timer of the coordinator did could not be stored.', {
        error: error instanceof Error ? error.message : String(error),
      });
    });
  }

  #whenSettled(result: CoordinatorResult<T, unknown>, settle: Settle): void {
    if (result.records.length > 0) {
      this.#append(result, settle);
      return;
    }
    const last = this.#inFlight.at(-1);
    if (last === undefined) settle(null);
    else last.settles.push(settle);
  }

  #append(result: CoordinatorResult<T, unknown>, settle: Settle): void {
    const { replay = true, isAtomic = true } = result;
    let records: readonly Encoded<T>[];
    try {
      records = result.records.map((record) => ({ record, ...this.#codec.encode(record) }));
    } catch (cause) {
      settle(coordinatorError(cause));
      return;
    }
    const pieces = isAtomic ? [records] : inPieces(records);
    let left = pieces.length;
    let failure: KafkaError | null = null;
    for (const piece of pieces) {
      this.#appendBatch(piece, replay, (error) => {
        failure ??= error;
        if (--left === 0) settle(failure);
      });
    }
  }

  /** Appends first and replays second: a refused append leaves the state untouched. */
  #appendBatch(records: readonly Encoded<T>[], replay: boolean, settle: Settle): void {
    const timestampMs = this.#clock.now();
    let endOffset: number;
    try {
      const batch = buildBatch(records.map(({ key, value }) => ({ key, value, timestampMs })));
      const options = { origin: 'coordinator', produceVersion: PRODUCE_VERSION } as const;
      endOffset = this.log.append(plainSlice(batch), options).endOffset;
    } catch (cause) {
      settle(coordinatorError(cause));
      return;
    }
    const entry: InFlight = {
      undos: records.map(({ record }) => (replay ? this.#shard.replay(record) : this.#shard.noteAppended(record))),
      settles: [settle],
    };
    this.#inFlight.push(entry);
    this.log.whenCommitted(endOffset, (error) => {
      if (error === null) this.#committed(entry);
      else this.#lost(entry, error);
    });
  }

  /** Commits come in log order: what lies before `entry` is committed as well. */
  #committed(entry: InFlight): void {
    const count = this.#inFlight.indexOf(entry) + 1;
    for (const done of this.#inFlight.splice(0, count)) {
      for (const settle of done.settles) settle(null);
    }
  }

  /** A lost append takes all later ones with it: the log ends before it. */
  #lost(entry: InFlight, cause: Error): void {
    const index = this.#inFlight.indexOf(entry);
    if (index < 0) return;
    const lost = this.#inFlight.splice(index);
    for (const { undos } of lost.toReversed()) {
      for (const undo of undos.toReversed()) undo();
    }
    const error = coordinatorError(cause);
    for (const { settles } of lost) {
      for (const settle of settles) settle(error);
    }
  }

  /**
   * Appends records that say nothing new (see CoordinatorShard.liveRecords); resolves when they, or without any those
   * before, are committed.
   */
  rewrite(records: readonly T[]): Promise<void> {
    return this.#run(() => ({ records, response: undefined, replay: false, isAtomic: false }));
  }

  /** Stops serving; everything parked is answered with `error`. */
  close(error: KafkaError): void {
    if (this.#status === 'closed') return;
    const wasActive = this.#status === 'active';
    this.#status = 'closed';
    const lost = this.#inFlight.splice(0);
    for (const { settles } of lost) {
      for (const settle of settles) settle(error);
    }
    if (wasActive) this.#shard.onUnloaded(error);
    this.#timers.cancelAll();
    this.#deadlines.close();
  }
}
