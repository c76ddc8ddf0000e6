/**
 * Ends prepared transactions: waits until the decision is committed, writes the markers, then notes that the
 * transaction is complete. Whatever fails is tried again for as long as the broker runs; a start goes on with what it
 * finds prepared.
 */
import { microtask } from '../../base/real-time.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { messageOf } from '../../base/realms.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { Pauses } from '../pauses.ts';
import type { ShardRunner } from '../shard-runner.ts';
import { completeTransaction, preparedTransaction } from './complete.ts';
import { outcomeOf, type TransactionMetadata } from './metadata.ts';
import type { TransactionRecord } from './records.ts';
import type { TransactionShard } from './transaction-shard.ts';
import type { TransactionMarkers } from './types.ts';

/** Pause before what failed is tried again. */
const RETRY_MS = 100;

type Runner = ShardRunner<TransactionRecord, TransactionShard>;

export interface CompletionsOptions {
  readonly markers: TransactionMarkers;
  /** @throws KafkaError NOT_COORDINATOR */
  readonly runnerFor: (transactionalId: string) => Runner;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Completions {
  readonly #options: CompletionsOptions;
  readonly #pauses: Pauses;
  /** By transactional id: who waits for the end of its transaction. */
  readonly #running = new Map<string, Set<() => void>>();

  constructor(options: CompletionsOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options.clock);
  }

  /** Sees to it that the id's prepared transaction ends. May be called again at any time. */
  begin(transactionalId: string): void {
    if (this.#pauses.isClosed || this.#running.has(transactionalId)) return;
    this.#running.set(transactionalId, new Set());
    // Whoever tells of it is still in the middle of its write.
    microtask(() => void this.#run(transactionalId));
  }

  /**
   * Calls back once the id's prepared transaction has ended, or the broker stops; gives what stops that. Null when there
   * is nothing to wait for.
   */
  onceEnded(transactionalId: string, callback: () => void): (() => void) | null {
    const waiting = this.#running.get(transactionalId);
    if (waiting === undefined) return null;
    waiting.add(callback);
    return () => void waiting.delete(callback);
  }

  async #run(transactionalId: string): Promise<void> {
    while (!this.#pauses.isClosed) {
      let failure: unknown = null;
      try {
        const runner = this.#options.runnerFor(transactionalId);
        const prepared = await runner.read(({ env }) => preparedTransaction(env, transactionalId));
        if (prepared !== null) await this.#end(runner, prepared);
      } catch (error) {
        failure = error;
      }
      // Looked at in the turn in which this ends: what is prepared from then on begins anew.
      if (this.#isOver(transactionalId)) break;
      if (failure !== null) await this.#wait(transactionalId, failure);
    }
    this.#tellWaiting(transactionalId);
    this.#running.delete(transactionalId);
  }

  async #end(runner: Runner, prepared: TransactionMetadata): Promise<void> {
    const { transactionalId, producerId, producerEpoch, clientVersion } = prepared;
    await this.#options.markers.write(prepared.partitions, {
      producerId,
      producerEpoch,
      coordinatorEpoch: runner.log.leaderEpoch,
      outcome: outcomeOf(prepared),
      transactionVersion: clientVersion,
    });
    const completed = runner.write(({ env }) => completeTransaction(env, prepared));
    // The next transaction may begin: what it writes comes behind the end of this one.
    this.#tellWaiting(transactionalId);
    await completed;
  }

  /** True when nothing of the id is prepared, or its log is not served here any more: then the next start goes on. */
  #isOver(transactionalId: string): boolean {
    try {
      return preparedTransaction(this.#options.runnerFor(transactionalId).shard.env, transactionalId) === null;
    } catch (error) {
      return !(error instanceof KafkaError && error.code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    }
  }

  #tellWaiting(transactionalId: string): void {
    const waiting = this.#running.get(transactionalId);
    if (waiting === undefined) return;
    const callbacks = [...waiting];
    waiting.clear();
    for (const callback of callbacks) callback();
  }

  #wait(transactionalId: string, error: unknown): Promise<void> {
    this.#options.logger.warn('transaction-end-delayed', 'A transaction could not be ended yet; it is tried again.', {
      transactionalId,
      error: messageOf(error),
    });
    return this.#pauses.pause(RETRY_MS);
  }

  close(): void {
    this.#pauses.close();
    for (const transactionalId of this.#running.keys()) this.#tellWaiting(transactionalId);
  }
}
