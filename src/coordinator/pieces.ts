/** Cuts the records of an operation that need not be atomic into batches that any log takes. */
import type { RecordHeader } from '../../protocol/records/build.ts';
import type { EncodedRecord } from './types.ts';

const PIECE_RECORDS = 500;
/** Keys and values of a batch; a single record may have more. */
const PIECE_BYTES = 262_144;

/** A record with its bytes. */
export interface Encoded<T> extends EncodedRecord {
  readonly record: T;
  readonly headers: readonly RecordHeader[];
}

export function inPieces<T>(records: readonly Encoded<T>[]): readonly (readonly Encoded<T>[])[] {
  const pieces: Encoded<T>[][] = [];
  let piece: Encoded<T>[] = [];
  let bytes = 0;
  for (const encoded of records) {
    const size = encoded.key.length + (encoded.value?.length ?? 0);
    if (piece.length === PIECE_RECORDS || (piece.length > 0 && bytes + size > PIECE_BYTES)) {
      pieces.push(piece);
      piece = [];
      bytes = 0;
    }
    piece.push(encoded);
    bytes += size;
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}
