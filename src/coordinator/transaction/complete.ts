/** The last step of a transaction: its markers are written, and the producer may begin the next one. */
import { answer, replayed } from '../types.ts';
import type { TransactionEnvironment, TransactionResult } from './environment.ts';
import { completed, isPrepared, type TransactionMetadata } from './metadata.ts';
import { transactionRecord } from './records.ts';

/** The id's metadata if its transaction is prepared, else null. */
export function preparedTransaction(env: TransactionEnvironment, transactionalId: string): TransactionMetadata | null {
  const metadata = env.transactions.get(transactionalId);
  return metadata !== undefined && isPrepared(metadata) ? metadata : null;
}

/** Nothing is done when it is not `prepared` any more that the id's transaction is at. */
export function completeTransaction(env: TransactionEnvironment, prepared: TransactionMetadata): TransactionResult {
  if (env.transactions.get(prepared.transactionalId) !== prepared) return answer(undefined);
  return replayed([transactionRecord(completed(prepared, env.clock.now()))], undefined);
}
