/** Finds streams groups. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { shown } from '../../../config/value.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { GroupRecord } from '../protocol.ts';
import type { StreamsMember } from './member.ts';
import { StreamsGroup } from './streams-group.ts';

/**
 * @param what how the message names a group that is not there
 * @throws KafkaError GROUP_ID_NOT_FOUND, also for a group of another type
 */
export function streamsGroup({ groups }: GroupEnvironment, groupId: string, what = 'Group'): StreamsGroup {
  const group = groups.get(groupId);
  if (group instanceof StreamsGroup) return group;
  const name = shown(groupId);
  const problem = group === undefined ? `${what} ${name} not found.` : `Group ${name} is not a streams group.`;
  throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, problem);
}

/**
 * The group that a member joins, and the records that make room for it: an empty classic group makes way for a streams
 * group of its id.
 * @throws KafkaError GROUP_ID_NOT_FOUND for a group of another type
 */
export function joinedGroup(
  env: GroupEnvironment,
  groupId: string,
): { readonly group: StreamsGroup; readonly records: GroupRecord[] } {
  const former = env.groups.get(groupId);
  const isReplaced = former !== undefined && former.type === 'classic' && former.isEmpty;
  if (former !== undefined && !isReplaced) return { group: streamsGroup(env, groupId), records: [] };
  return { group: new StreamsGroup(groupId), records: [...(former?.tombstones() ?? [])] };
}

/**
 * The static member of an instance id, which must have this member id.
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID
 */
export function staticMemberOf(group: StreamsGroup, instanceId: string, memberId: string): StreamsMember {
  const member = group.staticMember(instanceId);
  if (member === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${shown(instanceId)} is unknown.`);
  }
  if (member.memberId !== memberId) {
    throw new KafkaError(
      ErrorCode.FENCED_INSTANCE_ID,
      `Static member ${shown(memberId)} with instance id ${shown(instanceId)} was fenced by member ${shown(member.memberId)}.`,
    );
  }
  return member;
}
