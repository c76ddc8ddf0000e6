/** ListConfigResources, API key 74. */
import { array, int16, int32, int8, message, string, structs } from '../schema.ts';

export const ListConfigResourcesRequest = message({
  kind: 'request',
  name: 'ListConfigResourcesRequest',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Lists resources that have settings.',
  fields: {
    resourceTypes: array('int8', { versions: '1+' }),
  },
});

export const ListConfigResourcesResponse = message({
  kind: 'response',
  name: 'ListConfigResourcesResponse',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  about: 'Resources that have settings.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    configResources: structs(
      'ConfigResource',
      {},
      {
        resourceName: string(),
        resourceType: int8({ about: 'Type of resource, as a number.', versions: '1+', default: 16, ignorable: true }),
      },
    ),
  },
});
