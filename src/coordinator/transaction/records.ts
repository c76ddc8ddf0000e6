/**
 * The records of __transaction_state in Kafka's formats: a key (version 0) and a value that each begin with their
 * version. Values are of version 1, whose tagged fields KIP-890 added; of version 0 while the feature
 * `transaction.version` is at level 0, but for ids that a newer client used before.
 */
import { readTransactionLogKey, writeTransactionLogKey } from '../../../protocol/generated/transaction-log-key.ts';
import {
  readTransactionLogValue,
  writeTransactionLogValue,
} from '../../../protocol/generated/transaction-log-value.ts';
import type { TransactionLogValue } from '../../../protocol/generated/transaction-log-value.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { Reader } from '../../../protocol/reader.ts';
import { Writer } from '../../../protocol/writer.ts';
import type { EncodedRecord, RecordCodec } from '../types.ts';
import { NO_PRODUCER_EPOCH, type TransactionMetadata } from './metadata.ts';
import { PartitionSet } from './partition-set.ts';
import type { TransactionState } from './types.ts';

const KEY_VERSION = 0;
const NEWEST_VALUE_VERSION = 1;

/** Kafka's numbers of the states that are stored. */
export const STORED_STATES: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
];

/** The newest metadata of an id; null forgets it. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly metadata: TransactionMetadata | null;
}

export function transactionRecord(metadata: TransactionMetadata): TransactionRecord {
  return { transactionalId: metadata.transactionalId, metadata };
}

export function transactionTombstone(transactionalId: string): TransactionRecord {
  return { transactionalId, metadata: null };
}

/** @param transactionVersion the level in force of the feature `transaction.version` */
export function transactionRecordCodec(transactionVersion: () => number): RecordCodec<TransactionRecord> {
  return {
    encode: (record) => {
      const needsTags = transactionVersion() >= 1 || (record.metadata?.clientVersion ?? 0) > 0;
      return encode(record, needsTags ? NEWEST_VALUE_VERSION : 0);
    },
    decode,
  };
}

function encode({ transactionalId, metadata }: TransactionRecord, version: number): EncodedRecord {
  const key = new Writer();
  key.int16(KEY_VERSION);
  writeTransactionLogKey(key, { transactionalId }, KEY_VERSION);
  if (metadata === null) return { key: key.toBuffer(), value: null };
  const value = new Writer();
  value.int16(version);
  const partitions = metadata.partitions.byTopic().map(({ topic, partitions: ids }) => ({ topic, partitionIds: ids }));
  const fields = {
    producerId: metadata.producerId,
    producerEpoch: metadata.producerEpoch,
    transactionTimeoutMs: metadata.timeoutMs,
    transactionStatus: STORED_STATES.indexOf(metadata.state),
    transactionPartitions: metadata.state === 'Empty' ? null : partitions,
    transactionLastUpdateTimestampMs: metadata.lastUpdateTimestampMs,
    transactionStartTimestampMs: metadata.startTimestampMs,
  };
  const tagged = {
    previousProducerId: metadata.previousProducerId,
    nextProducerId: metadata.nextProducerId,
    clientTransactionVersion: metadata.clientVersion,
  };
  writeTransactionLogValue(value, version >= 1 ? { ...fields, ...tagged } : fields, version);
  return { key: key.toBuffer(), value: value.toBuffer() };
}

/** @throws ProtocolError for bytes that are no such record */
function decode(key: Buffer, value: Buffer | null): TransactionRecord | null {
  const keyReader = new Reader(key);
  if (keyReader.int16() !== KEY_VERSION) return null;
  const { transactionalId } = readTransactionLogKey(keyReader, KEY_VERSION);
  if (value === null) return transactionTombstone(transactionalId);
  const reader = new Reader(value);
  const version = reader.int16();
  if (version > NEWEST_VALUE_VERSION) return null;
  const stored = readTransactionLogValue(reader, version);
  return transactionRecord(metadataOf(transactionalId, stored));
}

function metadataOf(transactionalId: string, stored: TransactionLogValue): TransactionMetadata {
  const state = STORED_STATES[stored.transactionStatus];
  if (state === undefined) {
    throw new ProtocolError('out-of-range', `${stored.transactionStatus} is no state of a transaction`);
  }
  const partitions = (stored.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
    partitionIds.map((partition) => ({ topic, partition })),
  );
  return {
    transactionalId,
    producerId: stored.producerId,
    previousProducerId: stored.previousProducerId,
    nextProducerId: stored.nextProducerId,
    producerEpoch: stored.producerEpoch,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: stored.transactionTimeoutMs,
    state,
    partitions: PartitionSet.of(partitions),
    startTimestampMs: stored.transactionStartTimestampMs,
    lastUpdateTimestampMs: stored.transactionLastUpdateTimestampMs,
    clientVersion: stored.clientTransactionVersion >= 2 ? 2 : 0,
  };
}
