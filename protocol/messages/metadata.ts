/** Metadata, API key 3. */
import { array, bool, int16, int32, message, string, structs, uuid } from '../schema.ts';

export const MetadataRequest = message({
  kind: 'request',
  name: 'MetadataRequest',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  listeners: ['broker'],
  about: 'Asks for brokers, topics and leaders.',
  fields: {
    topics: structs(
      'MetadataRequestTopic',
      { about: 'Null for all topics; in version 0 an empty list means all.', nullable: '1+' },
      {
        topicId: uuid({ versions: '10+', ignorable: true }),
        name: string({ nullable: '10+' }),
      },
    ),
    allowAutoTopicCreation: bool({
      about: 'Create topics that do not exist, where the broker allows it.',
      versions: '4+',
      default: true,
    }),
    includeClusterAuthorizedOperations: bool({
      about: 'Report what the client may do to the cluster.',
      versions: '8-10',
    }),
    includeTopicAuthorizedOperations: bool({ about: 'Report what the client may do to each topic.', versions: '8+' }),
  },
});

export const MetadataResponse = message({
  kind: 'response',
  name: 'MetadataResponse',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  about: 'Brokers, topics and leaders.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '3+',
      ignorable: true,
    }),
    brokers: structs(
      'MetadataResponseBroker',
      {},
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ versions: '1+', nullable: '1+', default: null, ignorable: true }),
      },
    ),
    clusterId: string({ versions: '2+', nullable: '2+', default: null, ignorable: true }),
    controllerId: int32({
      about: 'Node id of the controller, -1 for none.',
      versions: '1+',
      default: -1,
      ignorable: true,
    }),
    topics: structs(
      'MetadataResponseTopic',
      {},
      {
        errorCode: int16(),
        name: string({ nullable: '12+' }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        isInternal: bool({ about: 'The topic belongs to the broker itself.', versions: '1+', ignorable: true }),
        partitions: structs(
          'MetadataResponsePartition',
          {},
          {
            errorCode: int16(),
            partitionIndex: int32(),
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({
              about: 'Leader epoch, -1 where unknown.',
              versions: '7+',
              default: -1,
              ignorable: true,
            }),
            replicaNodes: array('int32', { about: 'Brokers with a replica.' }),
            isrNodes: array('int32', { about: 'Brokers whose replica is in sync.' }),
            offlineReplicas: array('int32', {
              about: 'Brokers whose replica is offline.',
              versions: '5+',
              ignorable: true,
            }),
          },
        ),
        topicAuthorizedOperations: int32({
          about: 'Bit field of permitted operations; the smallest int32 for not asked.',
          versions: '8+',
          default: -2147483648,
        }),
      },
    ),
    clusterAuthorizedOperations: int32({
      about: 'Bit field of permitted operations; the smallest int32 for not asked.',
      versions: '8-10',
      default: -2147483648,
    }),
    errorCode: int16({ versions: '13+', ignorable: true }),
  },
});
