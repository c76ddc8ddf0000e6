/** UnregisterController, API key 94. */
import { int16, int32, message, string } from '../schema.ts';

export const UnregisterControllerRequest = message({
  kind: 'request',
  name: 'UnregisterControllerRequest',
  apiKey: 94,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'UnregisterControllerRequest',
  fields: {
    controllerId: int32(),
  },
});

export const UnregisterControllerResponse = message({
  kind: 'response',
  name: 'UnregisterControllerResponse',
  apiKey: 94,
  versions: '0',
  flexible: '0+',
  about: 'UnregisterControllerResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
});
