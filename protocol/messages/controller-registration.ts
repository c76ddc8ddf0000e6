/** ControllerRegistration, API key 70. */
import { bool, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts';

export const ControllerRegistrationRequest = message({
  kind: 'request',
  name: 'ControllerRegistrationRequest',
  apiKey: 70,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'ControllerRegistrationRequest',
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
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
  about: 'ControllerRegistrationResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
});
