/**
 * LeaveGroup (13), versions 0 to 5: members leave at once. Up to v2 one member, whose error is the answer's; from v3 on
 * a list with an error each, in which an administrator may name static members by instance id alone. v5 adds a reason.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readLeaveGroupRequest } from '../../protocol/generated/leave-group-request.ts';
import type { LeaveGroupRequest } from '../../protocol/generated/leave-group-request.ts';
import { writeLeaveGroupResponse } from '../../protocol/generated/leave-group-response.ts';
import type { LeaveGroupResponse } from '../../protocol/generated/leave-group-response.ts';
import type { Input } from '../../protocol/input.ts';
import { leaveGroup } from '../coordinator/group/classic/leave.ts';
import { requireGroup } from './authorize.ts';
import { requireGroupId } from './group-caller.ts';
import { handler } from './types.ts';

/** First version with a list of members. */
const MEMBERS_FROM = 3;

export const leaveGroupHandler = handler<LeaveGroupRequest, Input<LeaveGroupResponse>>({
  apiKey: ApiKey.LeaveGroup,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readLeaveGroupRequest,
  writeResponse: writeLeaveGroupResponse,
  async handle(context, request) {
    const { services, apiVersion } = context;
    try {
      requireGroup(context, 'READ', request.groupId);
      requireGroupId(request.groupId);
      const hasMembers = apiVersion >= MEMBERS_FROM;
      const members = hasMembers ? request.members : [{ ...request, groupInstanceId: null, reason: null }];
      const response = await services.groups.write(request.groupId, (env) => leaveGroup(env, { ...request, members }));
      if (hasMembers) return response;
      return { errorCode: response.members?.[0]?.errorCode ?? ErrorCode.UNKNOWN_MEMBER_ID };
    } catch (error) {
      if (error instanceof KafkaError) return { errorCode: error.code };
      throw error;
    }
  },
});
