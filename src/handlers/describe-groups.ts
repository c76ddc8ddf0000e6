/**
 * DescribeGroups (15), versions 0 to 6: state and members of groups. v3 can ask for the operations the client may do, v4
 * adds static members; v6 says GROUP_ID_NOT_FOUND for a group that does not exist (KIP-1043), which older versions are
 * told is Dead.
 *
 * Unlike Kafka's, an answer has a bound: described-groups.ts.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { readDescribeGroupsRequest } from '../../protocol/generated/describe-groups-request.ts';
import type { DescribeGroupsRequest } from '../../protocol/generated/describe-groups-request.ts';
import { writeDescribeGroupsResponse } from '../../protocol/generated/describe-groups-response.ts';
import type { DescribedGroup, DescribeGroupsResponse } from '../../protocol/generated/describe-groups-response.ts';
import type { Input } from '../../protocol/input.ts';
import { errorCodeOf } from '../coordinator/errors.ts';
import { describeGroup } from '../coordinator/group/classic/describe.ts';
import { requireGroup } from './authorize.ts';
import { withGroupOperations } from './authorized-operations.ts';
import { describeAll } from './described-groups.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** What a member takes in the answer without its subscription and assignment, with ids of the usual length. */
const MEMBER_BYTES = 200;

type DescribedMember = NonNullable<Input<DescribedGroup>['members']>[number];

export const describeGroupsHandler = handler<DescribeGroupsRequest, Input<DescribeGroupsResponse>>({
  apiKey: ApiKey.DescribeGroups,
  minVersion: 0,
  maxVersion: 6,
  readRequest: readDescribeGroupsRequest,
  writeResponse: writeDescribeGroupsResponse,
  async handle(context, request) {
    const groups = await describeAll(request.groups, (groupId) => describe(context, groupId), byteLengthOf);
    return { groups: request.includeAuthorizedOperations ? withGroupOperations(context, groups) : groups };
  },
});

async function describe(context: RequestContext, groupId: string): Promise<Input<DescribedGroup>> {
  const { services, apiVersion } = context;
  try {
    requireGroup(context, 'DESCRIBE', groupId);
    return await services.groups.read(groupId, (env) => describeGroup(env, groupId, apiVersion));
  } catch (error) {
    return { groupId, errorCode: errorCodeOf(error) };
  }
}

/** About what a member takes in the answer. */
function byteLengthOf({ memberMetadata, memberAssignment }: DescribedMember): number {
  return MEMBER_BYTES + (memberMetadata?.byteLength ?? 0) + (memberAssignment?.byteLength ?? 0);
}
