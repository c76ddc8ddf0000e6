/** ControllerRegistration, API key 70. */
import { bool, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts';

export const ControllerRegistrationRequest = message({
  kind: 'request',
  name: 'ControllerRegistrationRequest',
  apiKey: 70,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Registers a controller with the active one.',
  fields: {
    controllerId: int32({ about: 'Node id of the controller, -1 for none.' }),
    incarnationId: uuid({ about: 'Id of this run of the process.' }),
    zkMigrationReady: bool({ about: 'Always false since Kafka 4.' }),
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
  },
});

export const ControllerRegistrationResponse = message({
  kind: 'response',
  name: 'ControllerRegistrationResponse',
  apiKey: 70,
  versions: '0',
  flexible: '0+',
  about: 'Whether it was registered.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
});
