/** A classic group as its record says it was. */
import type { GroupMetadataValue } from '../../../../protocol/generated/group-metadata-value.ts';
import { ClassicGroup } from './group.ts';
import { GroupMember } from './member.ts';
import type { ClassicGroupRecord } from './records.ts';

/** The group that a record describes: Stable with its members, or Empty. */
export function restoredGroup(record: ClassicGroupRecord, value: GroupMetadataValue): ClassicGroup {
  const state = value.members.length > 0 ? 'Stable' : 'Empty';
  const group = new ClassicGroup(record.groupId, value.currentStateTimestamp, state);
  group.stored = record;
  group.generationId = value.generation;
  group.protocolName = value.protocol;
  for (const stored of value.members) {
    const { memberId, groupInstanceId, clientId, clientHost, sessionTimeout, assignment } = stored;
    group.add(
      new GroupMember({
        memberId,
        groupInstanceId,
        clientId,
        clientHost,
        rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? sessionTimeout : stored.rebalanceTimeout,
        sessionTimeoutMs: sessionTimeout,
        protocolType: value.protocolType,
        protocols: [{ name: value.protocol ?? '', metadata: stored.subscription }],
        assignment,
      }),
    );
  }
  group.protocolType = value.protocolType === '' ? null : value.protocolType;
  group.leaderId = value.leader;
  group.computeTopics();
  return group;
}
