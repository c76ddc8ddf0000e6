/**
 * Heartbeat (12), versions 0 to 4: keeps a member's session alive; REBALANCE_IN_PROGRESS tells it to join again. v3 adds
 * static members. While the group's partition is loading the answer is NONE.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { readHeartbeatRequest } from '../../protocol/generated/heartbeat-request.ts';
import type { HeartbeatRequest } from '../../protocol/generated/heartbeat-request.ts';
import { writeHeartbeatResponse } from '../../protocol/generated/heartbeat-response.ts';
import type { HeartbeatResponse } from '../../protocol/generated/heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { handler } from './types.ts';

export const heartbeatHandler = handler<HeartbeatRequest, Input<HeartbeatResponse>>({
  apiKey: ApiKey.Heartbeat,
  minVersion: 0,
  maxVersion: 4,
  readRequest: readHeartbeatRequest,
  writeResponse: writeHeartbeatResponse,
  handle: ({ services }, request) => ({ errorCode: services.groups.heartbeat(request) }),
});
