/**
 * ConsumerGroupDescribe (69), versions 0 and 1 (KIP-848): consumer groups and their members. v1 adds the member's type.
 *
 * Unlike Kafka's, an answer has a bound: described-groups.ts.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import type { ConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import { writeConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { ConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { describeConsumerGroup } from '../coordinator/group/consumer/describe.ts';
import type { DescribedConsumerGroup } from '../coordinator/group/consumer/describe.ts';
import { errorFields } from './api-error.ts';
import { ALL_GROUP_OPERATIONS } from './authorized-operations.ts';
import { assignmentBytes, describeAll } from './described-groups.ts';
import { requireGroupId } from './group-caller.ts';
import { requireGroupProtocol } from './group-protocol.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** What a member takes in the answer without its topics, with ids of the usual length. */
const MEMBER_BYTES = 300;

export const consumerGroupDescribeHandler = handler<ConsumerGroupDescribeRequest, Input<ConsumerGroupDescribeResponse>>(
  {
    apiKey: ApiKey.ConsumerGroupDescribe,
    minVersion: 0,
    maxVersion: 1,
    readRequest: readConsumerGroupDescribeRequest,
    writeResponse: writeConsumerGroupDescribeResponse,
    async handle(context, request) {
      const groups = await describeAll(request.groupIds, (groupId) => describe(context, groupId), byteLengthOf);
      if (!request.includeAuthorizedOperations) return { groups };
      return {
        groups: groups.map((group) =>
          group.errorCode === ErrorCode.NONE ? { ...group, authorizedOperations: ALL_GROUP_OPERATIONS } : group,
        ),
      };
    },
  },
);

async function describe({ services }: RequestContext, groupId: string): Promise<DescribedConsumerGroup> {
  try {
    requireGroupProtocol(services, 'consumer');
    requireGroupId(groupId);
    return await services.groups.read(groupId, (env) => describeConsumerGroup(env, groupId));
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

type Member = NonNullable<DescribedConsumerGroup['members']>[number];

/** About what a member takes in the answer. */
function byteLengthOf({ assignment, targetAssignment }: Member): number {
  return MEMBER_BYTES + assignmentBytes(assignment) + assignmentBytes(targetAssignment);
}
