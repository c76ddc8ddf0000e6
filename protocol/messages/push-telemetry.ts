/** PushTelemetry, API key 72. */
import { bool, bytes, int16, int32, int8, message, uuid } from '../schema.ts';

export const PushTelemetryRequest = message({
  kind: 'request',
  name: 'PushTelemetryRequest',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Carries client metrics (KIP-714).',
  fields: {
    clientInstanceId: uuid({ about: 'Id of the client for its telemetry; the zero id to be given one.' }),
    subscriptionId: int32({ about: 'What metrics are wanted, as a checksum.' }),
    terminating: bool({ about: 'The last push of this client.' }),
    compressionType: int8(),
    metrics: bytes({ about: 'Metrics in OTLP encoding.' }),
  },
});

export const PushTelemetryResponse = message({
  kind: 'response',
  name: 'PushTelemetryResponse',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  about: 'Whether they were accepted.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
  },
});
