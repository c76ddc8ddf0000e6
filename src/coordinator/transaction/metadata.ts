/**
 * What is known of one transactional id, and how it changes. Metadata is immutable: each change gives new metadata, which
 * goes to the log as one record. The rules of who may ask for which change are the operations'.
 */
import { PartitionSet, type TopicPartition } from './partition-set.ts';
import { MAX_PRODUCER_EPOCH } from '../../../protocol/records/batch.ts';
import type { TransactionOutcome } from '../../../protocol/records/markers.ts';
import type { ClientTransactionVersion, TransactionState } from './types.ts';

export const NO_PRODUCER_ID = -1n;
export const NO_PRODUCER_EPOCH = -1;
/** Clients never get it, so that a producer can always be fenced. */
export const MAX_EPOCH = MAX_PRODUCER_EPOCH;

export interface TransactionMetadata {
  readonly transactionalId: string;
  readonly producerId: bigint;
  /** The producer id before the last change; another one only after a new id was given out. */
  readonly previousProducerId: bigint;
  /** The id that the producer goes on with after a prepared transaction whose end used up the epochs, or -1. */
  readonly nextProducerId: bigint;
  /** -1 only before the first InitProducerId. */
  readonly producerEpoch: number;
  /** The epoch before the last one of the same producer, by which a retry is known, or -1. Forgotten at a restart. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  readonly partitions: PartitionSet;
  /** When the transaction began that is open or was the last one, in ms; -1 when there was none. */
  readonly startTimestampMs: number;
  readonly lastUpdateTimestampMs: number;
  /** Of the request that last changed the transaction. */
  readonly clientVersion: ClientTransactionVersion;
}

/** True when no further epoch may be given out for the producer id. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= MAX_EPOCH - 1;
}

export function isPrepared({ state }: TransactionMetadata): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}

/** How a prepared transaction ends. */
export function outcomeOf({ state }: TransactionMetadata): TransactionOutcome {
  return state === 'PrepareCommit' ? 'commit' : 'abort';
}

/** A transactional id that nobody had: its first epoch is yet to be given out. */
export function newTransaction(transactionalId: string, producerId: bigint): TransactionMetadata {
  return {
    transactionalId,
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: 0,
    state: 'Empty',
    partitions: PartitionSet.EMPTY,
    startTimestampMs: -1,
    lastUpdateTimestampMs: -1,
    clientVersion: 0,
  };
}

type Changes = Partial<TransactionMetadata> & Pick<TransactionMetadata, 'state' | 'lastUpdateTimestampMs'>;

function changed(metadata: TransactionMetadata, changes: Changes): TransactionMetadata {
  return { ...metadata, previousProducerId: metadata.producerId, ...changes };
}

/** A producer begins anew with an epoch, and with a producer id where that changes. */
export function initialized(
  metadata: TransactionMetadata,
  producer: Pick<TransactionMetadata, 'producerId' | 'producerEpoch' | 'lastProducerEpoch' | 'timeoutMs'>,
  nowMs: number,
): TransactionMetadata {
  return changed(metadata, {
    ...producer,
    state: 'Empty',
    partitions: PartitionSet.EMPTY,
    startTimestampMs: -1,
    lastUpdateTimestampMs: nowMs,
  });
}

/** Partitions are added; the first ones begin the transaction. */
export function withPartitions(
  metadata: TransactionMetadata,
  partitions: Iterable<TopicPartition>,
  clientVersion: ClientTransactionVersion,
  nowMs: number,
): TransactionMetadata {
  return changed(metadata, {
    state: 'Ongoing',
    partitions: metadata.partitions.with(partitions),
    startTimestampMs: metadata.state === 'Ongoing' ? metadata.startTimestampMs : nowMs,
    lastUpdateTimestampMs: nowMs,
    clientVersion,
  });
}

/**
 * The end is decided. From version 2 on that takes an epoch, and `nextProducerId` if it is the last one, so that what is
 * late of this transaction cannot end up in the next.
 */
export function prepared(
  metadata: TransactionMetadata,
  outcome: TransactionOutcome,
  clientVersion: ClientTransactionVersion,
  nextProducerId: bigint,
  nowMs: number,
): TransactionMetadata {
  const epochs =
    clientVersion === 2 ? { producerEpoch: epochAfter(metadata), lastProducerEpoch: metadata.producerEpoch } : {};
  return changed(metadata, {
    ...epochs,
    state: outcome === 'commit' ? 'PrepareCommit' : 'PrepareAbort',
    nextProducerId,
    // Version 2 may abort what has not begun.
    startTimestampMs: metadata.state === 'Ongoing' ? metadata.startTimestampMs : nowMs,
    lastUpdateTimestampMs: nowMs,
    clientVersion,
  });
}

/**
 * The abort of an open transaction that its producer did not ask for: the epoch grows, so that the producer is fenced.
 * Under version 2 it may come back by telling its old epoch to InitProducerId, and goes on with `nextProducerId` if there
 * is one.
 */
export function fenced(
  metadata: TransactionMetadata,
  version: ClientTransactionVersion,
  nextProducerId: bigint,
  nowMs: number,
): TransactionMetadata {
  const bumped =
    version === 2
      ? metadata
      : { ...metadata, producerEpoch: epochAfter(metadata), lastProducerEpoch: NO_PRODUCER_EPOCH };
  return prepared(bumped, 'abort', version, nextProducerId, nowMs);
}

/** Every marker is written. */
export function completed(metadata: TransactionMetadata, nowMs: number): TransactionMetadata {
  const isNewProducer = metadata.clientVersion === 2 && metadata.nextProducerId !== NO_PRODUCER_ID;
  return changed(metadata, {
    ...(isNewProducer && { producerId: metadata.nextProducerId, producerEpoch: 0 }),
    state: outcomeOf(metadata) === 'commit' ? 'CompleteCommit' : 'CompleteAbort',
    nextProducerId: NO_PRODUCER_ID,
    partitions: PartitionSet.EMPTY,
    lastUpdateTimestampMs: nowMs,
  });
}

function epochAfter({ producerEpoch }: TransactionMetadata): number {
  return Math.min(producerEpoch + 1, MAX_EPOCH);
}
