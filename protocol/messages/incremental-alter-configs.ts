/** IncrementalAlterConfigs, API key 44. */
import { bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const IncrementalAlterConfigsRequest = message({
  kind: 'request',
  name: 'IncrementalAlterConfigsRequest',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker', 'controller'],
  about: 'IncrementalAlterConfigsRequest',
  fields: {
    resources: structs(
      'AlterConfigsResource',
      {},
      {
        resourceType: int8(),
        resourceName: string(),
        configs: structs(
          'AlterableConfig',
          {},
          {
            name: string(),
            configOperation: int8(),
            value: string({ nullable: '0+' }),
          },
        ),
      },
    ),
    validateOnly: bool(),
  },
});

export const IncrementalAlterConfigsResponse = message({
  kind: 'response',
  name: 'IncrementalAlterConfigsResponse',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  about: 'IncrementalAlterConfigsResponse',
  fields: {
    throttleTimeMs: int32(),
    responses: structs(
      'AlterConfigsResourceResponse',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8(),
        resourceName: string(),
      },
    ),
  },
});
