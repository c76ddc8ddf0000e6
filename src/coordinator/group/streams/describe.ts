/** StreamsGroupDescribe: a group with its topology and its members. */
import type { DescribedGroup, Member } from '../../../../protocol/generated/streams-group-describe-response.ts';
import type { Topology } from '../../../../protocol/generated/streams-group-describe-response.ts';
import type { Subtopology as DescribedSubtopology } from '../../../../protocol/generated/streams-group-describe-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { ConfiguredSubtopology, InternalTopic } from './configured-topology.ts';
import { streamsGroup } from './find.ts';
import type { StreamsMember } from './member.ts';
import { stickyTaskAssignor } from './sticky-task-assignor.ts';
import type { StreamsGroup } from './streams-group.ts';
import { NO_TASKS, compareTasks, partitionOf, subtopologyOf, toTaskIds } from './tasks.ts';
import type { HeldTasks, TaskId, Tasks } from './tasks.ts';
import type { StreamsTopology, Subtopology, TopicInfo } from './topology.ts';

/** @throws KafkaError GROUP_ID_NOT_FOUND */
export function describeStreamsGroup(env: GroupEnvironment, groupId: string): Input<DescribedGroup> {
  const group = streamsGroup(env, groupId);
  return {
    groupId,
    groupState: group.state,
    groupEpoch: group.epoch.epoch,
    assignmentEpoch: group.assignment.epoch,
    assignorName: stickyTaskAssignor.name,
    topology: group.topology === null ? null : describeTopology(env, group, group.topology),
    members: [...group.members.values()].map((member) => describeMember(group, member)),
  };
}

/** With the number of partitions that internal topics have, once the group is ready; as it was sent before. */
function describeTopology(env: GroupEnvironment, group: StreamsGroup, topology: StreamsTopology): Input<Topology> {
  const { configured } = group.measure(topology, env.topics);
  const isReady = group.epoch.validatedTopologyEpoch === topology.epoch && configured.problem === null;
  const subtopologies =
    isReady && configured.subtopologies !== null
      ? [...configured.subtopologies].map(([id, subtopology]) => describeConfigured(id, subtopology))
      : [...topology.subtopologies.values()].map(describeSent);
  return { epoch: topology.epoch, subtopologies };
}

function describeTopic({ name, partitions, replicationFactor, configs }: InternalTopic): Input<TopicInfo> {
  const topicConfigs = [...configs].map(([key, value]) => ({ key, value }));
  return { name, partitions, replicationFactor, topicConfigs };
}

function describeConfigured(subtopologyId: string, subtopology: ConfiguredSubtopology): Input<DescribedSubtopology> {
  return {
    subtopologyId,
    sourceTopics: [...subtopology.sourceTopics].sort(),
    repartitionSinkTopics: [...subtopology.repartitionSinkTopics].sort(),
    repartitionSourceTopics: byName(subtopology.repartitionSourceTopics).map(describeTopic),
    stateChangelogTopics: byName(subtopology.stateChangelogTopics).map(describeTopic),
  };
}

function describeSent(subtopology: Subtopology): Input<DescribedSubtopology> {
  return {
    subtopologyId: subtopology.subtopologyId,
    sourceTopics: subtopology.sourceTopics.toSorted(),
    repartitionSinkTopics: subtopology.repartitionSinkTopics.toSorted(),
    repartitionSourceTopics: byName(subtopology.repartitionSourceTopics),
    stateChangelogTopics: byName(subtopology.stateChangelogTopics),
  };
}

function byName<T extends { readonly name: string }>(topics: readonly T[]): T[] {
  return topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function describeMember(group: StreamsGroup, member: StreamsMember): Input<Member> {
  const { memberId, assigned } = member;
  const { offsets, endOffsets } = group.taskOffsets(memberId);
  return {
    memberId,
    memberEpoch: member.memberEpoch,
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topologyEpoch: member.topologyEpoch,
    processId: member.processId,
    userEndpoint: member.userEndpoint,
    clientTags: [...member.clientTags].map(([key, value]) => ({ key, value })),
    taskOffsets: describeOffsets(offsets),
    taskEndOffsets: describeOffsets(endOffsets),
    assignment: describeTasks(assigned),
    targetAssignment: describeTasks(group.targets.get(memberId) ?? NO_TASKS),
  };
}

function describeTasks({ active, standby, warmup }: Tasks | HeldTasks): Input<Member['assignment']> {
  return {
    activeTasks: toTaskIds(active.keys()),
    standbyTasks: toTaskIds(standby),
    warmupTasks: toTaskIds(warmup),
  };
}

function describeOffsets(offsets: ReadonlyMap<TaskId, number>): Input<Member['taskOffsets']> {
  return [...offsets]
    .sort(([a], [b]) => compareTasks(a, b))
    .map(([task, offset]) => ({ subtopologyId: subtopologyOf(task), partition: partitionOf(task), offset }));
}
