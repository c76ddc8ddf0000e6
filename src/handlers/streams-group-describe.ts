/**
 * StreamsGroupDescribe (89), versions 0 and 1: topology, members and tasks of streams groups. v1 adds the assignor's name,
 * and descriptions of topologies, which nobody keeps here.
 *
 * Unlike Kafka's, an answer has a bound: described-groups.ts.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { readStreamsGroupDescribeRequest } from '../../protocol/generated/streams-group-describe-request.ts';
import type { StreamsGroupDescribeRequest } from '../../protocol/generated/streams-group-describe-request.ts';
import { writeStreamsGroupDescribeResponse } from '../../protocol/generated/streams-group-describe-response.ts';
import type {
  DescribedGroup,
  StreamsGroupDescribeResponse,
} from '../../protocol/generated/streams-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { describeStreamsGroup } from '../coordinator/group/streams/describe.ts';
import { maySeeAll, requireGroup, UNSEEN_TOPICS } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { groupOperations } from './authorized-operations.ts';
import { describeAll } from './described-groups.ts';
import { requireGroupId } from './group-caller.ts';
import { requireGroupProtocol } from './group-protocol.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** What a member takes in the answer besides its tasks, with ids of the usual length. */
const MEMBER_BYTES = 400;
const TASK_BYTES = 8;
/** A description was asked for, and there is none. */
const NOT_STORED = 1;

export const streamsGroupDescribeHandler = handler<StreamsGroupDescribeRequest, Input<StreamsGroupDescribeResponse>>({
  apiKey: ApiKey.StreamsGroupDescribe,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readStreamsGroupDescribeRequest,
  writeResponse: writeStreamsGroupDescribeResponse,
  async handle(context, request) {
    const one = (groupId: string) => describe(context, groupId, request);
    return { groups: await describeAll(request.groupIds, one, byteLengthOf) };
  },
});

async function describe(
  context: RequestContext,
  groupId: string,
  request: StreamsGroupDescribeRequest,
): Promise<Input<DescribedGroup>> {
  const { services } = context;
  try {
    requireGroup(context, 'DESCRIBE', groupId);
    requireGroupProtocol(services, 'streams');
    requireGroupId(groupId);
    const group = await services.groups.read(groupId, (env) => describeStreamsGroup(env, groupId));
    const { topology } = group;
    const names = (topology?.subtopologies ?? []).flatMap((one) => [
      ...(one.sourceTopics ?? []),
      ...(one.repartitionSinkTopics ?? []),
      ...(one.repartitionSourceTopics ?? []).map(({ name = '' }) => name),
      ...(one.stateChangelogTopics ?? []).map(({ name = '' }) => name),
    ]);
    if (!maySeeAll(context, names)) return { groupId, ...UNSEEN_TOPICS };
    return {
      ...group,
      ...(request.includeAuthorizedOperations && { authorizedOperations: groupOperations(context, groupId) }),
      ...(request.includeTopologyDescription && { topologyDescriptionStatus: NOT_STORED }),
    };
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

type Member = NonNullable<Input<DescribedGroup>['members']>[number];

/** About what a member takes in the answer. */
function byteLengthOf({ assignment, targetAssignment }: Member): number {
  return MEMBER_BYTES + TASK_BYTES * (taskCount(assignment) + taskCount(targetAssignment));
}

function taskCount(assignment: Member['assignment']): number {
  const all = [assignment?.activeTasks, assignment?.standbyTasks, assignment?.warmupTasks];
  return all.flatMap((tasks) => tasks ?? []).reduce((sum, { partitions }) => sum + (partitions?.length ?? 0), 0);
}
