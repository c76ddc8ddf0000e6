/** BrokerRegistration, API key 62. */
import { array, bool, int16, int32, message, offset, string, structs, uint16, uuid } from '../schema.ts';

export const BrokerRegistrationRequest = message({
  kind: 'request',
  name: 'BrokerRegistrationRequest',
  apiKey: 62,
  versions: '0-4',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Registers a broker with the controller.',
  fields: {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid({ about: 'Id of this run of the process.' }),
    listeners: structs(
      'Listener',
      {},
      {
        name: string(),
        host: string(),
        port: uint16(),
        securityProtocol: int16(),
      },
    ),
    features: structs(
      'Feature',
      {},
      {
        name: string(),
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      },
    ),
    rack: string({ nullable: '0+' }),
    isMigratingZkBroker: bool({ versions: '1+' }),
    logDirs: array('uuid', { versions: '2+', ignorable: true }),
    previousBrokerEpoch: offset({ versions: '3+', default: -1, ignorable: true }),
  },
});

export const BrokerRegistrationResponse = message({
  kind: 'response',
  name: 'BrokerRegistrationResponse',
  apiKey: 62,
  versions: '0-4',
  flexible: '0+',
  about: 'The epoch of the registration.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    brokerEpoch: offset({ about: "Epoch of the broker's registration, -1 where unknown.", default: -1 }),
  },
});
