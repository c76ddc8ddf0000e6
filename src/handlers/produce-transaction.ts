/**
 * The part of Produce that has to do with transactions (KIP-890): a batch that begins its producer's transaction in a
 * partition is appended only once the transaction coordinator knows of it. From v12 on the broker tells it; before, the
 * client has to have done so. Partitions in which the transaction is open already cost nothing.
 */
import { ErrorCode, errorName, KafkaError } from '../../protocol/errors.ts';
import type { ProduceRequest } from '../../protocol/generated/produce-request.ts';
import {
  BATCH_OVERHEAD,
  baseSequence,
  hasProducerId,
  isTransactional,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts';
import type { Slice } from '../base/counted.ts';
import { enlist } from '../coordinator/transaction/enlist.ts';
import type { PartitionLog } from '../partition/types.ts';
import type { TransactionVerification } from '../partition/verification.ts';
import type { RequestContext } from './types.ts';

/** First version whose partitions are added by the broker. */
const ADDED_FROM = 12;
/** First version that may answer TRANSACTION_ABORTABLE. */
const ABORTABLE_FROM = 11;
const MAGIC_FIELD = 16;

/** A batch on its way into a partition. */
export interface TransactionalWrite {
  readonly partition: PartitionLog;
  readonly records: Slice;
  /** What `append` wants to have, once the coordinator agreed. */
  verification: TransactionVerification | null;
}

/** Whether a request writes inside a transaction, as its batches say. */
export function hasTransactionalBatch(request: ProduceRequest): boolean {
  return request.topicData.some((topic) =>
    topic.partitionData.some(({ records }) => records !== null && isTransactionalBatch(records)),
  );
}

function isTransactionalBatch(records: Buffer): boolean {
  return records.length >= BATCH_OVERHEAD && records[MAGIC_FIELD] === 2 && isTransactional(records, 0);
}

/** Who writes a transactional batch; null of any other. */
export function transactionalProducer(records: Buffer): string | null {
  if (!isTransactionalBatch(records) || !hasProducerId(records, 0)) return null;
  return `${producerId(records, 0)} ${producerEpoch(records, 0)}`;
}

/**
 * Sees to it that the partitions of `writes`, which are ready to be appended and whose transactional batches are of one
 * producer, are part of the transaction; null when there is nothing to ask. `refuse` is told of each that is not.
 */
export function enlistWrites<W extends TransactionalWrite>(
  context: RequestContext,
  transactionalId: string | null,
  writes: readonly W[],
  refuse: (write: W, error: KafkaError) => void,
): Promise<void> | null {
  if (transactionalId === null) return null;
  const supportsEpochBump = context.apiVersion >= ADDED_FROM;
  const beginning = writes.filter((write) => begins(write, supportsEpochBump));
  const [first] = beginning;
  if (first === undefined) return null;
  const { settings } = context.services.transactions;
  if (!supportsEpochBump && !settings.verifiesPartitions) return null;
  return ask(context, transactionalId, beginning, refuse);
}

/** Whether the batch begins a transaction of its producer in the partition. */
function begins(write: TransactionalWrite, supportsEpochBump: boolean): boolean {
  const { bytes } = write.records;
  if (!isTransactionalBatch(bytes) || !hasProducerId(bytes, 0)) return false;
  write.verification = write.partition.startVerification({
    producerId: producerId(bytes, 0),
    producerEpoch: producerEpoch(bytes, 0),
    baseSequence: baseSequence(bytes, 0),
    supportsEpochBump,
  });
  return write.verification !== null;
}

async function ask<W extends TransactionalWrite>(
  { services, apiVersion }: RequestContext,
  transactionalId: string,
  writes: readonly W[],
  refuse: (write: W, error: KafkaError) => void,
): Promise<void> {
  const { bytes } = (writes[0] as W).records;
  const caller = { transactionalId, producerId: producerId(bytes, 0), producerEpoch: producerEpoch(bytes, 0) };
  const isAdded = apiVersion >= ADDED_FROM;
  const errors = await enlist(services.transactions, {
    caller,
    partitions: writes.map(({ partition }) => ({ topic: partition.topicName, partition: partition.index })),
    clientVersion: isAdded ? 2 : 0,
    waitMs: isAdded ? services.transactions.settings.addRetryMs : 0,
  });
  for (const [index, write] of writes.entries()) {
    const error = errors[index] ?? null;
    if (error !== null) refuse(write, produceError(error, apiVersion));
  }
}

/** An error of the coordinator, as a producer of this version takes it. */
function produceError(error: KafkaError, version: number): KafkaError {
  switch (error.code) {
    case ErrorCode.PRODUCER_FENCED:
      return new KafkaError(ErrorCode.INVALID_PRODUCER_EPOCH);
    case ErrorCode.TRANSACTION_ABORTABLE:
      if (version >= ABORTABLE_FROM) return error;
      return new KafkaError(ErrorCode.INVALID_TXN_STATE, 'Partition was not added to the transaction');
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return version >= ADDED_FROM ? error : cannotVerify(error);
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return cannotVerify(error);
    default:
      return error;
  }
}

/** An error of the append of a batch that the coordinator agreed to: the transaction may have ended meanwhile. */
export function verifiedTooEarly(error: unknown, version: number): unknown {
  const isTooEarly = error instanceof KafkaError && error.code === ErrorCode.INVALID_TXN_STATE;
  return isTooEarly && version >= ABORTABLE_FROM ? new KafkaError(ErrorCode.TRANSACTION_ABORTABLE) : error;
}

/** What any producer takes for a reason to try again. */
function cannotVerify({ code }: KafkaError): KafkaError {
  return new KafkaError(
    ErrorCode.NOT_ENOUGH_REPLICAS,
    `Unable to verify the partition has been added to the transaction. Underlying error: ${errorName(code)}`,
  );
}
