/** GetTelemetrySubscriptions, API key 71. */
import { array, bool, int16, int32, message, uuid } from '../schema.ts';

export const GetTelemetrySubscriptionsRequest = message({
  kind: 'request',
  name: 'GetTelemetrySubscriptionsRequest',
  apiKey: 71,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'GetTelemetrySubscriptionsRequest',
  fields: {
    clientInstanceId: uuid(),
  },
});

export const GetTelemetrySubscriptionsResponse = message({
  kind: 'response',
  name: 'GetTelemetrySubscriptionsResponse',
  apiKey: 71,
  versions: '0',
  flexible: '0+',
  about: 'GetTelemetrySubscriptionsResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array('int8'),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: bool(),
    requestedMetrics: array('string'),
  },
});
