/** DescribeCluster, API key 60. */
import { bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeClusterRequest = message({
  kind: 'request',
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: "Asks for the cluster's id and nodes.",
  fields: {
    includeClusterAuthorizedOperations: bool({ about: 'Report what the client may do to the cluster.' }),
    endpointType: int8({ about: '1 brokers, 2 controllers.', versions: '1+', default: 1 }),
    includeFencedBrokers: bool({ versions: '2+' }),
  },
});

export const DescribeClusterResponse = message({
  kind: 'response',
  name: 'DescribeClusterResponse',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  about: "The cluster's id and nodes.",
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    endpointType: int8({ about: '1 brokers, 2 controllers.', versions: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ about: 'Node id of the controller, -1 for none.', default: -1 }),
    brokers: structs(
      'DescribeClusterBroker',
      {},
      {
        brokerId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '0+', default: null }),
        isFenced: bool({ versions: '2+' }),
      },
    ),
    clusterAuthorizedOperations: int32({
      about: 'Bit field of permitted operations; the smallest int32 for not asked.',
      default: -2147483648,
    }),
  },
});
