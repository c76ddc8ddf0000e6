/** Streams groups for tests: requests as bytes through the handlers of a broker on a manual clock. */
import { writeStreamsGroupDescribeRequest } from '../../protocol/generated/streams-group-describe-request.ts';
import { readStreamsGroupDescribeResponse } from '../../protocol/generated/streams-group-describe-response.ts';
import type { DescribedGroup } from '../../protocol/generated/streams-group-describe-response.ts';
import { writeStreamsGroupHeartbeatRequest } from '../../protocol/generated/streams-group-heartbeat-request.ts';
import type {
  StreamsGroupHeartbeatRequest,
  Subtopology,
  TaskIds,
  TopicInfo,
  Topology,
} from '../../protocol/generated/streams-group-heartbeat-request.ts';
import { readStreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import type { StreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import { streamsGroupDescribeHandler } from '../../src/handlers/streams-group-describe.ts';
import { streamsGroupHeartbeatHandler } from '../../src/handlers/streams-group-heartbeat.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { call } from './admin-services.ts';
import { GroupWorld } from './groups.ts';

export function internalTopic(name: string, configs: Readonly<Record<string, string>> = {}): TopicInfo {
  const topicConfigs = Object.entries(configs).map(([key, value]) => ({ key, value }));
  return { name, partitions: 0, replicationFactor: 0, topicConfigs };
}

export function subtopology(subtopologyId: string, parts: Partial<Subtopology>): Subtopology {
  return {
    subtopologyId,
    sourceTopics: [],
    sourceTopicRegex: [],
    stateChangelogTopics: [],
    repartitionSinkTopics: [],
    repartitionSourceTopics: [],
    copartitionGroups: [],
    ...parts,
  };
}

/** Tasks of one subtopology, as messages list them. */
export function tasks(subtopologyId: string, ...partitions: number[]): TaskIds[] {
  return partitions.length === 0 ? [] : [{ subtopologyId, partitions }];
}

export interface Beat extends Partial<StreamsGroupHeartbeatRequest> {
  readonly apiVersion?: number;
}

/** The least that a member joins with: it reads `orders`. */
export const JOIN = {
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  topology: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['orders'] })] },
  activeTasks: [],
  standbyTasks: [],
  warmupTasks: [],
} satisfies Beat;

const HEARTBEAT = {
  api: streamsGroupHeartbeatHandler,
  write: writeStreamsGroupHeartbeatRequest,
  read: readStreamsGroupHeartbeatResponse,
};

const DESCRIBE = {
  api: streamsGroupDescribeHandler,
  write: writeStreamsGroupDescribeRequest,
  read: readStreamsGroupDescribeResponse,
};

/** Sends a heartbeat of `memberId`, which may be joining: see JOIN. */
export function beat(
  services: BrokerServices,
  memberId: string,
  request: Beat,
): Promise<StreamsGroupHeartbeatResponse> {
  const { apiVersion = 1, ...fields } = request;
  return call(services, HEARTBEAT, apiVersion, {
    groupId: 'group',
    memberId,
    memberEpoch: 0,
    endpointInformationEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    topology: null,
    activeTasks: null,
    standbyTasks: null,
    warmupTasks: null,
    processId: null,
    userEndpoint: null,
    clientTags: null,
    taskOffsets: null,
    taskEndOffsets: null,
    shutdownApplication: false,
    ...fields,
  });
}

export async function describeStreams(
  services: BrokerServices,
  groupId = 'group',
  options: { readonly apiVersion?: number; readonly includeTopologyDescription?: boolean } = {},
): Promise<DescribedGroup> {
  const { apiVersion = 1, includeTopologyDescription = false } = options;
  const request = { groupIds: [groupId], includeAuthorizedOperations: false, includeTopologyDescription };
  const { groups } = await call(services, DESCRIBE, apiVersion, request);
  const [group] = groups;
  if (group === undefined) throw new Error('no group in the answer');
  return group;
}

/** No waiting before assignments. */
export const AT_ONCE = {
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.min.assignment.interval.ms': '0',
  'group.streams.assignment.interval.ms': '0',
};

/** A world of groups, without waiting unless `settings` say so. */
export async function openStreamsWorld(settings: Readonly<Record<string, string>> = AT_ONCE): Promise<GroupWorld> {
  return GroupWorld.open({ 'offsets.topic.num.partitions': '1', ...settings });
}

/** A member that owns all of its tasks, and says so. */
export function owns(epoch: number, ...partitions: number[]): Beat {
  return { memberEpoch: epoch, activeTasks: tasks('0', ...partitions), standbyTasks: [], warmupTasks: [] };
}

/** The statuses that an answer tells of. */
export function statuses(response: StreamsGroupHeartbeatResponse): number[] {
  return (response.status ?? []).map(({ statusCode }) => statusCode);
}

/** A topology of one part. */
export function topology(epoch: number, sourceTopics: string[]): Topology {
  return { epoch, subtopologies: [subtopology('0', { sourceTopics })] };
}

/** Of WORD_COUNT. */
export const CHANGELOG = internalTopic('app-counts-changelog', { 'cleanup.policy': 'compact' });
/** Two parts, with a topic of words between them and a table of counts. */
export const WORD_COUNT: Topology = {
  epoch: 0,
  subtopologies: [
    subtopology('0', { sourceTopics: ['orders'], repartitionSinkTopics: ['app-words-repartition'] }),
    subtopology('1', {
      repartitionSourceTopics: [internalTopic('app-words-repartition')],
      stateChangelogTopics: [CHANGELOG],
    }),
  ],
};
