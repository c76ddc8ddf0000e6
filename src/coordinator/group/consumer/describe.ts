/** ConsumerGroupDescribe: a consumer group as it is. */
import { ErrorCode, KafkaError, boundedMessage } from '../../../../protocol/errors.ts';
import type { ConsumerGroupDescribeResponse } from '../../../../protocol/generated/consumer-group-describe-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { tableOrder } from '../../java-hash.ts';
import type { GroupEnvironment } from '../environment.ts';
import { toTopicPartitions } from '../modern/assignment.ts';
import { requireGroup } from './find.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';
import { assignorFor } from './settings.ts';

export type DescribedConsumerGroup = Input<ConsumerGroupDescribeResponse['groups'][number]>;
type Member = NonNullable<DescribedConsumerGroup['members']>[number];
type Partitions = ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>;

const MemberType = { CLASSIC: 0, CONSUMER: 1 } as const;

export function describeConsumerGroup(env: GroupEnvironment, groupId: string): DescribedConsumerGroup {
  try {
    return describe(env, requireGroup(env, groupId));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { groupId, errorCode: error.code, errorMessage: boundedMessage(error.message) };
  }
}

function describe(env: GroupEnvironment, group: ConsumerGroup): DescribedConsumerGroup {
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: assignorFor(env, group.preferredAssignor).name,
    members: inKafkasOrder(group.members.values()).map((member) => describeMember(env, group, member)),
  };
}

/** Which Kafka's own tests compare. */
function inKafkasOrder(members: Iterable<ConsumerMember>): ConsumerMember[] {
  const ordered = Array.from(members, (member) => ({ order: tableOrder(member.memberId), member }));
  return ordered.sort((a, b) => a.order - b.order).map(({ member }) => member);
}

function describeMember(env: GroupEnvironment, group: ConsumerGroup, member: ConsumerMember): Member {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicRegex } = member;
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex,
    assignment: assignment(env, held(member)),
    targetAssignment: assignment(env, group.target(memberId)),
    memberType: member.classic === null ? MemberType.CONSUMER : MemberType.CLASSIC,
  };
}

/** What it has, also what it is asked to give back. */
function held({ assigned, pendingRevocation }: ConsumerMember): Partitions {
  if (pendingRevocation.size === 0) return assigned;
  const all = new Map<string, ReadonlyMap<number, number>>(assigned);
  for (const [topicId, epochs] of pendingRevocation) {
    all.set(topicId, new Map([...(all.get(topicId) ?? []), ...epochs]));
  }
  return all;
}

/** Topics that are deleted are left out. */
function assignment(env: GroupEnvironment, partitions: Partitions): Member['assignment'] {
  return {
    topicPartitions: toTopicPartitions(partitions).flatMap((listed) => {
      const topicName = env.topics.topicById(listed.topicId)?.name;
      return topicName === undefined ? [] : [{ ...listed, topicName }];
    }),
  };
}
