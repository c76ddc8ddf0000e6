/**
 * UnregisterBroker (64), version 0: removes a broker from the cluster, where this is the only one.
 *
 * Unlike Kafka: a broker that is running is not removed. Kafka does it, and the broker serves nothing until it is started
 * again.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  readUnregisterBrokerRequest,
  type UnregisterBrokerRequest,
} from '../../protocol/generated/unregister-broker-request.ts';
import {
  type UnregisterBrokerResponse,
  writeUnregisterBrokerResponse,
} from '../../protocol/generated/unregister-broker-response.ts';
import type { Input } from '../../protocol/input.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { handler } from './types.ts';

export const unregisterBrokerHandler = handler<UnregisterBrokerRequest, Input<UnregisterBrokerResponse>>({
  apiKey: ApiKey.UnregisterBroker,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readUnregisterBrokerRequest,
  writeResponse: writeUnregisterBrokerResponse,
  handle(context, { brokerId }) {
    return outcome(() => {
      requireCluster(context, 'ALTER');
      if (brokerId === context.services.metadata.nodeId) {
        throw new KafkaError(ErrorCode.INVALID_REQUEST, `Broker ${brokerId} cannot unregister itself while it runs.`);
      }
      const text = `Broker ID ${brokerId} is not currently registered`;
      throw new KafkaError(ErrorCode.BROKER_ID_NOT_REGISTERED, text);
    }, context.services);
  },
});
