/** What a partition remembers of one producer. */
import { addSequence } from '../../protocol/records/batch.ts';
import type { AppendResult } from './types.ts';

/** Batches remembered per producer: as many as a client may have in flight. */
export const BATCHES_PER_PRODUCER = 5;

/** Stands for no epoch, no sequence, no time and no offset. */
export const NONE = -1;

/** A batch as it was appended. */
export interface ProducerBatch {
  firstSequence: number;
  lastSequence: number;
  baseOffset: number;
  /** Exclusive. */
  endOffset: number;
  /** Largest timestamp of the batch in ms. */
  timestampMs: number;
}

export interface ProducerEntry {
  epoch: number;
  /** Largest timestamp of the newest batch or marker in ms. */
  lastTimestampMs: number;
  /** The newest batches of this epoch, oldest first. */
  readonly batches: ProducerBatch[];
  /** Sequence that must come first while there are no batches. */
  firstSequence: number;
  /** Epoch of the transaction coordinator that wrote the last marker, or -1. */
  coordinatorEpoch: number;
  /** First offset of the open transaction, or -1. */
  transactionStart: number;
}

export function newEntry(epoch: number): ProducerEntry {
  return {
    epoch,
    lastTimestampMs: NONE,
    batches: [],
    firstSequence: 0,
    coordinatorEpoch: NONE,
    transactionStart: NONE,
  };
}

/** The producer goes on in another epoch, whose sequences start at 0. An open transaction stays open. */
export function beginEpoch(entry: ProducerEntry, epoch: number): void {
  if (entry.epoch === epoch) return;
  entry.epoch = epoch;
  entry.batches.length = 0;
  entry.firstSequence = 0;
}

/** A place for one batch more; the oldest goes if there are too many. */
export function nextBatch({ batches }: ProducerEntry): ProducerBatch {
  const batch =
    batches.length < BATCHES_PER_PRODUCER
      ? { firstSequence: NONE, lastSequence: NONE, baseOffset: NONE, endOffset: NONE, timestampMs: NONE }
      : (batches.shift() as ProducerBatch);
  batches.push(batch);
  return batch;
}

/** The sequence that follows. */
export function expectedSequence(entry: ProducerEntry): number {
  const newest = entry.batches.at(-1);
  return newest === undefined ? entry.firstSequence : addSequence(newest.lastSequence, 1);
}

/** A copy that shares nothing. */
export function copyOf(entry: ProducerEntry): ProducerEntry {
  return { ...entry, batches: entry.batches.map((batch) => ({ ...batch })) };
}

/** What the append of a duplicate answers: where the original is. */
export function duplicateOf(
  { baseOffset, endOffset, timestampMs }: ProducerBatch,
  logStartOffset: number,
): AppendResult {
  return { baseOffset, endOffset, logAppendTimeMs: timestampMs, logStartOffset, duplicate: true };
}
