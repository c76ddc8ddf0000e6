/** What a heartbeat is answered. */
import { boundedMessage } from '../../../../protocol/errors.ts';
import type { StreamsGroupHeartbeatRequest } from '../../../../protocol/generated/streams-group-heartbeat-request.ts';
import type { StreamsGroupHeartbeatResponse } from '../../../../protocol/generated/streams-group-heartbeat-response.ts';
import type { GroupConfig } from '../../../config/group-config.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupEnvironment } from '../environment.ts';
import { MemberEpoch } from '../modern/member.ts';
import type { ConfiguredTopology, InternalTopic } from './configured-topology.ts';
import { endpointsToPartitions } from './endpoints.ts';
import { sameEndpoint } from './member.ts';
import type { StreamsMember } from './member.ts';
import { StatusCode } from './status.ts';
import type { Status } from './status.ts';
import type { StreamsGroup } from './streams-group.ts';
import { sameHeld, toTaskIds } from './tasks.ts';

export interface HeartbeatAnswer {
  readonly response: Input<StreamsGroupHeartbeatResponse>;
  /** Topics that have to be made before tasks can be assigned. */
  readonly missingTopics: readonly InternalTopic[];
}

/** A heartbeat whose changes are known, but not stored yet. */
export interface AnsweredBeat {
  readonly env: GroupEnvironment;
  readonly request: StreamsGroupHeartbeatRequest;
  readonly group: StreamsGroup;
  /** The member before the heartbeat and after it. */
  readonly former: StreamsMember;
  readonly member: StreamsMember;
  /** All members after it. */
  readonly members: () => readonly StreamsMember[];
  readonly configured: ConfiguredTopology;
  readonly config: GroupConfig;
  readonly apiVersion: number;
  readonly statuses: readonly Status[];
}

/** First version whose clients know that tags may be missing. */
const CLIENT_TAGS_VERSION = 1;

export function heartbeatAnswer(beat: AnsweredBeat): HeartbeatAnswer {
  const { request, former, member, configured, config } = beat;
  const isReassigned = !sameHeld(former.assigned, member.assigned);
  const response = {
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs: config.streamsHeartbeatIntervalMs,
    taskOffsetIntervalMs: config.streamsTaskOffsetIntervalMs,
    acceptableRecoveryLag: config.streamsAcceptableRecoveryLag,
    status: allStatuses(beat).map((it) => ({ ...it, statusDetail: boundedMessage(it.statusDetail) })),
    ...((request.memberEpoch === MemberEpoch.JOIN || isReassigned) && {
      activeTasks: toTaskIds(member.assigned.active.keys()),
      standbyTasks: toTaskIds(member.assigned.standby),
      warmupTasks: toTaskIds(member.assigned.warmup),
    }),
    ...endpointInformation(beat, isReassigned),
  };
  return { response, missingTopics: configured.missingInternalTopics };
}

function allStatuses(beat: AnsweredBeat): readonly Status[] {
  const { group, configured, statuses } = beat;
  const all = [...statuses];
  if (configured.problem !== null) all.push(configured.problem);
  if (group.shutdownRequestedBy !== null) {
    all.push({
      statusCode: StatusCode.SHUTDOWN_APPLICATION,
      statusDetail: `Streams group member ${group.shutdownRequestedBy} encountered a fatal error and requested a shutdown for the entire application.`,
    });
  }
  const missing = missingTags(beat);
  if (missing.length > 0) {
    all.push({
      statusCode: StatusCode.MISSING_CLIENT_TAGS,
      statusDetail: `Missing required client tags for rack-aware standby assignment: [${missing.join(', ')}]. Configure them via 'client.tag.<tagKey>' in your Streams config.`,
    });
  }
  return all;
}

function missingTags({ config, member, apiVersion }: AnsweredBeat): readonly string[] {
  if (apiVersion < CLIENT_TAGS_VERSION) return [];
  return config.streamsRackAwareAssignmentTags.filter((tag) => !member.clientTags.has(tag));
}

/** Who can be queried for what: sent when the member does not have the newest version of it. */
function endpointInformation(beat: AnsweredBeat, isReassigned: boolean): Partial<HeartbeatAnswer['response']> {
  const { env, request, group, former, member, members, configured } = beat;
  const hasMoved = !sameEndpoint(former.userEndpoint, member.userEndpoint);
  if (hasMoved || (isReassigned && member.userEndpoint !== null)) group.endpointsChanged();
  // What a group counts before its first record is stored is lost.
  const isStored = env.groups.get(group.groupId) === group;
  const information = isStored ? { endpointInformationEpoch: group.endpointEpoch } : {};
  if (group.endpointEpoch === request.endpointInformationEpoch) return information;
  const partitionsByUserEndpoint = endpointsToPartitions(
    members(),
    configured.subtopologies ?? new Map(),
    (topic) => env.topics.topic(topic)?.partitions.length,
  );
  return { ...information, partitionsByUserEndpoint };
}
