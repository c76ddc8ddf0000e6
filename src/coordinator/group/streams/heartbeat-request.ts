/** What a StreamsGroupHeartbeat must look like, whatever the state of its group. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type {
  StreamsGroupHeartbeatRequest,
  Topology,
} from '../../../../protocol/generated/streams-group-heartbeat-request.ts';
import { isInternalTopic, topicNameProblem } from '../../../metadata/topic-name.ts';
import { MemberEpoch } from '../modern/member.ts';

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

function invalidTopology(message: string): KafkaError {
  return new KafkaError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message);
}

/** @throws KafkaError INVALID_REQUEST, STREAMS_INVALID_TOPOLOGY, in Kafka's order and words */
export function checkHeartbeatRequest(request: StreamsGroupHeartbeatRequest): void {
  const { topology } = request;
  if (topology !== null) checkTopicNames(topology);
  if (topology?.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0) === true) {
    throw invalid('Regular expressions for source topics are not supported yet.');
  }
  checkIds(request);
  checkEpoch(request);
  const given = [request.activeTasks, request.standbyTasks, request.warmupTasks].filter((tasks) => tasks !== null);
  if (given.length > 0 && given.length < 3) throw invalid('If one task-type is non-null, all must be non-null.');
  if (topology !== null && request.memberEpoch !== MemberEpoch.JOIN) {
    throw invalid('Topology can only be provided when (re-)joining.');
  }
}

function checkTopicNames({ subtopologies }: Topology): void {
  const names = new Set(
    subtopologies.flatMap((subtopology) => [
      ...subtopology.sourceTopics,
      ...subtopology.repartitionSinkTopics,
      ...subtopology.repartitionSourceTopics.map(({ name }) => name),
      ...subtopology.stateChangelogTopics.map(({ name }) => name),
    ]),
  );
  const internal = [...names].filter(isInternalTopic);
  if (internal.length > 0) {
    throw invalidTopology(
      `Use of Kafka internal topics ${internal.join(',')} in a Kafka Streams topology is prohibited.`,
    );
  }
  const wrong = [...names].filter((name) => topicNameProblem(name) !== null);
  if (wrong.length > 0) throw invalidTopology(`Topic names ${wrong.join(',')} are not valid topic names.`);
}

function isBlank(id: string | null): boolean {
  return id !== null && id.trim() === '';
}

function checkIds({ memberId, groupId, instanceId, rackId }: StreamsGroupHeartbeatRequest): void {
  if (isBlank(memberId)) throw invalid("MemberId can't be empty.");
  if (isBlank(groupId)) throw invalid("GroupId can't be empty.");
  if (isBlank(instanceId)) throw invalid("InstanceId can't be empty.");
  if (isBlank(rackId)) throw invalid("RackId can't be empty.");
}

function checkEpoch(request: StreamsGroupHeartbeatRequest): void {
  const { memberEpoch } = request;
  if (memberEpoch === MemberEpoch.JOIN) checkJoin(request);
  else if (memberEpoch === MemberEpoch.LEAVE_STATIC) {
    if (request.instanceId === null) throw invalid("InstanceId can't be null.");
  } else if (memberEpoch < MemberEpoch.LEAVE_STATIC) {
    throw invalid(`MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`);
  }
}

function checkJoin(request: StreamsGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.');
  if (request.activeTasks?.length !== 0) throw invalid('ActiveTasks must be empty when (re-)joining.');
  if (request.standbyTasks?.length !== 0) throw invalid('StandbyTasks must be empty when (re-)joining.');
  if (request.warmupTasks?.length !== 0) throw invalid('WarmupTasks must be empty when (re-)joining.');
  if (request.topology === null) throw invalid('Topology must be non-null when (re-)joining.');
  for (const { stateChangelogTopics } of request.topology.subtopologies) {
    const numbered = stateChangelogTopics.find(({ partitions }) => partitions !== 0);
    if (numbered === undefined) continue;
    throw invalidTopology(
      `Changelog topic ${numbered.name} must have an undefined partition count, but it is set to ${numbered.partitions}.`,
    );
  }
}
