/** DescribeConfigs, API key 32. */
import { array, bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeConfigsRequest = message({
  kind: 'request',
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  listeners: ['broker', 'controller'],
  about: 'Asks for settings of topics, brokers and groups.',
  fields: {
    resources: structs(
      'DescribeConfigsResource',
      {},
      {
        resourceType: int8({ about: 'Type of resource, as a number.' }),
        resourceName: string(),
        configurationKeys: array('string', { about: 'Names wanted; null for all.', nullable: '0+' }),
      },
    ),
    includeSynonyms: bool({ about: 'Report where else the setting has a value.', versions: '1+' }),
    includeDocumentation: bool({ about: 'Report what the setting is for.', versions: '3+' }),
  },
});

export const DescribeConfigsResponse = message({
  kind: 'response',
  name: 'DescribeConfigsResponse',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  about: 'Settings and where they come from.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    results: structs(
      'DescribeConfigsResult',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8({ about: 'Type of resource, as a number.' }),
        resourceName: string(),
        configs: structs(
          'DescribeConfigsResourceResult',
          {},
          {
            name: string(),
            value: string({ nullable: '0+' }),
            readOnly: bool(),
            isDefault: bool({ about: 'No value was set for this resource itself.', versions: '0' }),
            configSource: int8({
              about: 'Where a value comes from: 1 topic, 2 broker, 3 default broker, 4 static, 5 default.',
              versions: '1+',
              default: -1,
              ignorable: true,
            }),
            isSensitive: bool({ about: 'The value is secret and not given.' }),
            synonyms: structs(
              'DescribeConfigsSynonym',
              { versions: '1+', ignorable: true },
              {
                name: string({ versions: '1+' }),
                value: string({ versions: '1+', nullable: '0+' }),
                source: int8({ versions: '1+' }),
              },
            ),
            configType: int8({ about: 'Type of the setting, as a number.', versions: '3+', ignorable: true }),
            documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
          },
        ),
      },
    ),
  },
});
