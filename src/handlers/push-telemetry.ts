/**
 * PushTelemetry (72), version 0 (KIP-714): metrics of a client, as OTLP. Nobody needs a right for it; what no subscription
 * asked of this client is not kept. Where nobody reads metrics, a push is checked and not read, as in Kafka.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type PushTelemetryRequest,
  readPushTelemetryRequest,
} from '../../protocol/generated/push-telemetry-request.ts';
import {
  type PushTelemetryResponse,
  writePushTelemetryResponse,
} from '../../protocol/generated/push-telemetry-response.ts';
import type { Input } from '../../protocol/input.ts';
import { outcome } from './api-error.ts';
import { clientLabels } from './client-labels.ts';
import { handler } from './types.ts';

export const pushTelemetryHandler = handler<PushTelemetryRequest, Input<PushTelemetryResponse>>({
  apiKey: ApiKey.PushTelemetry,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readPushTelemetryRequest,
  writeResponse: writePushTelemetryResponse,
  async handle(context, { clientInstanceId, subscriptionId, terminating, compressionType, metrics }) {
    const { services } = context;
    const telemetry = await services.clientTelemetry.get();
    const push = {
      instanceId: clientInstanceId,
      labels: clientLabels(context),
      subscriptionId,
      isTerminating: terminating,
      codec: compressionType,
      metrics,
    };
    const { errorCode } = await outcome(() => telemetry.push(push), services);
    return { errorCode };
  },
});
