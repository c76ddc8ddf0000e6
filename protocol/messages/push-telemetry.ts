/** PushTelemetry, API key 72. */
import { bool, bytes, int16, int32, int8, message, uuid } from '../schema.ts';

export const PushTelemetryRequest = message({
  kind: 'request',
  name: 'PushTelemetryRequest',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'PushTelemetryRequest',
  fields: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  },
});

export const PushTelemetryResponse = message({
  kind: 'response',
  name: 'PushTelemetryResponse',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  about: 'PushTelemetryResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
