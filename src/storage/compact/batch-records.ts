/** The records of a batch as compaction reads them. */
import { isTooLarge } from '../../../protocol/compression/damaged.ts';
import { codecNumbered, loadedCodec } from '../../../protocol/compression/codecs.ts';
import {
  BATCH_OVERHEAD,
  baseOffset,
  CompressionCodec,
  compressionCodec,
  lastOffsetDelta,
  recordsCount,
  sizeInBytes,
  verifyCrc,
} from '../../../protocol/records/batch.ts';
import { RecordCursor } from '../../../protocol/records/iterate.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { inSteps, type Pause, type Steps } from '../../base/steps.ts';

/**
 * Bytes that a batch may expand to: a client may have packed gigabytes into a few kilobytes. What is larger is neither
 * searched for keys nor thinned out. That costs space, and no record: what is kept beside it is only ever older.
 */
const MAX_EXPANDED_BYTES = 128 * 1024 * 1024;

/** Records that are looked at in one step. */
export const RECORDS_PER_STEP = 20_000;
/** Bytes that are copied in one step. */
const BYTES_PER_STEP = 4 * 1024 * 1024;

let expandedNow = 0;

/** Bytes that `bodyOf` has expanded at once so far: whoever works in slices counts them, too. */
export function expandedAtOnce(): number {
  return expandedNow;
}

/** @throws KafkaError CORRUPT_MESSAGE unless `batch` is a whole batch with the CRC that it states */
export function mustBeSound(batch: Buffer): void {
  if (batch.length >= BATCH_OVERHEAD && sizeInBytes(batch, 0) === batch.length && verifyCrc(batch, 0)) return;
  throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'The checksum of a batch is not that of its bytes.');
}

/**
 * The records of a batch, uncompressed; null if they are too large. A promise where they are compressed and not small.
 * @throws KafkaError INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE; also as a rejection
 */
export function bodyOf(batch: Buffer, pause: Pause): Buffer | null | Promise<Buffer | null> {
  const stored = batch.subarray(BATCH_OVERHEAD);
  const number = compressionCodec(batch, 0);
  if (number === CompressionCodec.NONE) return stored;
  const codec = loadedCodec(number);
  const pieces: Buffer[] = [];
  if (codec?.expandNow(stored, MAX_EXPANDED_BYTES, (piece) => void pieces.push(Buffer.from(piece))) === true) {
    const body = wholeNow(pieces);
    expandedNow += body.length;
    return body;
  }
  return expandLarge(stored, number, pause);
}

async function expandLarge(stored: Buffer, number: number, pause: Pause): Promise<Buffer | null> {
  const codec = await codecNumbered(number);
  const pieces: Buffer[] = [];
  try {
    let left = BYTES_PER_STEP;
    await codec.expand(stored, MAX_EXPANDED_BYTES, (piece) => {
      pieces.push(Buffer.from(piece));
      left -= piece.length;
      if (left > 0 || pause === null) return undefined;
      left = BYTES_PER_STEP;
      return pause();
    });
    return await inSteps(whole(pieces), pause);
  } catch (error) {
    if (error instanceof KafkaError && isTooLarge(error.cause)) return null;
    throw error;
  }
}

function wholeNow(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

/** The pieces as one. */
function* whole(pieces: readonly Buffer[]): Steps<Buffer> {
  const bytes = Buffer.allocUnsafe(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    if ((at % BYTES_PER_STEP) + piece.length > BYTES_PER_STEP) yield;
    at += piece.copy(bytes, at);
  }
  return bytes;
}

/** A cursor over the records of `body`. @throws KafkaError INVALID_RECORD */
export function recordsOf(batch: Buffer, body: Buffer): RecordCursor {
  return new RecordCursor(body, recordsCount(batch, 0));
}

/**
 * Offset delta by which a record counts: nobody checked what the client wrote, so one that lies outside its batch would
 * make later records of its key look old.
 */
export function soundDelta(offsetDelta: number, batch: Buffer): number {
  return Math.max(0, Math.min(offsetDelta, lastOffsetDelta(batch, 0)));
}

/** Why a stream with this batch cannot be compacted. */
export function problemOf(batch: Buffer, error: KafkaError): string {
  return `The batch at offset ${baseOffset(batch, 0)} cannot be read: ${error.message}`;
}
