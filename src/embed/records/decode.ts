/** From batches to records as a program sees them: as its consumers would, without markers and aborted records. */
import { AbortedFilter } from '../../../protocol/records/aborted.ts';
import { batchPositions, type DecodedRecord, decodeRecords } from '../../../protocol/records/iterate.ts';
import type { AbortedTransaction } from '../../storage/types.ts';
import type { ConsumedRecord, RecordFormat } from './types.ts';

/**
 * The records of whole batches that lie back to back, in order. `aborted` are the transactions whose records are left
 * out.
 */
export async function* recordsOf(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
): AsyncGenerator<DecodedRecord, void, undefined> {
  const filter = new AbortedFilter(aborted);
  for (const at of batchPositions(bytes)) if (filter.shows(bytes, at)) yield* await decodeRecords(bytes, at);
}

/** A record in a format. @throws SyntaxError for a value that is no JSON, with its place */
export function shown<F extends RecordFormat>(
  topic: string,
  partition: number,
  record: DecodedRecord,
  format: F,
): ConsumedRecord<F> {
  const { offset, timestampMs: timestamp, key, value, headers } = record;
  // Each gets its own memory: a record that is kept must not keep the whole batch.
  const show = (data: Uint8Array | null): string | Buffer | null => {
    if (data === null) return null;
    return format === 'bytes' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length).toString();
  };
  const shownValue = format === 'json' ? parsed(value, `${topic}-${partition}@${offset}`) : show(value);
  const shownHeaders = Object.fromEntries(headers.map((header) => [header.key, show(header.value)]));
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: show(key),
    value: shownValue,
    headers: shownHeaders,
  } as ConsumedRecord<F>;
}

function parsed(value: Buffer | null, place: string): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value.toString()) as unknown;
  } catch (cause) {
    throw new SyntaxError(`The value of ${place} is no JSON: ${(cause as Error).message}`, { cause });
  }
}
