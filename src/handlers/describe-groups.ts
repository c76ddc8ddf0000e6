/**
 * DescribeGroups (15), versions 0 to 6: state and members of groups. v3 can ask for the operations the client may do, v4
 * adds static members; v6 says GROUP_ID_NOT_FOUND for a group that does not exist (KIP-1043), which older versions are
 * told is Dead.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readDescribeGroupsRequest } from '../../protocol/generated/describe-groups-request.ts';
import type { DescribeGroupsRequest } from '../../protocol/generated/describe-groups-request.ts';
import { writeDescribeGroupsResponse } from '../../protocol/generated/describe-groups-response.ts';
import type { DescribeGroupsResponse } from '../../protocol/generated/describe-groups-response.ts';
import type { Input } from '../../protocol/input.ts';
import { groupCaller } from './group-caller.ts';
import { handler } from './types.ts';

/** READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS, each a bit: everything one can do to a group. */
const ALL_GROUP_OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11);

export const describeGroupsHandler = handler<DescribeGroupsRequest, Input<DescribeGroupsResponse>>({
  apiKey: ApiKey.DescribeGroups,
  minVersion: 0,
  maxVersion: 6,
  readRequest: readDescribeGroupsRequest,
  writeResponse: writeDescribeGroupsResponse,
  async handle(context, request) {
    const groups = await context.services.groups.describeGroups(groupCaller(context), request.groups);
    if (!request.includeAuthorizedOperations) return { groups };
    return {
      groups: groups.map((group) =>
        group.errorCode === ErrorCode.NONE ? { ...group, authorizedOperations: ALL_GROUP_OPERATIONS } : group,
      ),
    };
  },
});
