/** Classic groups change in memory first and are stored at the end of each rebalance. */
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Group } from '../group.ts';
import type { GroupProtocol } from '../protocol.ts';
import { ClassicGroup } from './group.ts';
import { beginRebalance, resetSession } from './rebalance.ts';
import { classicGroupRecordType } from './records.ts';
import type { ClassicGroupRecord } from './records.ts';
import { restoredGroup } from './restored-group.ts';
import { cancelTimers } from './timers.ts';

export const classicProtocol: GroupProtocol<ClassicGroupRecord> = {
  type: 'classic',
  recordTypes: [classicGroupRecordType],
  replay: replayGroup,
  noteAppended,
  onLoaded,
};

function replayGroup(env: GroupEnvironment, record: ClassicGroupRecord): Undo {
  const { groupId, value } = record;
  const { groups } = env;
  const previous = groups.get(groupId);
  const former = previous instanceof ClassicGroup ? previous : null;
  // The end of a classic group whose id a group of another protocol has by now.
  if (value === null && previous !== undefined && former === null) return () => {};
  if (former !== null) cancelTimers(env, former);
  if (value === null) groups.delete(groupId);
  else groups.set(groupId, restoredGroup(record, value));
  return () => {
    if (previous === undefined) groups.delete(groupId);
    else groups.set(groupId, previous);
    if (former === null) return;
    // Its timers are gone: nobody would ever give up waiting for ids that were given out, nor for its members.
    former.pendingJoins.clear();
    for (const member of former.members) resetSession(env, former, member);
  };
}

function noteAppended(env: GroupEnvironment, record: ClassicGroupRecord): Undo {
  const group = env.groups.get(record.groupId);
  if (!(group instanceof ClassicGroup)) return () => {};
  const previous = group.stored;
  group.stored = record;
  return () => {
    group.stored = previous;
  };
}

function onLoaded(env: GroupEnvironment, group: Group): void {
  if (!(group instanceof ClassicGroup)) return;
  for (const member of group.members) resetSession(env, group, member);
  // The limit may have been lowered; members get a chance to commit before the last ones have to go.
  if (group.size > env.settings.maxSize) beginRebalance(env, group, 'the group is over its maximum size');
}
