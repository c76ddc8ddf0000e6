/** BrokerHeartbeat, API key 63. */
import { array, bool, int16, int32, message, offset } from '../schema.ts';

export const BrokerHeartbeatRequest = message({
  kind: 'request',
  name: 'BrokerHeartbeatRequest',
  apiKey: 63,
  versions: '0-2',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Shows the controller that a broker is alive.',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ about: "Epoch of the broker's registration, -1 where unknown.", default: -1 }),
    currentMetadataOffset: offset(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array('uuid', { versions: '1+', tag: 0 }),
    cordonedLogDirs: array('uuid', { versions: '2+', nullable: '2+', tag: 1, default: null }),
  },
});

export const BrokerHeartbeatResponse = message({
  kind: 'response',
  name: 'BrokerHeartbeatResponse',
  apiKey: 63,
  versions: '0-2',
  flexible: '0+',
  about: 'What the broker is to do.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  },
});
