/**
 * Heartbeat (12), versions 0 to 4: keeps a member's session alive; REBALANCE_IN_PROGRESS tells it to join again. v3 adds
 * static members. While the group's partition is loading the answer is NONE.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readHeartbeatRequest } from '../../protocol/generated/heartbeat-request.ts';
import type { HeartbeatRequest } from '../../protocol/generated/heartbeat-request.ts';
import { writeHeartbeatResponse } from '../../protocol/generated/heartbeat-response.ts';
import type { HeartbeatResponse } from '../../protocol/generated/heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { errorCodeOf } from '../coordinator/errors.ts';
import { heartbeat } from '../coordinator/group/classic/heartbeat.ts';
import { requireGroup } from './authorize.ts';
import { requireGroupId } from './group-caller.ts';
import { handler } from './types.ts';

export const heartbeatHandler = handler<HeartbeatRequest, Input<HeartbeatResponse>>({
  apiKey: ApiKey.Heartbeat,
  minVersion: 0,
  maxVersion: 4,
  readRequest: readHeartbeatRequest,
  writeResponse: writeHeartbeatResponse,
  handle(context, request) {
    const { services } = context;
    try {
      requireGroup(context, 'READ', request.groupId);
      requireGroupId(request.groupId);
      return { errorCode: services.groups.atOnce(request.groupId, (env) => heartbeat(env, request)) };
    } catch (error) {
      const errorCode = errorCodeOf(error);
      // Nothing is known of the member yet, and nothing is held against it.
      return { errorCode: errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : errorCode };
    }
  },
});
