/** The groups of a broker as a program sees them: of every protocol in one shape, with what they have yet to read. */
import { readConsumerProtocolAssignment } from '../../../protocol/generated/consumer-protocol-assignment.ts';
import { Reader } from '../../../protocol/reader.ts';
import { describeGroup } from '../../coordinator/group/classic/describe.ts';
import { describeConsumerGroup } from '../../coordinator/group/consumer/describe.ts';
import type { GroupEnvironment } from '../../coordinator/group/environment.ts';
import type { GroupType } from '../../coordinator/group/group.ts';
import { fetchOffsets } from '../../coordinator/group/offsets/fetch.ts';
import { allOffsetTopics, describeOffsets } from '../../coordinator/group/share/describe-offsets.ts';
import { describeShareGroup } from '../../coordinator/group/share/describe.ts';
import { describeStreamsGroup } from '../../coordinator/group/streams/describe.ts';
import type { BrokerServices } from '../../handlers/types.ts';

/** Partitions of a topic. */
export interface AssignedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface GroupMember {
  readonly memberId: string;
  /** Of a static member, else null. */
  readonly instanceId: string | null;
  readonly clientId: string;
  /** Address of the client. */
  readonly clientHost: string;
  /** What it reads now; of a streams group's member: the source topics of its active tasks. */
  readonly assignment: readonly AssignedTopic[];
}

/** What a group has committed of a partition. */
export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record to read; of a share group: where it has something left to do. */
  readonly committed: number;
  /** Exclusive end of the partition. */
  readonly end: number;
  /** Records that the group has yet to read; of a share group: to be done with. */
  readonly lag: number;
}

export interface GroupInfo {
  readonly groupId: string;
  readonly type: GroupType;
  /** Kafka's name of it: Stable, Empty, PreparingRebalance, CompletingRebalance, Assigning, Reconciling, NotReady, Dead. */
  readonly state: string;
  readonly members: readonly GroupMember[];
  /** Sorted by topic and partition; what nothing was committed of is left out. */
  readonly offsets: readonly GroupOffset[];
  /** Of all `offsets`. */
  readonly lag: number;
}

type Described = Pick<GroupInfo, 'type' | 'state' | 'members'>;

/** Sorted by id. */
export async function listGroups(services: BrokerServices): Promise<GroupInfo[]> {
  const ids = await services.groups.readAll((env) => [...env.groups.keys()]);
  const groups = await Promise.all(ids.sort().map((groupId) => findGroup(services, groupId)));
  return groups.filter((group) => group !== null);
}

/** Null when there is no such group. @throws KafkaError COORDINATOR_LOAD_IN_PROGRESS */
export async function findGroup(services: BrokerServices, groupId: string): Promise<GroupInfo | null> {
  // Without the topic of groups there is none.
  if (!services.groups.coordinates(services.groups.partitionFor(groupId))) return null;
  const described = await services.groups.read(groupId, (env) => describe(env, groupId));
  if (described === null) return null;
  const offsets =
    described.type === 'share' ? await shareOffsets(services, groupId) : await committedOffsets(services, groupId);
  offsets.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
  return { groupId, ...described, offsets, lag: offsets.reduce((sum, { lag }) => sum + lag, 0) };
}

function describe(env: GroupEnvironment, groupId: string): Described | null {
  const group = env.groups.get(groupId);
  if (group === undefined) return null;
  const { type, state } = group;
  return { type, state, members: MEMBERS[type](env, groupId) };
}

const MEMBERS: Readonly<Record<GroupType, (env: GroupEnvironment, groupId: string) => GroupMember[]>> = {
  classic: (env, groupId) =>
    (describeGroup(env, groupId, 6).members ?? []).map((member) => ({
      ...identityOf({ ...member, instanceId: member.groupInstanceId }),
      assignment: classicAssignment(member.memberAssignment as Buffer | undefined),
    })),
  consumer: (env, groupId) =>
    (describeConsumerGroup(env, groupId).members ?? []).map((member) => ({
      ...identityOf(member),
      assignment: assignedTopics(member.assignment?.topicPartitions),
    })),
  share: (env, groupId) =>
    (describeShareGroup(env, groupId).members ?? []).map((member) => ({
      ...identityOf(member),
      assignment: assignedTopics(member.assignment?.topicPartitions),
    })),
  streams: (env, groupId) => {
    const { topology, members = [] } = describeStreamsGroup(env, groupId);
    const sources = new Map(
      topology?.subtopologies?.map(({ subtopologyId, sourceTopics, repartitionSourceTopics }) => [
        subtopologyId,
        [...(sourceTopics ?? []), ...(repartitionSourceTopics ?? []).map(({ name = '' }) => name)],
      ]),
    );
    return members.map((member) => ({
      ...identityOf(member),
      assignment: (member.assignment?.activeTasks ?? []).flatMap(({ subtopologyId = '', partitions = [] }) =>
        (sources.get(subtopologyId) ?? []).map((topic) => ({ topic, partitions })),
      ),
    }));
  },
};

interface Identity {
  readonly memberId?: string | undefined;
  readonly instanceId?: string | null | undefined;
  readonly clientId?: string | undefined;
  readonly clientHost?: string | undefined;
}

function identityOf({ memberId = '', instanceId = null, clientId = '', clientHost = '' }: Identity) {
  return { memberId, instanceId, clientId, clientHost };
}

interface DescribedTopic {
  readonly topicName?: string | undefined;
  readonly partitions?: readonly number[] | undefined;
}

function assignedTopics(topics: readonly DescribedTopic[] = []): AssignedTopic[] {
  return topics.map(({ topicName = '', partitions = [] }) => ({ topic: topicName, partitions }));
}

/** Nothing where the bytes are not those of a consumer: what a classic group assigns is its own business. */
function classicAssignment(bytes: Buffer | undefined): AssignedTopic[] {
  if (bytes === undefined || bytes.length === 0) return [];
  try {
    const reader = new Reader(bytes);
    const version = Math.min(reader.int16(), 3);
    const { assignedPartitions } = readConsumerProtocolAssignment(reader, version);
    return assignedPartitions.map(({ topic, partitions }) => ({ topic, partitions }));
  } catch {
    return [];
  }
}

async function committedOffsets(services: BrokerServices, groupId: string): Promise<GroupOffset[]> {
  const fetch = { groupId, memberId: null, memberEpoch: -1, topics: null, requireStable: false };
  const { topics = [] } = await services.groups.read(groupId, (env) => fetchOffsets(env, fetch));
  return (topics ?? []).flatMap(({ name: topic = '', partitions = [] }) =>
    partitions.flatMap(({ partitionIndex: partition = 0, committedOffset: committed = -1 }) => {
      const end = services.partitions.get(topic, partition)?.highWatermark;
      return end === undefined ? [] : [{ topic, partition, committed, end, lag: Math.max(0, end - committed) }];
    }),
  );
}

async function shareOffsets(services: BrokerServices, groupId: string): Promise<GroupOffset[]> {
  const topics = await allOffsetTopics(services, groupId);
  const described = await Promise.all(topics.map((topic) => describeOffsets(services, groupId, topic)));
  return described.flatMap(({ topicName: topic = '', partitions = [] }) =>
    partitions.flatMap(({ partitionIndex: partition = 0, startOffset: committed = -1, lag = -1 }) => {
      const end = services.partitions.get(topic, partition)?.highWatermark;
      return end === undefined || committed < 0 ? [] : [{ topic, partition, committed, end, lag: Math.max(0, lag) }];
    }),
  );
}
