/** The state machine of one partition of __transaction_state: what is known of its transactional ids. */
import type { Clock } from '../../base/clock.ts';
import type { CoordinatorShard, LiveRecords, ShardContext, Undo } from '../types.ts';
import type { TransactionEnvironment, TransactionResult } from './environment.ts';
import { abortTimedOut, forgetExpired } from './expire.ts';
import { isPrepared, type TransactionMetadata } from './metadata.ts';
import { transactionRecord, type TransactionRecord } from './records.ts';
import type { TransactionSettings } from './settings.ts';

const ABORT_TIMER = 'abort timed out transactions';
const EXPIRY_TIMER = 'forget expired ids';
/** Records of a piece of the live state. */
const PIECE_RECORDS = 500;

export interface TransactionShardOptions {
  readonly settings: TransactionSettings;
  readonly clock: Clock;
  readonly transactionVersion: () => number;
  readonly takeProducerId: () => bigint;
  readonly wantProducerId: () => void;
  /** Told of every id whose transaction is prepared: its markers are to be written once that is committed. */
  readonly onPrepared: (transactionalId: string) => void;
}

export class TransactionShard implements CoordinatorShard<TransactionRecord> {
  readonly env: TransactionEnvironment;
  readonly #transactions = new Map<string, TransactionMetadata>();
  readonly #ongoing = new Map<string, TransactionMetadata>();
  readonly #onPrepared: (transactionalId: string) => void;
  #isLoaded = false;

  constructor({ logger, timers }: ShardContext<TransactionRecord>, options: TransactionShardOptions) {
    const { settings, clock, transactionVersion, takeProducerId, wantProducerId, onPrepared } = options;
    this.#onPrepared = onPrepared;
    this.env = {
      settings,
      clock,
      logger,
      timers,
      transactions: this.#transactions,
      ongoing: this.#ongoing,
      transactionVersion,
      takeProducerId,
      wantProducerId,
    };
  }

  replay({ transactionalId, metadata }: TransactionRecord): Undo {
    const previous = this.#transactions.get(transactionalId);
    this.#change(transactionalId, metadata ?? undefined);
    // Its end may be lost long after anybody waited for that.
    return () => this.#change(transactionalId, previous);
  }

  #change(transactionalId: string, metadata: TransactionMetadata | undefined): void {
    this.#put(transactionalId, metadata);
    if (this.#isLoaded && metadata !== undefined && isPrepared(metadata)) this.#onPrepared(transactionalId);
  }

  #put(transactionalId: string, metadata: TransactionMetadata | undefined): void {
    if (metadata === undefined) this.#transactions.delete(transactionalId);
    else this.#transactions.set(transactionalId, metadata);
    if (metadata?.state === 'Ongoing') this.#ongoing.set(transactionalId, metadata);
    else this.#ongoing.delete(transactionalId);
  }

  /** Nobody writes to __transaction_state inside a transaction. */
  endTransaction(): Undo {
    return () => {};
  }

  /** What is appended anew says what is known already. */
  noteAppended(): Undo {
    return () => {};
  }

  onLoaded(): void {
    const { settings } = this.env;
    this.#isLoaded = true;
    for (const metadata of this.#transactions.values()) {
      if (isPrepared(metadata)) this.#onPrepared(metadata.transactionalId);
    }
    this.#every(ABORT_TIMER, () => settings.abortIntervalMs, abortTimedOut);
    this.#every(EXPIRY_TIMER, () => settings.idExpirationIntervalMs, forgetExpired);
  }

  #every(key: string, intervalMs: () => number, operation: (env: TransactionEnvironment) => TransactionResult): void {
    this.env.timers.set(key, intervalMs(), () => {
      this.#every(key, intervalMs, operation);
      return operation(this.env);
    });
  }

  onUnloaded(): void {
    this.#transactions.clear();
    this.#ongoing.clear();
  }

  *liveRecords(): Iterable<readonly LiveRecords<TransactionRecord>[]> {
    const ids = [...this.#transactions.keys()];
    for (let at = 0; at < ids.length; at += PIECE_RECORDS) {
      const records = ids.slice(at, at + PIECE_RECORDS).flatMap((id) => {
        const metadata = this.#transactions.get(id);
        return metadata === undefined ? [] : [transactionRecord(metadata)];
      });
      yield [{ records, producer: null }];
    }
  }
}
