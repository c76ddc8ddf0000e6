/**
 * ShareGroupDescribe (77), version 1 (KIP-932): share groups and their members.
 *
 * Unlike Kafka's, an answer has a bound: described-groups.ts.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  readShareGroupDescribeRequest,
  type ShareGroupDescribeRequest,
} from '../../protocol/generated/share-group-describe-request.ts';
import {
  type ShareGroupDescribeResponse,
  writeShareGroupDescribeResponse,
} from '../../protocol/generated/share-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type DescribedShareGroup, describeShareGroup } from '../coordinator/group/share/describe.ts';
import { maySeeAll, requireGroup, UNSEEN_TOPICS } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { groupOperations } from './authorized-operations.ts';
import { assignmentBytes, describeAll } from './described-groups.ts';
import { requireGroupId } from './group-caller.ts';
import { requireShareGroups } from './share-group-heartbeat.ts';
import { handler, type RequestContext } from './types.ts';

/** What a member takes in the answer without its topics, with ids of the usual length. */
const MEMBER_BYTES = 300;

export const shareGroupDescribeHandler = handler<ShareGroupDescribeRequest, Input<ShareGroupDescribeResponse>>({
  apiKey: ApiKey.ShareGroupDescribe,
  minVersion: 1,
  maxVersion: 1,
  readRequest: readShareGroupDescribeRequest,
  writeResponse: writeShareGroupDescribeResponse,
  async handle(context, request) {
    const { groupIds, includeAuthorizedOperations } = request;
    const one = (groupId: string) => describe(context, groupId, includeAuthorizedOperations);
    return { groups: await describeAll(groupIds, one, byteLengthOf) };
  },
});

async function describe(
  context: RequestContext,
  groupId: string,
  withOperations: boolean,
): Promise<DescribedShareGroup> {
  const { services } = context;
  try {
    requireGroup(context, 'DESCRIBE', groupId);
    requireShareGroups(services);
    requireGroupId(groupId);
    const group = await services.groups.read(groupId, (env) => describeShareGroup(env, groupId));
    // Unlike with other groups, what a member has subscribed to and does not have counts for nothing.
    const assigned = (group.members ?? []).flatMap((member) => member.assignment?.topicPartitions ?? []);
    const names = assigned.map(({ topicName = '' }) => topicName);
    if (!maySeeAll(context, names)) return { groupId, ...UNSEEN_TOPICS };
    const isFound = group.errorCode === ErrorCode.NONE;
    return withOperations && isFound ? { ...group, authorizedOperations: groupOperations(context, groupId) } : group;
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

type Member = NonNullable<DescribedShareGroup['members']>[number];

/** About what a member takes in the answer. */
function byteLengthOf({ assignment }: Member): number {
  return MEMBER_BYTES + assignmentBytes(assignment);
}
