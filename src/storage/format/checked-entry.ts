/** Entries that are read one by one: what lies where one should be is checked whole before it counts. */
import { crc32c } from '../../../protocol/crc32c.ts';
import { headerCrc } from './entry.ts';
import type { EntryHeader, EntryKind } from './format.ts';
import { decodeEntryHeader, ENTRY_HEADER_BYTES, viewOf } from './format.ts';

export interface CheckedEntry {
  readonly header: EntryHeader;
  readonly payload: Buffer;
}

/**
 * The entry that `bytes`, read from `position` of a file, are from end to end; null unless it is a sound one of this kind.
 * Not for record batches that vouch for themselves.
 */
export function checkedEntry(bytes: Buffer, kind: EntryKind, salt: number, position: number): CheckedEntry | null {
  if (bytes.length < ENTRY_HEADER_BYTES) return null;
  const view = viewOf(bytes);
  const header = decodeEntryHeader(view, 0);
  const payload = bytes.subarray(ENTRY_HEADER_BYTES);
  if (header === null || header.kind !== kind || header.payloadLength !== payload.length) return null;
  const crc = crc32c(payload, headerCrc(view, 0, salt, position));
  return crc === view.getUint32(0, true) ? { header, payload } : null;
}
