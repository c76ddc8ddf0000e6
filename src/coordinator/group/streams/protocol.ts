/** Streams groups (KIP-1071) change by replaying records; what members report of their state is kept beside. */
import type { GroupEnvironment } from '../environment.ts';
import type { Group } from '../group.ts';
import type { GroupProtocol } from '../protocol.ts';
import { resetSession, watchRevocation } from './fence.ts';
import { MemberState } from './member.ts';
import {
  assignmentEpochType,
  memberAssignmentType,
  memberType,
  streamsGroupType,
  targetType,
  topologyType,
} from './record-types.ts';
import type { StreamsRecord } from './records.ts';
import { replayStreamsRecord } from './replay.ts';
import { StreamsGroup } from './streams-group.ts';

export const streamsProtocol: GroupProtocol<StreamsRecord> = {
  type: 'streams',
  recordTypes: [streamsGroupType, memberType, assignmentEpochType, targetType, memberAssignmentType, topologyType],
  replay: replayStreamsRecord,
  onLoaded,
};

/** Every member has to be heard of again in time. */
function onLoaded(env: GroupEnvironment, group: Group): void {
  if (!(group instanceof StreamsGroup)) return;
  for (const member of group.members.values()) {
    resetSession(env, group.groupId, member.memberId);
    if (member.state === MemberState.UNREVOKED_TASKS) watchRevocation(env, group.groupId, member);
  }
}
