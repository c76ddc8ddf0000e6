/**
 * GetTelemetrySubscriptions (71), version 0 (KIP-714): which metrics a client is to push, and how often. Nobody needs a
 * right for it. It is shown by ApiVersions where somebody reads metrics, and served in any case, as in Kafka.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type GetTelemetrySubscriptionsRequest,
  readGetTelemetrySubscriptionsRequest,
} from '../../protocol/generated/get-telemetry-subscriptions-request.ts';
import {
  type GetTelemetrySubscriptionsResponse,
  writeGetTelemetrySubscriptionsResponse,
} from '../../protocol/generated/get-telemetry-subscriptions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ACCEPTED_CODECS } from '../telemetry/client-telemetry.ts';
import { errorFields } from './api-error.ts';
import { clientLabels } from './client-labels.ts';
import { handler } from './types.ts';

export const getTelemetrySubscriptionsHandler = handler<
  GetTelemetrySubscriptionsRequest,
  Input<GetTelemetrySubscriptionsResponse>
>({
  apiKey: ApiKey.GetTelemetrySubscriptions,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readGetTelemetrySubscriptionsRequest,
  writeResponse: writeGetTelemetrySubscriptionsResponse,
  async handle(context, { clientInstanceId }) {
    const { services } = context;
    const telemetry = await services.clientTelemetry.get();
    try {
      const asked = telemetry.ask({ instanceId: clientInstanceId, labels: clientLabels(context) });
      return {
        clientInstanceId: asked.instanceId,
        subscriptionId: asked.subscriptionId,
        acceptedCompressionTypes: ACCEPTED_CODECS,
        pushIntervalMs: asked.intervalMs,
        telemetryMaxBytes: services.config.int('telemetry.max.bytes'),
        deltaTemporality: true,
        requestedMetrics: asked.prefixes,
      };
    } catch (error) {
      return { errorCode: errorFields(error, services).errorCode };
    }
  },
});
