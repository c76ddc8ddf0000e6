/** DescribeConfigs, API key 32. */
import { array, bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeConfigsRequest = message({
  kind: 'request',
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: '1-4',
  flexible: '4+',
  listeners: ['broker', 'controller'],
  about: 'DescribeConfigsRequest',
  fields: {
    resources: structs(
      'DescribeConfigsResource',
      {},
      {
        resourceType: int8(),
        resourceName: string(),
        configurationKeys: array('string', { nullable: '0+' }),
      },
    ),
    includeSynonyms: bool(),
    includeDocumentation: bool({ versions: '3+' }),
  },
});

export const DescribeConfigsResponse = message({
  kind: 'response',
  name: 'DescribeConfigsResponse',
  apiKey: 32,
  versions: '1-4',
  flexible: '4+',
  about: 'DescribeConfigsResponse',
  fields: {
    throttleTimeMs: int32(),
    results: structs(
      'DescribeConfigsResult',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8(),
        resourceName: string(),
        configs: structs(
          'DescribeConfigsResourceResult',
          {},
          {
            name: string(),
            value: string({ nullable: '0+' }),
            readOnly: bool(),
            configSource: int8({ default: -1, ignorable: true }),
            isSensitive: bool(),
            synonyms: structs(
              'DescribeConfigsSynonym',
              { ignorable: true },
              {
                name: string(),
                value: string({ nullable: '0+' }),
                source: int8(),
              },
            ),
            configType: int8({ versions: '3+', ignorable: true }),
            documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
          },
        ),
      },
    ),
  },
});
