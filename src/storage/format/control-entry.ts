/** Entries that are no batches: only what they say needs to be given. */
import type { Slice } from '../../base/counted.ts';
import { type EntryFields, type OnCommit, PendingEntry } from './entry.ts';
import type { EntryKind } from './format.ts';

/** What an entry says; a number that is not given says nothing. */
export type ControlFields = Partial<EntryFields> & { readonly kind: EntryKind };

/** @param needsSync it is acknowledged, by `onCommit`, only once it is on the device */
export function controlEntry(
  fields: ControlFields,
  payload: Slice | null = null,
  needsSync = false,
  onCommit: OnCommit | null = null,
): PendingEntry {
  const unsaid = { flags: 0, stream: 0, baseOffset: 0, offsetCount: 0, leaderEpoch: -1, maxTimestampMs: -1 };
  return new PendingEntry({ ...unsaid, ...fields }, -1, payload, needsSync, onCommit);
}
