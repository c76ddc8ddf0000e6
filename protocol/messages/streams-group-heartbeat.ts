/** StreamsGroupHeartbeat, API key 88. */
import {
  array,
  bool,
  type Fields,
  int16,
  int32,
  int8,
  message,
  offset,
  string,
  struct,
  structs,
  uint16,
} from '../schema.ts';

const requestTaskOffsetFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  partition: int32(),
  offset: offset(),
};

const requestKeyValueFields: Fields = {
  key: string(),
  value: string(),
};

const requestEndpointFields: Fields = {
  host: string(),
  port: uint16(),
};

const requestTaskIdsFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  partitions: array('int32'),
};

const requestTopicInfoFields: Fields = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16({ about: 'Replicas of a partition, -1 for the default.' }),
  topicConfigs: structs('KeyValue', {}, requestKeyValueFields),
};

export const StreamsGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'StreamsGroupHeartbeatRequest',
  apiKey: 88,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Joins, keeps up or leaves a streams group (KIP-1071).',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
    memberEpoch: int32({ about: '0 to join, -1 to leave, -2 to leave as a static member, else the current epoch.' }),
    endpointInformationEpoch: int32(),
    instanceId: string({
      about: 'Name of a static member, null for a dynamic one (KIP-345).',
      nullable: '0+',
      default: null,
    }),
    rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({
      about: 'How long a member may take to rejoin, in ms; -1 for unchanged or unset.',
      default: -1,
    }),
    topology: struct(
      'Topology',
      { about: 'Shape of the streams application; null for unchanged.', nullable: '0+', default: null },
      {
        epoch: int32(),
        subtopologies: structs(
          'Subtopology',
          {},
          {
            subtopologyId: string({ about: 'Name of the part of the topology.' }),
            sourceTopics: array('string'),
            sourceTopicRegex: array('string', { about: 'Regular expressions of source topics.' }),
            stateChangelogTopics: structs('TopicInfo', {}, requestTopicInfoFields),
            repartitionSinkTopics: array('string'),
            repartitionSourceTopics: structs('TopicInfo', {}, requestTopicInfoFields),
            copartitionGroups: structs(
              'CopartitionGroup',
              { about: 'Topics that must have the same number of partitions.' },
              {
                sourceTopics: array('int16'),
                sourceTopicRegex: array('int16', { about: 'Regular expressions of source topics.' }),
                repartitionSourceTopics: array('int16'),
              },
            ),
          },
        ),
      },
    ),
    activeTasks: structs(
      'TaskIds',
      { about: 'Tasks that process; in heartbeats null for unchanged.', nullable: '0+', default: null },
      requestTaskIdsFields,
    ),
    standbyTasks: structs(
      'TaskIds',
      {
        about: 'Tasks that keep a copy of the state; in heartbeats null for unchanged.',
        nullable: '0+',
        default: null,
      },
      requestTaskIdsFields,
    ),
    warmupTasks: structs(
      'TaskIds',
      { about: 'Tasks that build up their state; in heartbeats null for unchanged.', nullable: '0+', default: null },
      requestTaskIdsFields,
    ),
    processId: string({ about: 'Id of the process that the member runs in.', nullable: '0+', default: null }),
    userEndpoint: struct(
      'Endpoint',
      { about: 'Address for interactive queries.', nullable: '0+', default: null },
      requestEndpointFields,
    ),
    clientTags: structs(
      'KeyValue',
      { about: 'Tags for placing standby tasks; null for unchanged.', nullable: '0+', default: null },
      requestKeyValueFields,
    ),
    taskOffsets: structs(
      'TaskOffset',
      { about: 'How far the tasks have got; null for unchanged.', nullable: '0+', default: null },
      requestTaskOffsetFields,
    ),
    taskEndOffsets: structs(
      'TaskOffset',
      { about: "Where the tasks' changelogs end; null for unchanged.", nullable: '0+', default: null },
      requestTaskOffsetFields,
    ),
    shutdownApplication: bool({ about: 'Ask all members of the group to stop.' }),
  },
});

const responseTopicPartitionFields: Fields = {
  topic: string(),
  partitions: array('int32'),
};

const responseEndpointFields: Fields = {
  host: string(),
  port: uint16(),
};

const responseTaskIdsFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  partitions: array('int32'),
};

const responseStatusFields: Fields = {
  statusCode: int8(),
  statusDetail: string(),
};

export const StreamsGroupHeartbeatResponse = message({
  kind: 'response',
  name: 'StreamsGroupHeartbeatResponse',
  apiKey: 88,
  versions: '0-1',
  flexible: '0+',
  about: "The member's epoch and, where they changed, its tasks.",
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string({ about: 'Id of the member.' }),
    memberEpoch: int32({ about: 'Epoch of the member.' }),
    heartbeatIntervalMs: int32({ about: 'When to send the next heartbeat, in ms.' }),
    acceptableRecoveryLagLegacy: int32({ versions: '0' }),
    taskOffsetIntervalMs: int32(),
    acceptableRecoveryLag: offset({ versions: '1+', default: -1, ignorable: true }),
    status: structs('Status', { nullable: '0+' }, responseStatusFields),
    activeTasks: structs(
      'TaskIds',
      { about: 'Tasks that process; in heartbeats null for unchanged.', nullable: '0+', default: null },
      responseTaskIdsFields,
    ),
    standbyTasks: structs(
      'TaskIds',
      {
        about: 'Tasks that keep a copy of the state; in heartbeats null for unchanged.',
        nullable: '0+',
        default: null,
      },
      responseTaskIdsFields,
    ),
    warmupTasks: structs(
      'TaskIds',
      { about: 'Tasks that build up their state; in heartbeats null for unchanged.', nullable: '0+', default: null },
      responseTaskIdsFields,
    ),
    topologyDescriptionRequired: bool({ versions: '1+' }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: structs(
      'EndpointToPartitions',
      { nullable: '0+', default: null },
      {
        userEndpoint: struct('Endpoint', { about: 'Address for interactive queries.' }, responseEndpointFields),
        activePartitions: structs('TopicPartition', {}, responseTopicPartitionFields),
        standbyPartitions: structs('TopicPartition', {}, responseTopicPartitionFields),
      },
    ),
  },
});
