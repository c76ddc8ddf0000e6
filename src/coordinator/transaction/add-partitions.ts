/** AddPartitionsToTxn and AddOffsetsToTxn: makes partitions part of the producer's transaction, or looks whether they are. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { answer, replayed } from '../types.ts';
import {
  checkClientVersion,
  ownedBy,
  type TransactionCaller,
  type TransactionEnvironment,
  type TransactionResult,
} from './environment.ts';
import { isPrepared, type TransactionMetadata, withPartitions } from './metadata.ts';
import type { TopicPartition } from './partition-set.ts';
import { transactionRecord } from './records.ts';
import type { ClientTransactionVersion } from './types.ts';

/**
 * Adds partitions; the first ones begin a transaction.
 * @throws KafkaError INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS,
 *   UNSUPPORTED_VERSION
 */
export function addPartitions(
  env: TransactionEnvironment,
  caller: TransactionCaller,
  partitions: readonly TopicPartition[],
  clientVersion: ClientTransactionVersion,
): TransactionResult {
  const metadata = writable(env, caller);
  if (metadata.state === 'Ongoing' && metadata.partitions.hasAll(partitions)) return answer(undefined);
  checkClientVersion(env, clientVersion);
  const changed = withPartitions(metadata, partitions, clientVersion, env.clock.now());
  return replayed([transactionRecord(changed)], undefined);
}

/**
 * For each partition whether it is in the producer's open transaction.
 * @throws KafkaError as addPartitions
 */
export function findPartitions(
  env: TransactionEnvironment,
  caller: TransactionCaller,
  partitions: readonly TopicPartition[],
): readonly boolean[] {
  const metadata = writable(env, caller);
  return partitions.map((partition) => metadata.partitions.has(partition));
}

function writable(env: TransactionEnvironment, caller: TransactionCaller): TransactionMetadata {
  const metadata = ownedBy(env, caller);
  if (isPrepared(metadata)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS);
  return metadata;
}
