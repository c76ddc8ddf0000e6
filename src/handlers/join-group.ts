/**
 * JoinGroup (11), versions 0 to 9: becomes or stays a member of a classic group. The answer comes when the join phase
 * of the rebalance ends.
 *
 * - v0 has one timeout for session and rebalance; v1 adds the rebalance timeout.
 * - v4: a new member is given its id with MEMBER_ID_REQUIRED and comes again (KIP-394).
 * - v5 adds static members (KIP-345), v7 the protocol type in the answer, v8 a reason for the log, v9 says that the
 *   leader of an unchanged group need not assign (KIP-814).
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readJoinGroupRequest } from '../../protocol/generated/join-group-request.ts';
import type { JoinGroupRequest } from '../../protocol/generated/join-group-request.ts';
import { writeJoinGroupResponse } from '../../protocol/generated/join-group-response.ts';
import type { JoinGroupResponse } from '../../protocol/generated/join-group-response.ts';
import type { Input } from '../../protocol/input.ts';
import { joinGroup } from '../coordinator/group/classic/join.ts';
import { groupSettings } from '../coordinator/group/settings.ts';
import { allows } from './authorize.ts';
import { groupCaller } from './group-caller.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** First version in which the protocol's name may be null. */
const NULLABLE_PROTOCOL_FROM = 7;

export const joinGroupHandler = handler<JoinGroupRequest, Input<JoinGroupResponse>>({
  apiKey: ApiKey.JoinGroup,
  minVersion: 0,
  maxVersion: 9,
  readRequest: readJoinGroupRequest,
  writeResponse: writeJoinGroupResponse,
  async handle(context, request) {
    const response = await join(context, request);
    const isOk = response.errorCode === ErrorCode.NONE;
    const noProtocol = context.apiVersion >= NULLABLE_PROTOCOL_FROM ? null : '';
    return { ...response, protocolName: isOk ? response.protocolName || noProtocol : noProtocol };
  },
});

async function join(context: RequestContext, request: JoinGroupRequest): Promise<Input<JoinGroupResponse>> {
  const { groups, config } = context.services;
  const { groupId, memberId, sessionTimeoutMs } = request;
  if (!allows(context, 'READ', 'GROUP', groupId)) {
    return { memberId: '', errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
  }
  const refused = (errorCode: number): Input<JoinGroupResponse> => ({ memberId, errorCode });
  if (groupId === '') return refused(ErrorCode.INVALID_GROUP_ID);
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = groupSettings(config);
  if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
    return refused(ErrorCode.INVALID_SESSION_TIMEOUT);
  }
  // An error of the coordinator is answered without the member's id, as in Kafka.
  return groups.parked(
    groupId,
    (env, answer) => joinGroup(env, groupCaller(context), request, answer),
    (errorCode) => ({ memberId: '', errorCode }),
  );
}
