/** Offsets change by replaying records, and when transactions end (OffsetStore.endTransaction). */
import type { RecordPosition, Undo } from '../../types.ts';
import { ClassicGroup } from '../classic/group.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { RecordOwner } from '../protocol.ts';
import { offsetRecordType } from './records.ts';
import type { OffsetRecord } from './records.ts';

export const offsetRecords: RecordOwner<OffsetRecord> = { recordTypes: [offsetRecordType], replay: replayOffset };

function replayOffset(
  { groups, clock, offsets }: GroupEnvironment,
  record: OffsetRecord,
  position: RecordPosition,
): Undo {
  const { groupId, value } = record;
  // Whoever commits without being a member makes a group that only stores offsets.
  const made = value !== null && !groups.has(groupId) ? new ClassicGroup(groupId, clock.now()) : null;
  if (made !== null) groups.set(groupId, made);
  const undoOffset = offsets.replay(record, position);
  return () => {
    undoOffset();
    if (made !== null && groups.get(groupId) === made && made.isUnused) groups.delete(groupId);
  };
}
