/** DescribeGroups: classic groups with their members. Others are not told of, as if they did not exist. */
import { boundedMessage, ErrorCode } from '../../../../protocol/errors.ts';
import type { DescribedGroup } from '../../../../protocol/generated/describe-groups-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupEnvironment } from '../environment.ts';
import { classicGroup } from './find.ts';
import type { ClassicGroup } from './group.ts';
import { NO_BYTES } from './member.ts';

/** First version that says a group is missing instead of calling it Dead without an error. */
const GROUP_ID_NOT_FOUND_VERSION = 6;

/** A group as it is, or that it is missing. */
export function describeGroup(env: GroupEnvironment, groupId: string, apiVersion: number): Input<DescribedGroup> {
  const group = classicGroup(env, groupId);
  return group === undefined ? describeMissing(groupId, apiVersion) : describe(group);
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

/** A group that does not exist; Kafka's text, which its own tests compare, also for the group without a name. */
function describeMissing(groupId: string, apiVersion: number): Input<DescribedGroup> {
  if (apiVersion < GROUP_ID_NOT_FOUND_VERSION) return { groupId, groupState: 'Dead', errorCode: ErrorCode.NONE };
  const errorMessage = boundedMessage(`Group ${groupId} not found.`);
  return { groupId, groupState: 'Dead', errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage };
}
