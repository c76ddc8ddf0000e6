/** DescribeTransactions (KIP-664): where one transactional id stands. */
import type { Input } from '../../../protocol/input.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { TransactionState } from '../../../protocol/generated/describe-transactions-response.ts';
import type { TransactionEnvironment } from './environment.ts';

/** @throws KafkaError INVALID_REQUEST, TRANSACTIONAL_ID_NOT_FOUND */
export function describeTransaction(env: TransactionEnvironment, transactionalId: string): Input<TransactionState> {
  if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST);
  const metadata = env.transactions.get(transactionalId);
  if (metadata === undefined) throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
  return {
    transactionalId,
    producerId: metadata.producerId,
    producerEpoch: metadata.producerEpoch,
    transactionState: metadata.state,
    transactionTimeoutMs: metadata.timeoutMs,
    transactionStartTimeMs: metadata.startTimestampMs,
    topics: metadata.partitions.byTopic(),
  };
}
