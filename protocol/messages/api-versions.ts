/** ApiVersions, API key 18. */
import { bool, int16, int32, message, offset, string, structs } from '../schema.ts';

export const ApiVersionsRequest = message({
  kind: 'request',
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker', 'controller'],
  about: 'Asks which APIs and versions the broker offers; the first request on a connection.',
  fields: {
    clientSoftwareName: string({ about: 'Name of the client library.', versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ about: 'Version of the client library.', versions: '3+', ignorable: true }),
    clusterId: string({
      about: 'Cluster the client believes to be talking to, null for none (KIP-1242).',
      versions: '5+',
      nullable: '5+',
      default: null,
      ignorable: true,
    }),
    nodeId: int32({
      about: 'Node the client believes to be talking to, -1 for none (KIP-1242).',
      versions: '5+',
      default: -1,
      ignorable: true,
    }),
  },
});

export const ApiVersionsResponse = message({
  kind: 'response',
  name: 'ApiVersionsResponse',
  apiKey: 18,
  versions: '0-5',
  flexible: '3+',
  about: 'APIs, versions and features on offer.',
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
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    supportedFeatures: structs(
      'SupportedFeatureKey',
      { about: 'Features that the broker knows (KIP-584).', versions: '3+', tag: 0, ignorable: true },
      {
        name: string({ versions: '3+' }),
        minVersion: int16({ versions: '3+' }),
        maxVersion: int16({ versions: '3+' }),
      },
    ),
    finalizedFeaturesEpoch: offset({
      about: 'Version of the finalized features, -1 for unknown.',
      versions: '3+',
      tag: 1,
      default: -1,
      ignorable: true,
    }),
    finalizedFeatures: structs(
      'FinalizedFeatureKey',
      { about: 'Features in force in the cluster.', versions: '3+', tag: 2, ignorable: true },
      {
        name: string({ versions: '3+' }),
        maxVersionLevel: int16({ versions: '3+' }),
        minVersionLevel: int16({ versions: '3+' }),
      },
    ),
    zkMigrationReady: bool({ about: 'Always false since Kafka 4.', versions: '3+', tag: 3, ignorable: true }),
  },
});
