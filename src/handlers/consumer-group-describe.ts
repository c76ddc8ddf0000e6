/**
 * ConsumerGroupDescribe (69), versions 0 and 1 (KIP-848): consumer groups and their members. v1 adds the member's type.
 *
 * Unlike Kafka's, an answer has a bound: described-groups.ts.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { readConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import type { ConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import { writeConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { ConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { describeConsumerGroup } from '../coordinator/group/consumer/describe.ts';
import type { DescribedConsumerGroup } from '../coordinator/group/consumer/describe.ts';
import { maySeeAll, requireGroup, UNSEEN_TOPICS } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { withGroupOperations } from './authorized-operations.ts';
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
      return { groups: request.includeAuthorizedOperations ? withGroupOperations(context, groups) : groups };
    },
  },
);

async function describe(context: RequestContext, groupId: string): Promise<DescribedConsumerGroup> {
  const { services } = context;
  try {
    requireGroup(context, 'DESCRIBE', groupId);
    requireGroupProtocol(services, 'consumer');
    requireGroupId(groupId);
    return withoutUnseen(context, await services.groups.read(groupId, (env) => describeConsumerGroup(env, groupId)));
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

/** A group of which a topic may not be seen is not shown in part. */
function withoutUnseen(context: RequestContext, group: DescribedConsumerGroup): DescribedConsumerGroup {
  const names = (group.members ?? []).flatMap((member) => [
    ...(member.subscribedTopicNames ?? []),
    ...(member.assignment?.topicPartitions ?? []).map(({ topicName = '' }) => topicName),
    ...(member.targetAssignment?.topicPartitions ?? []).map(({ topicName = '' }) => topicName),
  ]);
  if (maySeeAll(context, names)) return group;
  return { groupId: group.groupId, ...UNSEEN_TOPICS };
}

type Member = NonNullable<DescribedConsumerGroup['members']>[number];

/** About what a member takes in the answer. */
function byteLengthOf({ assignment, targetAssignment }: Member): number {
  return MEMBER_BYTES + assignmentBytes(assignment) + assignmentBytes(targetAssignment);
}
