/** GetTelemetrySubscriptions, API key 71. */
import { array, bool, int16, int32, message, uuid } from '../schema.ts';

export const GetTelemetrySubscriptionsRequest = message({
  kind: 'request',
  name: 'GetTelemetrySubscriptionsRequest',
  apiKey: 71,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks which client metrics are wanted (KIP-714).',
  fields: {
    clientInstanceId: uuid({ about: 'Id of the client for its telemetry; the zero id to be given one.' }),
  },
});

export const GetTelemetrySubscriptionsResponse = message({
  kind: 'response',
  name: 'GetTelemetrySubscriptionsResponse',
  apiKey: 71,
  versions: '0',
  flexible: '0+',
  about: 'Which client metrics are wanted.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    clientInstanceId: uuid({ about: 'Id of the client for its telemetry; the zero id to be given one.' }),
    subscriptionId: int32({ about: 'What metrics are wanted, as a checksum.' }),
    acceptedCompressionTypes: array('int8', { about: 'Compressions the broker accepts, best first.' }),
    pushIntervalMs: int32({ about: 'Time between two pushes, in ms.' }),
    telemetryMaxBytes: int32({ about: 'Largest push.' }),
    deltaTemporality: bool({ about: 'Push differences instead of totals.' }),
    requestedMetrics: array('string', { about: 'Prefixes of metric names; one empty prefix for all.' }),
  },
});
