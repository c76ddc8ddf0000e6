/**
 * SyncGroup (14), versions 0 to 5: the leader hands in the assignments of a generation, every member gets its own. The
 * answer comes when the leader's assignments are stored.
 *
 * - v3 adds static members; v5 adds protocol type and name, which must be given and fit the group's.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readSyncGroupRequest } from '../../protocol/generated/sync-group-request.ts';
import type { SyncGroupRequest } from '../../protocol/generated/sync-group-request.ts';
import { writeSyncGroupResponse } from '../../protocol/generated/sync-group-response.ts';
import type { SyncGroupResponse } from '../../protocol/generated/sync-group-response.ts';
import type { Input } from '../../protocol/input.ts';
import { syncGroup } from '../coordinator/group/classic/sync.ts';
import { allows } from './authorize.ts';
import { handler } from './types.ts';

/** First version in which protocol type and name are mandatory. */
const PROTOCOL_FROM = 5;

export const syncGroupHandler = handler<SyncGroupRequest, Input<SyncGroupResponse>>({
  apiKey: ApiKey.SyncGroup,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readSyncGroupRequest,
  writeResponse: writeSyncGroupResponse,
  handle(context, request) {
    const { services, apiVersion } = context;
    const lacksProtocol = request.protocolType === null || request.protocolName === null;
    if (apiVersion >= PROTOCOL_FROM && lacksProtocol) return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL };
    if (!allows(context, 'READ', 'GROUP', request.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID };
    return services.groups.parked(
      request.groupId,
      (env, answer) => syncGroup(env, request, answer),
      (errorCode): Input<SyncGroupResponse> => ({ errorCode }),
    );
  },
});
