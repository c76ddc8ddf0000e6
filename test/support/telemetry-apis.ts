/** The APIs of clients' metrics (KIP-714) as a client writes and reads them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeGetTelemetrySubscriptionsRequest } from '../../protocol/generated/get-telemetry-subscriptions-request.ts';
import { readGetTelemetrySubscriptionsResponse } from '../../protocol/generated/get-telemetry-subscriptions-response.ts';
import { writePushTelemetryRequest } from '../../protocol/generated/push-telemetry-request.ts';
import { readPushTelemetryResponse } from '../../protocol/generated/push-telemetry-response.ts';

export const GetTelemetrySubscriptions = {
  apiKey: ApiKey.GetTelemetrySubscriptions,
  write: writeGetTelemetrySubscriptionsRequest,
  read: readGetTelemetrySubscriptionsResponse,
};
export const PushTelemetry = {
  apiKey: ApiKey.PushTelemetry,
  write: writePushTelemetryRequest,
  read: readPushTelemetryResponse,
};
