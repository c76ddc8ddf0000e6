/**
 * A record that is written anew stands behind records that are newer than it. Where it matters which came first, it
 * carries the offset it had first, in a header: readers of the topic's records do not look at headers.
 */
import type { RecordHeader } from '../../protocol/records/build.ts';

const KEY = 'walka.offset';
const NO_HEADERS: readonly RecordHeader[] = [];

/** Headers for a record that stood at `offset` first; undefined: it does not matter. */
export function firstOffsetHeaders(offset: number | undefined): readonly RecordHeader[] {
  return offset === undefined ? NO_HEADERS : [{ key: KEY, value: Buffer.from(String(offset)) }];
}

/** Where a record stood first, that stands at `offset` now. */
export function firstOffset(headers: readonly RecordHeader[], offset: number): number {
  for (const { key, value } of headers) {
    if (key === KEY && value !== null) return Number(Buffer.from(value).toString());
  }
  return offset;
}
