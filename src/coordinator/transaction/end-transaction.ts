/**
 * EndTxn: decides how a transaction ends. The answer comes when the decision is stored; the markers follow.
 *
 * Up to v4 the producer keeps its epoch, and asking again for the same end succeeds. From v5 on every end takes an epoch
 * (KIP-890), so that a request that comes late, for the transaction before, is known by its epoch: it is a retry if it
 * asks for the same end again, and refused otherwise.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { TransactionOutcome } from '../../../protocol/records/markers.ts';
import { answer, replayed } from '../types.ts';
import { checkClientVersion, existing, ownedBy, producerIdAfter } from './environment.ts';
import type { TransactionCaller, TransactionEnvironment, TransactionResult } from './environment.ts';
import type { ProducerIdAndEpoch } from './init-producer-id.ts';
import { MAX_EPOCH, completed, isPrepared, outcomeOf, prepared } from './metadata.ts';
import type { TransactionMetadata } from './metadata.ts';
import { transactionRecord } from './records.ts';
import type { ClientTransactionVersion } from './types.ts';

/**
 * Gives the producer id and epoch to go on with.
 * @throws KafkaError INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, INVALID_TXN_STATE,
 *   UNSUPPORTED_VERSION
 */
export function endTransaction(
  env: TransactionEnvironment,
  caller: TransactionCaller,
  outcome: TransactionOutcome,
  clientVersion: ClientTransactionVersion,
): TransactionResult<ProducerIdAndEpoch> {
  return clientVersion === 2 ? endBumping(env, caller, outcome) : endKeeping(env, caller, outcome);
}

function endKeeping(
  env: TransactionEnvironment,
  caller: TransactionCaller,
  outcome: TransactionOutcome,
): TransactionResult<ProducerIdAndEpoch> {
  const metadata = ownedBy(env, caller);
  if (metadata.state === 'Empty') throw new KafkaError(ErrorCode.INVALID_TXN_STATE);
  if (metadata.state !== 'Ongoing') return endedAlready(metadata, outcome);
  return decide(env, metadata, outcome, 0);
}

function endBumping(
  env: TransactionEnvironment,
  caller: TransactionCaller,
  outcome: TransactionOutcome,
): TransactionResult<ProducerIdAndEpoch> {
  const metadata = existing(env, caller.transactionalId);
  const isRetry = isRetryOfLastEnd(metadata, caller);
  if (metadata.producerId !== caller.producerId && !isRetry) {
    throw new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  }
  if (isRetry && metadata.state !== 'Empty' && metadata.state !== 'Ongoing') return endedAlready(metadata, outcome);
  // While a transaction is prepared nobody has its epoch yet.
  if (
    metadata.producerEpoch !== caller.producerEpoch ||
    metadata.producerId !== caller.producerId ||
    isPrepared(metadata)
  ) {
    throw new KafkaError(ErrorCode.PRODUCER_FENCED);
  }
  if (metadata.state !== 'Ongoing' && outcome === 'commit') throw new KafkaError(ErrorCode.INVALID_TXN_STATE);
  return decide(env, metadata, outcome, 2);
}

/** Whether the caller has the epoch, or the last one of the former producer id, that the last end took. */
function isRetryOfLastEnd(metadata: TransactionMetadata, caller: TransactionCaller): boolean {
  if (metadata.producerId === caller.producerId) return metadata.producerEpoch === caller.producerEpoch + 1;
  return (
    metadata.previousProducerId === caller.producerId &&
    caller.producerEpoch === MAX_EPOCH - 1 &&
    metadata.producerEpoch === 0
  );
}

/** @throws KafkaError CONCURRENT_TRANSACTIONS while markers are missing, INVALID_TXN_STATE if it ended the other way */
function endedAlready(
  metadata: TransactionMetadata,
  outcome: TransactionOutcome,
): TransactionResult<ProducerIdAndEpoch> {
  const ended = isPrepared(metadata) ? outcomeOf(metadata) : metadata.state === 'CompleteCommit' ? 'commit' : 'abort';
  if (ended !== outcome) throw new KafkaError(ErrorCode.INVALID_TXN_STATE);
  if (isPrepared(metadata)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS);
  const { producerId, producerEpoch } = metadata;
  return answer({ producerId, producerEpoch });
}

function decide(
  env: TransactionEnvironment,
  metadata: TransactionMetadata,
  outcome: TransactionOutcome,
  version: ClientTransactionVersion,
): TransactionResult<ProducerIdAndEpoch> {
  checkClientVersion(env, version);
  const nextProducerId = producerIdAfter(env, metadata, version);
  const nowMs = env.clock.now();
  const decided = prepared(metadata, outcome, version, nextProducerId, nowMs);
  const { producerId, producerEpoch } = completed(decided, nowMs);
  return replayed([transactionRecord(decided)], { producerId, producerEpoch });
}
