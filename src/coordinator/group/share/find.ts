/** Finds share groups and their members for a request. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import { ShareGroup } from './group.ts';
import type { ShareMember } from './member.ts';

/** The share group of an id; undefined when there is none, or one of another protocol. */
export function shareGroup(env: GroupEnvironment, groupId: string): ShareGroup | undefined {
  const group = env.groups.get(groupId);
  return group instanceof ShareGroup ? group : undefined;
}

/** @throws KafkaError GROUP_ID_NOT_FOUND, also for a group of another type */
export function requireShareGroup(env: GroupEnvironment, groupId: string): ShareGroup {
  const group = env.groups.get(groupId);
  if (group instanceof ShareGroup) return group;
  throw notFound(group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a share group.`);
}

/** The group, or one that is not there yet where it may be made. @throws KafkaError GROUP_ID_NOT_FOUND, also for a group of another type */
export function shareGroupOrNew(env: GroupEnvironment, groupId: string, mayBeMade = true): ShareGroup {
  const group = env.groups.get(groupId);
  if (group === undefined && !mayBeMade) throw notFound(`Share group ${groupId} not found.`);
  if (group === undefined) return new ShareGroup(groupId);
  if (group instanceof ShareGroup) return group;
  throw notFound(`Group ${groupId} is not a share group.`);
}

function notFound(message: string): KafkaError {
  return new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, message);
}

/** @throws KafkaError UNKNOWN_MEMBER_ID */
export function requireShareMember(group: ShareGroup, memberId: string): ShareMember {
  const member = group.member(memberId);
  if (member !== undefined) return member;
  const message = `Member ${memberId} is not a member of group ${group.groupId}.`;
  throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, message);
}
