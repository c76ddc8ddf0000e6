/**
 * ConsumerGroupHeartbeat (68), versions 0 and 1 (KIP-848): a member of a consumer group joins, is alive, or leaves.
 * v1: the member makes its id, and may subscribe by a regular expression.
 */
import { isPromise } from '../base/realms.ts';
import { ApiKey } from '../../protocol/apis.ts';
import { readConsumerGroupHeartbeatRequest } from '../../protocol/generated/consumer-group-heartbeat-request.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/generated/consumer-group-heartbeat-request.ts';
import { writeConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { ConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { checkHeartbeat } from '../coordinator/group/consumer/check-heartbeat.ts';
import { consumerGroupHeartbeat } from '../coordinator/group/consumer/heartbeat.ts';
import { requireGroup, requireTopics } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { groupCaller } from './group-caller.ts';
import { requireGroupProtocol } from './group-protocol.ts';
import { handler } from './types.ts';

export const consumerGroupHeartbeatHandler = handler<
  ConsumerGroupHeartbeatRequest,
  Input<ConsumerGroupHeartbeatResponse>
>({
  apiKey: ApiKey.ConsumerGroupHeartbeat,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readConsumerGroupHeartbeatRequest,
  writeResponse: writeConsumerGroupHeartbeatResponse,
  handle(context, request) {
    const { services } = context;
    try {
      requireGroup(context, 'READ', request.groupId);
      requireGroupProtocol(services, 'consumer');
      checkHeartbeat(services.config, context.apiVersion, request);
      requireTopics(context, 'DESCRIBE', request.subscribedTopicNames ?? []);
      const caller = groupCaller(context);
      // Most heartbeats change nothing, and are answered on the spot.
      const answer = services.groups.writeOrAnswer(request.groupId, (env) =>
        consumerGroupHeartbeat(env, caller, request),
      );
      return isPromise(answer) ? answer.catch((error: unknown) => errorFields(error, services)) : answer;
    } catch (error) {
      return errorFields(error, services);
    }
  },
});
