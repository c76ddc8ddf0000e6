/** Applies records of consumer groups to the groups of a partition. */
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import { undoAll } from '../modern/member.ts';
import { applyRecord } from './apply.ts';
import { ConsumerGroup } from './group.ts';
import type { ConsumerRecord } from './records.ts';

const NO_UNDO: Undo = () => {};
/**
 * Applies a record to its group, which is made for its first record and goes with the tombstone of its epoch. What other
 * protocols have of the id gives way: their tombstones came before.
 */
export function replayRecord(env: GroupEnvironment, record: ConsumerRecord): Undo {
  const { groups } = env;
  const { groupId } = record;
  const former = groups.get(groupId);
  if (former instanceof ConsumerGroup) {
    if (record.kind !== 'consumer-epoch' || record.value !== null) return applyRecord(former, record);
    groups.delete(groupId);
    return () => groups.set(groupId, former);
  }
  if (record.value === null) return NO_UNDO;
  const group = new ConsumerGroup(groupId);
  groups.set(groupId, group);
  return undoing(applyRecord(group, record), () => {
    if (former === undefined) groups.delete(groupId);
    else groups.set(groupId, former);
  });
}

function undoing(applied: Undo, made: Undo): Undo {
  return () => undoAll([made, applied]);
}
