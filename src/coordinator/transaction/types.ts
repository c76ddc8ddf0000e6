/** Words that the transaction coordinator and those around it share. */
import type { EndTransactionMarker } from '../../partition/types.ts';
import type { TopicPartition } from './partition-set.ts';

/** A prepared transaction's end is decided: only its markers are missing. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

/**
 * What the client's request version says of the protocol it speaks (KIP-890): 2 from Produce v12, TxnOffsetCommit v5 and
 * EndTxn v5 on, where the epoch grows with every transaction; 0 before.
 */
export type ClientTransactionVersion = 0 | 2;

/** Writes the markers of one transaction. */
export interface TransactionMarkers {
  /**
   * Resolves when the marker is committed in each partition that still exists. What can be tried again is, for as long as
   * it takes. @throws KafkaError NOT_COORDINATOR (as a rejection) when the broker stops
   */
  write(partitions: Iterable<TopicPartition>, marker: EndTransactionMarker): Promise<void>;
}
