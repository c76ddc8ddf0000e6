/** ShareGroupHeartbeat (76), version 1 (KIP-932): a member of a share group joins, is alive, or leaves. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  readShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatRequest,
} from '../../protocol/generated/share-group-heartbeat-request.ts';
import {
  type ShareGroupHeartbeatResponse,
  writeShareGroupHeartbeatResponse,
} from '../../protocol/generated/share-group-heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { checkHeartbeat } from '../coordinator/group/share/check-heartbeat.ts';
import { shareGroupHeartbeat } from '../coordinator/group/share/heartbeat.ts';
import { initializeStates } from '../coordinator/group/share/initialize.ts';
import { requireGroup, requireTopics } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { groupCaller } from './group-caller.ts';
import { type BrokerServices, handler } from './types.ts';

export const shareGroupHeartbeatHandler = handler<ShareGroupHeartbeatRequest, Input<ShareGroupHeartbeatResponse>>({
  apiKey: ApiKey.ShareGroupHeartbeat,
  minVersion: 1,
  maxVersion: 1,
  readRequest: readShareGroupHeartbeatRequest,
  writeResponse: writeShareGroupHeartbeatResponse,
  async handle(context, request) {
    const { services } = context;
    const { groupId } = request;
    try {
      requireGroup(context, 'READ', groupId);
      requireShareGroups(services);
      checkHeartbeat(request);
      requireTopics(context, 'DESCRIBE', request.subscribedTopicNames ?? []);
      const caller = groupCaller(context);
      const { groups, shareStates, logger } = services;
      const { response, toInitialize } = await groups.write(groupId, (env) =>
        shareGroupHeartbeat(env, caller, request),
      );
      if (toInitialize !== null) void initializeStates(groups, shareStates, groupId, { ...toInitialize, logger });
      return response;
    } catch (error) {
      return errorFields(error, services);
    }
  },
});

/** @throws KafkaError UNSUPPORTED_VERSION while share groups are off */
export function requireShareGroups({ features }: BrokerServices): void {
  if (features.level('share.version') === 0) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
}
