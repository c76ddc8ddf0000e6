/** What time ends: transactions that are open for too long, and transactional ids that nobody uses any more. */
import { split } from '../types.ts';
import { NoProducerIdError, type TransactionEnvironment, type TransactionResult } from './environment.ts';
import { abortFenced } from './fence.ts';
import { isPrepared, type TransactionMetadata } from './metadata.ts';
import { type TransactionRecord, transactionTombstone } from './records.ts';

/** Aborts every transaction that is open for longer than its producer asked for. */
export function abortTimedOut(env: TransactionEnvironment): TransactionResult {
  const nowMs = env.clock.now();
  const late = [...env.ongoing.values()].filter(
    ({ startTimestampMs, timeoutMs }) => startTimestampMs + timeoutMs < nowMs,
  );
  if (late.length > 0) {
    env.logger.info('transactions-timed-out', 'Transactions that took too long are aborted.', {
      transactionalIds: late.slice(0, 10).map(({ transactionalId }) => transactionalId),
      count: late.length,
    });
  }
  return split(
    late.flatMap((metadata) => abortUnlessItWaits(env, metadata)),
    undefined,
  );
}

/** The abort of one transaction; nothing where it takes a producer id and none is at hand: the next look has one. */
function abortUnlessItWaits(env: TransactionEnvironment, metadata: TransactionMetadata): TransactionRecord[] {
  try {
    return [abortFenced(env, metadata)];
  } catch (error) {
    if (!(error instanceof NoProducerIdError)) throw error;
    env.wantProducerId();
    return [];
  }
}

/** Forgets the ids whose last transaction ended, or that were initialized, too long ago. */
export function forgetExpired(env: TransactionEnvironment): TransactionResult {
  const beforeMs = env.clock.now() - env.settings.idExpirationMs;
  const expired = [...env.transactions.values()].filter(
    (metadata) => metadata.state !== 'Ongoing' && !isPrepared(metadata) && metadata.lastUpdateTimestampMs <= beforeMs,
  );
  if (expired.length > 0) {
    env.logger.info('transactional-ids-expired', 'Transactional ids have expired.', { count: expired.length });
  }
  return split(
    expired.map(({ transactionalId }) => transactionTombstone(transactionalId)),
    undefined,
  );
}
