/** ConsumerGroupDescribe (69), versions 0 and 1 (KIP-848): consumer groups and their members. v1 adds the member's type. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import type { ConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import { writeConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { ConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { describeConsumerGroup } from '../coordinator/group/consumer/describe.ts';
import type { DescribedConsumerGroup } from '../coordinator/group/consumer/describe.ts';
import { AnswerBound } from './answer-bound.ts';
import { errorFields } from './api-error.ts';
import { ALL_GROUP_OPERATIONS } from './authorized-operations.ts';
import { requireGroupId } from './group-caller.ts';
import { requireGroupProtocol } from './group-protocol.ts';
import { Slices } from './slices.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** Members described in one turn of the event loop. */
const MEMBERS_PER_SLICE = 2000;
/** What a member takes in the answer without its topics, with ids of the usual length. */
const MEMBER_BYTES = 300;
/** What a partition of an assignment takes. */
const PARTITION_BYTES = 4;

export const consumerGroupDescribeHandler = handler<ConsumerGroupDescribeRequest, Input<ConsumerGroupDescribeResponse>>(
  {
    apiKey: ApiKey.ConsumerGroupDescribe,
    minVersion: 0,
    maxVersion: 1,
    readRequest: readConsumerGroupDescribeRequest,
    writeResponse: writeConsumerGroupDescribeResponse,
    async handle(context, request) {
      const groups = await describeAll(context, request.groupIds);
      if (!request.includeAuthorizedOperations) return { groups };
      return {
        groups: groups.map((group) =>
          group.errorCode === ErrorCode.NONE ? { ...group, authorizedOperations: ALL_GROUP_OPERATIONS } : group,
        ),
      };
    },
  },
);

async function describeAll(context: RequestContext, groupIds: readonly string[]): Promise<DescribedConsumerGroup[]> {
  const slices = new Slices(MEMBERS_PER_SLICE);
  const bound = new AnswerBound();
  const described: DescribedConsumerGroup[] = [];
  for (const groupId of groupIds) {
    if (bound.isReached) {
      described.push({ groupId, errorCode: ErrorCode.INVALID_REQUEST });
      continue;
    }
    const group = await describe(context, groupId);
    described.push(group);
    for (const member of group.members ?? []) {
      bound.add(MEMBER_BYTES + byteLengthOf(member.assignment) + byteLengthOf(member.targetAssignment));
    }
    const pause = slices.spend(1 + (group.members?.length ?? 0));
    if (pause !== null) await pause;
  }
  return described;
}

async function describe({ services }: RequestContext, groupId: string): Promise<DescribedConsumerGroup> {
  try {
    requireGroupProtocol(services, 'consumer');
    requireGroupId(groupId);
    return await services.groups.read(groupId, (env) => describeConsumerGroup(env, groupId));
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

type Assignment = NonNullable<NonNullable<DescribedConsumerGroup['members']>[number]['assignment']>;

function byteLengthOf(assignment: Assignment | undefined): number {
  let bytes = 0;
  for (const { topicName, partitions } of assignment?.topicPartitions ?? []) {
    bytes += (topicName?.length ?? 0) + PARTITION_BYTES * (partitions?.length ?? 0);
  }
  return bytes;
}
