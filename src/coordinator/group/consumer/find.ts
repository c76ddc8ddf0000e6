/** Finds consumer groups and their members for a request. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Group } from '../group.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';

/** The consumer group of an id; undefined when there is none, or one of another protocol. */
export function consumerGroup(env: GroupEnvironment, groupId: string): ConsumerGroup | undefined {
  const group = env.groups.get(groupId);
  return isConsumerGroup(group) ? group : undefined;
}

export function isConsumerGroup(group: Group | undefined): group is ConsumerGroup {
  return group?.type === 'consumer';
}

/** @throws KafkaError GROUP_ID_NOT_FOUND, also for a group of another type */
export function requireGroup(env: GroupEnvironment, groupId: string): ConsumerGroup {
  const group = env.groups.get(groupId);
  if (isConsumerGroup(group)) return group;
  if (group !== undefined) throw notFound(`Group ${groupId} is not a consumer group.`);
  throw notFound(`Group ${groupId} not found.`);
}

export function notFound(message: string): KafkaError {
  return new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, message);
}

/** @throws KafkaError UNKNOWN_MEMBER_ID */
export function requireMember(group: ConsumerGroup, memberId: string): ConsumerMember {
  const member = group.member(memberId);
  if (member !== undefined) return member;
  throw unknownMember(`Member ${memberId} is not a member of group ${group.groupId}.`);
}

/** The member of an instance, which must have this id. @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
export function requireStaticMember(group: ConsumerGroup, instanceId: string, memberId: string): ConsumerMember {
  const member = group.staticMember(instanceId);
  if (member === undefined) throw unknownMember(`Instance id ${instanceId} is unknown.`);
  if (member.memberId === memberId) return member;
  throw new KafkaError(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  );
}

function unknownMember(message: string): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, message);
}
