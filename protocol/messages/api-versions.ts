/** ApiVersions, API key 18. */
import { bool, int16, int32, message, offset, string, structs } from '../schema.ts';

export const ApiVersionsRequest = message({
  kind: 'request',
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker', 'controller'],
  about: 'ApiVersionsRequest',
  fields: {
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
    clusterId: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    nodeId: int32({ versions: '5+', default: -1, ignorable: true }),
  },
});

export const ApiVersionsResponse = message({
  kind: 'response',
  name: 'ApiVersionsResponse',
  apiKey: 18,
  versions: '0-5',
  flexible: '3+',
  about: 'ApiVersionsResponse',
  fields: {
    errorCode: int16(),
    apiKeys: structs(
      'ApiVersion',
      {},
      {
        apiKey: int16(),
        minVersion: int16(),
        maxVersion: int16(),
      },
    ),
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    supportedFeatures: structs(
      'SupportedFeatureKey',
      { versions: '3+', tag: 0, ignorable: true },
      {
        name: string({ versions: '3+' }),
        minVersion: int16({ versions: '3+' }),
        maxVersion: int16({ versions: '3+' }),
      },
    ),
    finalizedFeaturesEpoch: offset({ versions: '3+', tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: structs(
      'FinalizedFeatureKey',
      { versions: '3+', tag: 2, ignorable: true },
      {
        name: string({ versions: '3+' }),
        maxVersionLevel: int16({ versions: '3+' }),
        minVersionLevel: int16({ versions: '3+' }),
      },
    ),
    zkMigrationReady: bool({ versions: '3+', tag: 3, ignorable: true }),
  },
});
