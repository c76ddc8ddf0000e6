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
  subtopologyId: string(),
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
  subtopologyId: string(),
  partitions: array('int32'),
};

const requestTopicInfoFields: Fields = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: structs('KeyValue', {}, requestKeyValueFields),
};

export const StreamsGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'StreamsGroupHeartbeatRequest',
  apiKey: 88,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'StreamsGroupHeartbeatRequest',
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: struct(
      'Topology',
      { nullable: '0+', default: null },
      {
        epoch: int32(),
        subtopologies: structs(
          'Subtopology',
          {},
          {
            subtopologyId: string(),
            sourceTopics: array('string'),
            sourceTopicRegex: array('string'),
            stateChangelogTopics: structs('TopicInfo', {}, requestTopicInfoFields),
            repartitionSinkTopics: array('string'),
            repartitionSourceTopics: structs('TopicInfo', {}, requestTopicInfoFields),
            copartitionGroups: structs(
              'CopartitionGroup',
              {},
              {
                sourceTopics: array('int16'),
                sourceTopicRegex: array('int16'),
                repartitionSourceTopics: array('int16'),
              },
            ),
          },
        ),
      },
    ),
    activeTasks: structs('TaskIds', { nullable: '0+', default: null }, requestTaskIdsFields),
    standbyTasks: structs('TaskIds', { nullable: '0+', default: null }, requestTaskIdsFields),
    warmupTasks: structs('TaskIds', { nullable: '0+', default: null }, requestTaskIdsFields),
    processId: string({ nullable: '0+', default: null }),
    userEndpoint: struct('Endpoint', { nullable: '0+', default: null }, requestEndpointFields),
    clientTags: structs('KeyValue', { nullable: '0+', default: null }, requestKeyValueFields),
    taskOffsets: structs('TaskOffset', { nullable: '0+', default: null }, requestTaskOffsetFields),
    taskEndOffsets: structs('TaskOffset', { nullable: '0+', default: null }, requestTaskOffsetFields),
    shutdownApplication: bool(),
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
  subtopologyId: string(),
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
  about: 'StreamsGroupHeartbeatResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLagLegacy: int32({ versions: '0' }),
    taskOffsetIntervalMs: int32(),
    acceptableRecoveryLag: offset({ versions: '1+', default: -1, ignorable: true }),
    status: structs('Status', { nullable: '0+' }, responseStatusFields),
    activeTasks: structs('TaskIds', { nullable: '0+', default: null }, responseTaskIdsFields),
    standbyTasks: structs('TaskIds', { nullable: '0+', default: null }, responseTaskIdsFields),
    warmupTasks: structs('TaskIds', { nullable: '0+', default: null }, responseTaskIdsFields),
    topologyDescriptionRequired: bool({ versions: '1+' }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: structs(
      'EndpointToPartitions',
      { nullable: '0+', default: null },
      {
        userEndpoint: struct('Endpoint', {}, responseEndpointFields),
        activePartitions: structs('TopicPartition', {}, responseTopicPartitionFields),
        standbyPartitions: structs('TopicPartition', {}, responseTopicPartitionFields),
      },
    ),
  },
});
