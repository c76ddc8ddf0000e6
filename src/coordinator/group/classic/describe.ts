/** DescribeGroups: classic groups with their members. Those of other protocols are missing here. */
import { boundedMessage, ErrorCode } from '../../../../protocol/errors.ts';
import type { DescribedGroup } from '../../../../protocol/generated/describe-groups-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupEnvironment } from '../environment.ts';
import { ClassicGroup } from './group.ts';
import { NO_BYTES } from './member.ts';

/** First version that says a group is missing instead of calling it Dead without an error. */
const GROUP_ID_NOT_FOUND_VERSION = 6;

/** A group as it is, or that it is missing; the texts are Kafka's, which its own tests compare. */
export function describeGroup(env: GroupEnvironment, groupId: string, apiVersion: number): Input<DescribedGroup> {
  const group = env.groups.get(groupId);
  if (group instanceof ClassicGroup) return describe(group);
  if (apiVersion < GROUP_ID_NOT_FOUND_VERSION) return { groupId, groupState: 'Dead', errorCode: ErrorCode.NONE };
  const text = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`;
  return {
    groupId,
    groupState: 'Dead',
    errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
    errorMessage: boundedMessage(text),
  };
}

/** Subscriptions are shown in a stable group only, where a protocol is in force. */
function describe(group: ClassicGroup): Input<DescribedGroup> {
  const isStable = group.state === 'Stable';
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadata(group.protocolName) : NO_BYTES,
      memberAssignment: member.assignment,
    })),
  };
}
