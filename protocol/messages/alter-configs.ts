/** AlterConfigs, API key 33. */
import { bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const AlterConfigsRequest = message({
  kind: 'request',
  name: 'AlterConfigsRequest',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Replaces all settings of resources; superseded by IncrementalAlterConfigs.',
  fields: {
    resources: structs(
      'AlterConfigsResource',
      {},
      {
        resourceType: int8({ about: 'Type of resource, as a number.' }),
        resourceName: string(),
        configs: structs(
          'AlterableConfig',
          {},
          {
            name: string(),
            value: string({ nullable: '0+' }),
          },
        ),
      },
    ),
    validateOnly: bool({ about: 'Check everything, change nothing.' }),
  },
});

export const AlterConfigsResponse = message({
  kind: 'response',
  name: 'AlterConfigsResponse',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
  about: 'Which resources were changed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    responses: structs(
      'AlterConfigsResourceResponse',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8({ about: 'Type of resource, as a number.' }),
        resourceName: string(),
      },
    ),
  },
});
