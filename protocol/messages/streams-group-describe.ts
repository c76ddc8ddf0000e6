/** StreamsGroupDescribe, API key 89. */
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

export const StreamsGroupDescribeRequest = message({
  kind: 'request',
  name: 'StreamsGroupDescribeRequest',
  apiKey: 89,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'StreamsGroupDescribeRequest',
  fields: {
    groupIds: array('string'),
    includeAuthorizedOperations: bool(),
    includeTopologyDescription: bool({ versions: '1+' }),
  },
});

const topologyDescriptionNodeFields: Fields = {
  name: string({ versions: '1+' }),
  nodeType: int8({ versions: '1+' }),
  sourceTopics: array('string', { versions: '1+' }),
  sinkTopic: string({ versions: '1+', nullable: '1+', default: null }),
  stores: array('string', { versions: '1+' }),
  successors: array('string', { versions: '1+' }),
};

const topologyDescriptionGlobalStoreFields: Fields = {
  source: struct('TopologyDescriptionNode', { versions: '1+' }, topologyDescriptionNodeFields),
  processor: struct('TopologyDescriptionNode', { versions: '1+' }, topologyDescriptionNodeFields),
};

const topologyDescriptionSubtopologyFields: Fields = {
  subtopologyId: string({ versions: '1+' }),
  nodes: structs('TopologyDescriptionNode', { versions: '1+' }, topologyDescriptionNodeFields),
};

const taskIdsFields: Fields = {
  subtopologyId: string(),
  partitions: array('int32'),
};

const topologyDescriptionFields: Fields = {
  subtopologies: structs('TopologyDescriptionSubtopology', { versions: '1+' }, topologyDescriptionSubtopologyFields),
  globalStores: structs('TopologyDescriptionGlobalStore', { versions: '1+' }, topologyDescriptionGlobalStoreFields),
};

const assignmentFields: Fields = {
  activeTasks: structs('TaskIds', {}, taskIdsFields),
  standbyTasks: structs('TaskIds', {}, taskIdsFields),
  warmupTasks: structs('TaskIds', {}, taskIdsFields),
};

const taskOffsetFields: Fields = {
  subtopologyId: string(),
  partition: int32(),
  offset: offset(),
};

const keyValueFields: Fields = {
  key: string(),
  value: string(),
};

const endpointFields: Fields = {
  host: string(),
  port: uint16(),
};

const topicInfoFields: Fields = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: structs('KeyValue', {}, keyValueFields),
};

export const StreamsGroupDescribeResponse = message({
  kind: 'response',
  name: 'StreamsGroupDescribeResponse',
  apiKey: 89,
  versions: '0-1',
  flexible: '0+',
  about: 'StreamsGroupDescribeResponse',
  fields: {
    throttleTimeMs: int32(),
    groups: structs(
      'DescribedGroup',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        groupId: string(),
        groupState: string(),
        groupEpoch: int32(),
        assignmentEpoch: int32(),
        topology: struct(
          'Topology',
          { nullable: '0+', default: null },
          {
            epoch: int32(),
            subtopologies: structs(
              'Subtopology',
              { nullable: '0+', default: null },
              {
                subtopologyId: string(),
                sourceTopics: array('string'),
                repartitionSinkTopics: array('string'),
                stateChangelogTopics: structs('TopicInfo', {}, topicInfoFields),
                repartitionSourceTopics: structs('TopicInfo', {}, topicInfoFields),
              },
            ),
          },
        ),
        members: structs(
          'Member',
          {},
          {
            memberId: string(),
            memberEpoch: int32(),
            instanceId: string({ nullable: '0+', default: null }),
            rackId: string({ nullable: '0+', default: null }),
            clientId: string(),
            clientHost: string(),
            topologyEpoch: int32(),
            processId: string(),
            userEndpoint: struct('Endpoint', { nullable: '0+', default: null }, endpointFields),
            clientTags: structs('KeyValue', {}, keyValueFields),
            taskOffsets: structs('TaskOffset', {}, taskOffsetFields),
            taskEndOffsets: structs('TaskOffset', {}, taskOffsetFields),
            assignment: struct('Assignment', {}, assignmentFields),
            targetAssignment: struct('Assignment', {}, assignmentFields),
            isClassic: bool(),
          },
        ),
        authorizedOperations: int32({ default: -2147483648 }),
        topologyDescription: struct(
          'TopologyDescription',
          { versions: '1+', nullable: '1+', default: null },
          topologyDescriptionFields,
        ),
        topologyDescriptionStatus: int8({ versions: '1+' }),
        assignorName: string({ versions: '1+', nullable: '1+', default: null, ignorable: true }),
      },
    ),
  },
});
