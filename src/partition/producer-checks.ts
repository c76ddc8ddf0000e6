/** What must hold of a batch with a producer id, by what is known of its producer. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  baseSequence,
  isTransactional,
  lastSequence,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts';
import { expectedSequence, NONE, type ProducerBatch, type ProducerEntry } from './producer-entry.ts';
import type { TransactionVerification } from './verification.ts';

/** The batch with the same epoch and sequences, if it is one of the last. */
export function duplicateIn(entry: ProducerEntry, bytes: Buffer): ProducerBatch | null {
  if (producerEpoch(bytes, 0) !== entry.epoch) return null;
  const first = baseSequence(bytes, 0);
  const last = lastSequence(bytes, 0);
  for (const batch of entry.batches) {
    if (batch.firstSequence === first && batch.lastSequence === last) return batch;
  }
  return null;
}

export function staleEpoch(id: bigint, epoch: number, newest: number): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `Producer ${id} has epoch ${epoch}, the newest seen is ${newest}.`,
  );
}

/** @throws KafkaError INVALID_PRODUCER_EPOCH */
export function checkEpoch(entry: ProducerEntry, bytes: Buffer): void {
  const epoch = producerEpoch(bytes, 0);
  if (epoch < entry.epoch) throw staleEpoch(producerId(bytes, 0), epoch, entry.epoch);
}

/**
 * @param verification what is under way of the producer's, as in Kafka also for a batch in no transaction; or null
 * @throws KafkaError OUT_OF_ORDER_SEQUENCE_NUMBER
 */
export function checkSequence(
  entry: ProducerEntry | undefined,
  bytes: Buffer,
  verification: TransactionVerification | null,
): void {
  const first = baseSequence(bytes, 0);
  if (verification !== null) {
    const isKnown = entry !== undefined && entry.batches.length > 0;
    if (verification.supportsEpochBump && first !== 0 && !isKnown) throw outOfOrder(bytes, 0);
    if (first > verification.lowestSequence) throw outOfOrder(bytes, verification.lowestSequence);
  }
  if (entry === undefined || entry.epoch === NONE) return;
  const expected = producerEpoch(bytes, 0) === entry.epoch ? expectedSequence(entry) : 0;
  if (first !== expected) throw outOfOrder(bytes, expected);
}

function outOfOrder(bytes: Buffer, expected: number): KafkaError {
  const who = `Producer ${producerId(bytes, 0)}, epoch ${producerEpoch(bytes, 0)}`;
  return new KafkaError(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `${who}, has sequence ${baseSequence(bytes, 0)} where ${expected} follows.`,
  );
}

/** A producer writes nothing beside its transaction. @throws KafkaError INVALID_TXN_STATE */
export function checkTransaction(entry: ProducerEntry, bytes: Buffer): void {
  if (entry.transactionStart < 0 || isTransactional(bytes, 0)) return;
  throw new KafkaError(
    ErrorCode.INVALID_TXN_STATE,
    `Producer ${producerId(bytes, 0)} has a transaction open, and this batch is not in it.`,
  );
}
