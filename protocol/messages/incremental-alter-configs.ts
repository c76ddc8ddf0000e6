/** IncrementalAlterConfigs, API key 44. */
import { bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const IncrementalAlterConfigsRequest = message({
  kind: 'request',
  name: 'IncrementalAlterConfigsRequest',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker', 'controller'],
  about: 'Changes single settings of resources.',
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
            configOperation: int8({ about: '0 set, 1 delete, 2 append, 3 subtract.' }),
            value: string({ nullable: '0+' }),
          },
        ),
      },
    ),
    validateOnly: bool({ about: 'Check everything, change nothing.' }),
  },
});

export const IncrementalAlterConfigsResponse = message({
  kind: 'response',
  name: 'IncrementalAlterConfigsResponse',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
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
