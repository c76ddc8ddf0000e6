/** What the operations of the transaction coordinator work on. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { KeyedTimers } from '../timers.ts';
import type { CoordinatorResult } from '../types.ts';
import { isEpochExhausted, NO_PRODUCER_ID, type TransactionMetadata } from './metadata.ts';
import type { TransactionRecord } from './records.ts';
import type { TransactionSettings } from './settings.ts';
import type { ClientTransactionVersion } from './types.ts';

export type TransactionResult<R = void> = CoordinatorResult<TransactionRecord, R>;

export interface TransactionEnvironment {
  readonly settings: TransactionSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timers: KeyedTimers<TransactionRecord>;
  /** All ids of one partition of __transaction_state. */
  readonly transactions: ReadonlyMap<string, TransactionMetadata>;
  /** Those in which a transaction is open. */
  readonly ongoing: ReadonlyMap<string, TransactionMetadata>;
  /** The level in force of the feature transaction.version. */
  transactionVersion(): number;
  /** A producer id that nobody had. @throws NoProducerIdError when none is at hand: the operation is run again then */
  takeProducerId(): bigint;
  /** Sees to it that an id is at hand soon, for what is not run again at once. */
  wantProducerId(): void;
}

/** Thrown by an operation, before it has done anything, that needs a producer id when there is none at hand. */
export class NoProducerIdError extends Error {}

/** Who writes in a transaction. */
export interface TransactionCaller {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** @throws KafkaError INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING */
export function existing(env: TransactionEnvironment, transactionalId: string): TransactionMetadata {
  if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST);
  const metadata = env.transactions.get(transactionalId);
  if (metadata === undefined) throw new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  return metadata;
}

/**
 * The metadata of the caller, who has the current epoch.
 * @throws KafkaError INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED
 */
export function ownedBy(env: TransactionEnvironment, caller: TransactionCaller): TransactionMetadata {
  const metadata = existing(env, caller.transactionalId);
  if (metadata.producerId !== caller.producerId) throw new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  if (metadata.producerEpoch !== caller.producerEpoch) throw new KafkaError(ErrorCode.PRODUCER_FENCED);
  return metadata;
}

/**
 * The producer id to go on with when a transaction is over, where its end takes the last epoch; else NO_PRODUCER_ID.
 * @throws NoProducerIdError
 */
export function producerIdAfter(
  env: TransactionEnvironment,
  { producerEpoch }: TransactionMetadata,
  version: ClientTransactionVersion,
): bigint {
  return version === 2 && isEpochExhausted(producerEpoch) ? env.takeProducerId() : NO_PRODUCER_ID;
}

/** @throws KafkaError UNSUPPORTED_VERSION for a newer client while the feature is at level 0, as its records are older */
export function checkClientVersion(env: TransactionEnvironment, clientVersion: ClientTransactionVersion): void {
  if (clientVersion > 0 && env.transactionVersion() === 0) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
}
