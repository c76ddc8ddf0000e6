/**
 * What has to happen before somebody writes into a partition inside a transaction (KIP-890): the partition must be part
 * of it, or its marker would never come. Newer clients leave it to the broker to add the partition; of older ones it is
 * checked that they did.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { addPartitions, findPartitions } from './add-partitions.ts';
import type { TransactionCoordinator } from './coordinator.ts';
import type { TransactionCaller } from './environment.ts';
import type { TopicPartition } from './partition-set.ts';
import type { ClientTransactionVersion } from './types.ts';

export interface Enlistment {
  readonly caller: TransactionCaller;
  readonly partitions: readonly TopicPartition[];
  /** 2: the partitions are added; 0: the client has to have added them. */
  readonly clientVersion: ClientTransactionVersion;
  /** How long to wait at most for the end of the transaction before, in ms, instead of CONCURRENT_TRANSACTIONS. */
  readonly waitMs: number;
}

/**
 * The error of each partition, or null where it is part of the open transaction: TRANSACTION_ABORTABLE where it is not;
 * INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS and those of a coordinator, of all.
 */
export async function enlist(
  transactions: TransactionCoordinator,
  enlistment: Enlistment,
): Promise<readonly (KafkaError | null)[]> {
  const { caller, partitions, waitMs } = enlistment;
  try {
    return await attempt(transactions, enlistment);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    if (error.code !== ErrorCode.CONCURRENT_TRANSACTIONS || waitMs <= 0) return partitions.map(() => error);
  }
  await transactions.whenEnded(caller.transactionalId, waitMs);
  return enlist(transactions, { ...enlistment, waitMs: 0 });
}

async function attempt(
  transactions: TransactionCoordinator,
  { caller, partitions, clientVersion }: Enlistment,
): Promise<readonly (KafkaError | null)[]> {
  if (clientVersion === 2) {
    await transactions.write(caller.transactionalId, (env) => addPartitions(env, caller, partitions, clientVersion));
    return partitions.map(() => null);
  }
  const runner = transactions.runnerFor(caller.transactionalId);
  const found = await runner.read(({ env }) => findPartitions(env, caller, partitions));
  return found.map((isFound) => (isFound ? null : new KafkaError(ErrorCode.TRANSACTION_ABORTABLE)));
}
