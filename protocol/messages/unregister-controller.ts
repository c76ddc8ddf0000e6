/** UnregisterController, API key 94. */
import { int16, int32, message, string } from '../schema.ts';

export const UnregisterControllerRequest = message({
  kind: 'request',
  name: 'UnregisterControllerRequest',
  apiKey: 94,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Removes a controller from the cluster.',
  fields: {
    controllerId: int32({ about: 'Node id of the controller, -1 for none.' }),
  },
});

export const UnregisterControllerResponse = message({
  kind: 'response',
  name: 'UnregisterControllerResponse',
  apiKey: 94,
  versions: '0',
  flexible: '0+',
  about: 'Whether it was removed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
});
