/** Cuts the records of an operation that need not be atomic into batches that any log takes. */
import type { RecordHeader } from '../../protocol/records/build.ts';
import type { EncodedRecord } from './types.ts';

const BATCH_RECORDS = 500;
/** Keys and values of a batch; a single record may have more. */
const BATCH_BYTES = 262_144;

/** A record with its bytes. */
export interface Encoded<T> extends EncodedRecord {
  readonly record: T;
  readonly headers: readonly RecordHeader[];
}

export function splitBatches<T>(records: readonly Encoded<T>[]): readonly (readonly Encoded<T>[])[] {
  const batches: Encoded<T>[][] = [];
  let batch: Encoded<T>[] = [];
  let bytes = 0;
  for (const encoded of records) {
    const size = encoded.key.length + (encoded.value?.length ?? 0);
    if (batch.length === BATCH_RECORDS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(encoded);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
