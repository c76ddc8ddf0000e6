/** UnregisterController (94), version 0: removes a controller from the cluster. The only one is active, and stays. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  readUnregisterControllerRequest,
  type UnregisterControllerRequest,
} from '../../protocol/generated/unregister-controller-request.ts';
import {
  type UnregisterControllerResponse,
  writeUnregisterControllerResponse,
} from '../../protocol/generated/unregister-controller-response.ts';
import type { Input } from '../../protocol/input.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { handler } from './types.ts';

export const unregisterControllerHandler = handler<UnregisterControllerRequest, Input<UnregisterControllerResponse>>({
  apiKey: ApiKey.UnregisterController,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readUnregisterControllerRequest,
  writeResponse: writeUnregisterControllerResponse,
  handle(context, { controllerId }) {
    return outcome(() => {
      requireCluster(context, 'ALTER');
      if (controllerId === context.services.metadata.nodeId) {
        throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Controller cannot unregister itself while it is active.');
      }
      const text = `Controller ID ${controllerId} is not currently registered.`;
      throw new KafkaError(ErrorCode.CONTROLLER_ID_NOT_REGISTERED, text);
    }, context.services);
  },
});
