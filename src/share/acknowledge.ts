/** What acknowledgements say about records in flight; nothing is changed before all of them are found to be right. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { InFlightBatch, OffsetRange } from './in-flight-batch.ts';
import type { InFlight } from './in-flight.ts';
import { RecordState } from './record-status.ts';

/** Kafka's acknowledge types on the wire. */
export const AcknowledgeType = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const;
export type AcknowledgeType = (typeof AcknowledgeType)[keyof typeof AcknowledgeType];

/** Offsets are inclusive; one type for all records, or one for each. */
export interface Acknowledgement {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly types: readonly number[];
}

/** Records of one batch that are acknowledged alike. */
export interface AcknowledgedRange extends OffsetRange {
  readonly batch: InFlightBatch;
  readonly type: AcknowledgeType;
}

/**
 * Which records the acknowledgements are about, in order; those before the start offset are done with and count as acknowledged.
 * @throws KafkaError INVALID_REQUEST past what was ever acquired, and for unknown types; INVALID_RECORD_STATE for
 *   records that the member has not acquired
 */
export function rangesOf(
  inFlight: InFlight,
  memberId: string,
  acknowledgements: readonly Acknowledgement[],
): AcknowledgedRange[] {
  const ranges: AcknowledgedRange[] = [];
  let nextOffset = -1;
  for (const acknowledgement of acknowledgements) {
    const { firstOffset, lastOffset } = acknowledgement;
    if (lastOffset < inFlight.startOffset) continue;
    const batches = batchesOf(inFlight, acknowledgement);
    if (firstOffset < nextOffset) throw invalidState('The offset cannot be acknowledged. The offset is not acquired.');
    nextOffset = lastOffset + 1;
    for (const batch of batches) {
      if (batch.lastOffset < inFlight.startOffset) continue;
      const added = ranges.length;
      addRanges(ranges, batch, inFlight.startOffset, acknowledgement);
      for (const range of ranges.slice(added)) checkOwner(range, memberId);
    }
  }
  return ranges;
}

function batchesOf(inFlight: InFlight, { firstOffset, lastOffset }: Acknowledgement): readonly InFlightBatch[] {
  const { batches, startOffset } = inFlight;
  const isCut = firstOffset < startOffset;
  const floor = batches.floor(firstOffset) ?? (isCut ? batches.floor(startOffset) : undefined);
  if (floor === undefined) {
    throw invalidState('Batch record not found. The request batch offsets are not found in the cache.');
  }
  const last = batches.floor(lastOffset) ?? floor;
  if (last.lastOffset < firstOffset) throw pastAcquired('first');
  if (last.lastOffset < lastOffset) throw pastAcquired('last');
  return batches.overlapping(firstOffset, lastOffset);
}

function addRanges(
  ranges: AcknowledgedRange[],
  batch: InFlightBatch,
  startOffset: number,
  acknowledgement: Acknowledgement,
): void {
  const { types } = acknowledgement;
  const first = Math.max(batch.firstOffset, acknowledgement.firstOffset, startOffset);
  const last = Math.min(batch.lastOffset, acknowledgement.lastOffset);
  if (types.length === 1) {
    ranges.push({ batch, firstOffset: first, lastOffset: last, type: knownType(types[0]) });
    return;
  }
  for (let offset = first; offset <= last; ) {
    const type = types[offset - acknowledgement.firstOffset];
    let end = offset;
    while (end < last && types[end + 1 - acknowledgement.firstOffset] === type) end += 1;
    ranges.push({ batch, firstOffset: offset, lastOffset: end, type: knownType(type) });
    offset = end + 1;
  }
}

function knownType(type: number | undefined): AcknowledgeType {
  if (type === undefined || type < AcknowledgeType.GAP || type > AcknowledgeType.RENEW) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, `Invalid acknowledge type: ${type}`);
  }
  return type as AcknowledgeType;
}

function checkOwner({ batch, firstOffset, lastOffset }: AcknowledgedRange, memberId: string): void {
  for (const { status } of batch.runsIn(firstOffset, lastOffset)) {
    if (status.state !== RecordState.ACQUIRED) {
      throw invalidState('The batch cannot be acknowledged. The batch is not in the acquired state.');
    }
    if (status.lock?.memberId !== memberId) throw invalidState('Member is not the owner of batch record');
  }
}

function invalidState(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD_STATE, message);
}

function pastAcquired(which: 'first' | 'last'): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_REQUEST,
    `Batch record not found. The ${which} offset in request is past acquired records.`,
  );
}
