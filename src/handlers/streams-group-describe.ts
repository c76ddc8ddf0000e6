/**
 * StreamsGroupDescribe (89), versions 0 and 1: topology, members and tasks of streams groups. v1 adds the assignor's name,
 * and descriptions of topologies, which nobody keeps here.
 *
 * Unlike Kafka's, an answer has a bound: groups beyond it get INVALID_REQUEST.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readStreamsGroupDescribeRequest } from '../../protocol/generated/streams-group-describe-request.ts';
import type { StreamsGroupDescribeRequest } from '../../protocol/generated/streams-group-describe-request.ts';
import { writeStreamsGroupDescribeResponse } from '../../protocol/generated/streams-group-describe-response.ts';
import type {
  DescribedGroup,
  StreamsGroupDescribeResponse,
} from '../../protocol/generated/streams-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { describeStreamsGroup } from '../coordinator/group/streams/describe.ts';
import { AnswerBound } from './answer-bound.ts';
import { errorFields } from './api-error.ts';
import { ALL_GROUP_OPERATIONS } from './authorized-operations.ts';
import { requireGroupId } from './group-caller.ts';
import { requireGroupProtocol } from './group-protocol.ts';
import { Slices } from './slices.ts';
import { handler } from './types.ts';
import type { BrokerServices } from './types.ts';

/** Members described in one turn of the event loop. */
const MEMBERS_PER_SLICE = 2000;
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
  async handle({ services }, request) {
    const bound = new AnswerBound();
    const slices = new Slices(MEMBERS_PER_SLICE);
    const groups: Input<DescribedGroup>[] = [];
    for (const groupId of request.groupIds) {
      const group: Input<DescribedGroup> = bound.isReached
        ? { groupId, errorCode: ErrorCode.INVALID_REQUEST }
        : await describe(services, groupId, request);
      groups.push(group);
      const members = group.members ?? [];
      for (const { assignment, targetAssignment } of members) {
        bound.add(MEMBER_BYTES + TASK_BYTES * (taskCount(assignment) + taskCount(targetAssignment)));
      }
      const pause = slices.spend(1 + members.length);
      if (pause !== null) await pause;
    }
    return { groups };
  },
});

async function describe(
  services: BrokerServices,
  groupId: string,
  request: StreamsGroupDescribeRequest,
): Promise<Input<DescribedGroup>> {
  try {
    requireGroupProtocol(services, 'streams');
    requireGroupId(groupId);
    const group = await services.groups.read(groupId, (env) => describeStreamsGroup(env, groupId));
    return {
      ...group,
      ...(request.includeAuthorizedOperations && { authorizedOperations: ALL_GROUP_OPERATIONS }),
      ...(request.includeTopologyDescription && { topologyDescriptionStatus: NOT_STORED }),
    };
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

type Assignment = NonNullable<Input<DescribedGroup>['members']>[number]['assignment'];

function taskCount(assignment: Assignment): number {
  const all = [assignment?.activeTasks, assignment?.standbyTasks, assignment?.warmupTasks];
  return all.flatMap((tasks) => tasks ?? []).reduce((sum, { partitions }) => sum + (partitions?.length ?? 0), 0);
}
