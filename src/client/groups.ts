/** Groups of consumers: which there are, what they have committed, who is in them. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readConsumerProtocolAssignment } from '../../protocol/generated/consumer-protocol-assignment.ts';
import { Reader } from '../../protocol/reader.ts';
import { commonVersion } from './api.ts';
import {
  CONSUMER_GROUP_DESCRIBE,
  DELETE_GROUPS,
  DESCRIBE_GROUPS,
  LIST_GROUPS,
  OFFSET_COMMIT,
  OFFSET_FETCH,
} from './group-apis.ts';
import { throwCode } from './errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import { byTopic, type PartitionName } from './offsets.ts';

export interface ListedGroup {
  readonly groupId: string;
  /** `classic`, `consumer`, `share`, `streams`; lower case. Older brokers have classic ones only. */
  readonly type: string;
  /** As the broker names it; empty where it does not tell. */
  readonly state: string;
}

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly partitions: readonly PartitionName[];
}

export interface DescribedGroup extends ListedGroup {
  readonly assignor: string;
  readonly members: readonly GroupMember[];
}

export interface CommittedOffset extends PartitionName {
  readonly offset: number;
  readonly metadata: string;
}

/** Groups of all brokers, by name. @throws KafkaError, ClientError */
export async function listGroups(client: KafkaClient): Promise<ListedGroup[]> {
  const { brokers } = await client.metadata([]);
  const groups: ListedGroup[] = [];
  for (const nodeId of brokers.keys()) {
    const response = await client.retrying(async () => {
      const answer = await (await client.node(nodeId)).call(LIST_GROUPS, {});
      throwCode(answer.errorCode, null, 'groups');
      return answer;
    });
    for (const { groupId, groupState, groupType } of response.groups) {
      groups.push({ groupId, state: groupState, type: groupType === '' ? 'classic' : groupType.toLowerCase() });
    }
  }
  return groups.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

/** What a classic member was given; nothing where it speaks another protocol. */
function assignedTo(bytes: Buffer): PartitionName[] {
  if (bytes.length < 2) return [];
  try {
    const reader = new Reader(bytes);
    const version = Math.min(reader.int16(), 3);
    const { assignedPartitions } = readConsumerProtocolAssignment(reader, version);
    return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  } catch {
    return [];
  }
}

async function describeClassic(client: KafkaClient, groupId: string): Promise<DescribedGroup> {
  const { groups } = await client.callCoordinator(groupId, DESCRIBE_GROUPS, { groups: [groupId] }, (response) => {
    const [first] = response.groups;
    throwCode(first?.errorCode ?? ErrorCode.GROUP_ID_NOT_FOUND, first?.errorMessage ?? null);
  });
  const { groupState = '', protocolData = '', members = [] } = groups[0] ?? {};
  // Until version 6 that is how brokers tell that there is none.
  if (groupState === 'Dead') throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `there is no group ${groupId}`);
  return {
    groupId,
    type: 'classic',
    state: groupState,
    assignor: protocolData,
    members: members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
      memberId,
      instanceId: groupInstanceId,
      clientId,
      clientHost,
      partitions: assignedTo(memberAssignment),
    })),
  };
}

/** Null when it is no group of that protocol. */
async function describeConsumer(client: KafkaClient, groupId: string): Promise<DescribedGroup | null> {
  if (commonVersion(CONSUMER_GROUP_DESCRIBE, (await client.any()).versions) === null) return null;
  const request = { groupIds: [groupId] };
  const { groups } = await client.callCoordinator(groupId, CONSUMER_GROUP_DESCRIBE, request, (response) => {
    const { errorCode = 0, errorMessage = null } = response.groups[0] ?? {};
    if (errorCode !== ErrorCode.GROUP_ID_NOT_FOUND) throwCode(errorCode, errorMessage);
  });
  const [group] = groups;
  if (group === undefined || group.errorCode !== ErrorCode.NONE) return null;
  return {
    groupId,
    type: 'consumer',
    state: group.groupState,
    assignor: group.assignorName,
    members: group.members.map(({ memberId, instanceId, clientId, clientHost, assignment }) => ({
      memberId,
      instanceId,
      clientId,
      clientHost,
      partitions: assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
    })),
  };
}

/** @throws KafkaError GROUP_ID_NOT_FOUND and others */
export async function describeGroup(client: KafkaClient, groupId: string): Promise<DescribedGroup> {
  return (await describeConsumer(client, groupId)) ?? (await describeClassic(client, groupId));
}

/** What the group has committed. @throws KafkaError */
export async function committedOffsets(client: KafkaClient, groupId: string): Promise<CommittedOffset[]> {
  const version = commonVersion(OFFSET_FETCH, (await client.any()).versions) ?? 0;
  const request = version >= 8 ? { groups: [{ groupId, topics: null }] } : { groupId, topics: null };
  const response = await client.callCoordinator(groupId, OFFSET_FETCH, request, (answer) => {
    throwCode(answer.groups[0]?.errorCode ?? answer.errorCode, null, `group ${groupId}`);
  });
  const topics = response.groups[0]?.topics ?? response.topics;
  return topics
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset, metadata }) => ({
        topic: name,
        partition: partitionIndex,
        offset: committedOffset,
        metadata: metadata ?? '',
      })),
    )
    .filter(({ offset }) => offset >= 0)
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/** Commits offsets of a group that has no members. @throws KafkaError; UNKNOWN_MEMBER_ID when it has some */
export async function commitOffsets(
  client: KafkaClient,
  groupId: string,
  offsets: readonly (PartitionName & { readonly offset: number })[],
): Promise<void> {
  const topics = byTopic(offsets, ({ partition, offset }) => ({ partitionIndex: partition, committedOffset: offset }));
  await client.callCoordinator(groupId, OFFSET_COMMIT, { groupId, topics }, (response) => {
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        throwCode(errorCode, null, `partition ${partitionIndex} of topic ${name}`);
      }
    }
  });
}

/** @throws KafkaError NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND and others */
export async function deleteGroup(client: KafkaClient, groupId: string): Promise<void> {
  await client.callCoordinator(groupId, DELETE_GROUPS, { groupsNames: [groupId] }, ({ results }) => {
    throwCode(results[0]?.errorCode ?? ErrorCode.NONE, results[0]?.errorMessage ?? null);
  });
}
