/** DescribeCluster, API key 60. */
import { bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeClusterRequest = message({
  kind: 'request',
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'DescribeClusterRequest',
  fields: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ versions: '1+', default: 1 }),
    includeFencedBrokers: bool({ versions: '2+' }),
  },
});

export const DescribeClusterResponse = message({
  kind: 'response',
  name: 'DescribeClusterResponse',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  about: 'DescribeClusterResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    endpointType: int8({ versions: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
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
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
});
