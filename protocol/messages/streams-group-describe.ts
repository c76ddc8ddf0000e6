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
  about: 'Asks for streams groups (KIP-1071).',
  fields: {
    groupIds: array('string'),
    includeAuthorizedOperations: bool({ about: 'Report what the client may do.' }),
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
  subtopologyId: string({ about: 'Name of the part of the topology.', versions: '1+' }),
  nodes: structs('TopologyDescriptionNode', { versions: '1+' }, topologyDescriptionNodeFields),
};

const taskIdsFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  partitions: array('int32'),
};

const topologyDescriptionFields: Fields = {
  subtopologies: structs('TopologyDescriptionSubtopology', { versions: '1+' }, topologyDescriptionSubtopologyFields),
  globalStores: structs('TopologyDescriptionGlobalStore', { versions: '1+' }, topologyDescriptionGlobalStoreFields),
};

const assignmentFields: Fields = {
  activeTasks: structs('TaskIds', { about: 'Tasks that process; in heartbeats null for unchanged.' }, taskIdsFields),
  standbyTasks: structs(
    'TaskIds',
    { about: 'Tasks that keep a copy of the state; in heartbeats null for unchanged.' },
    taskIdsFields,
  ),
  warmupTasks: structs(
    'TaskIds',
    { about: 'Tasks that build up their state; in heartbeats null for unchanged.' },
    taskIdsFields,
  ),
};

const taskOffsetFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
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
  replicationFactor: int16({ about: 'Replicas of a partition, -1 for the default.' }),
  topicConfigs: structs('KeyValue', {}, keyValueFields),
};

export const StreamsGroupDescribeResponse = message({
  kind: 'response',
  name: 'StreamsGroupDescribeResponse',
  apiKey: 89,
  versions: '0-1',
  flexible: '0+',
  about: 'Streams groups, their topology and members.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    groups: structs(
      'DescribedGroup',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        groupId: string(),
        groupState: string({ about: 'State of the group, by name.' }),
        groupEpoch: int32({ about: 'Epoch of the group.' }),
        assignmentEpoch: int32({ about: 'Epoch of the target assignment.' }),
        topology: struct(
          'Topology',
          { nullable: '0+', default: null },
          {
            epoch: int32(),
            subtopologies: structs(
              'Subtopology',
              { nullable: '0+', default: null },
              {
                subtopologyId: string({ about: 'Name of the part of the topology.' }),
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
            memberId: string({ about: 'Id of the member.' }),
            memberEpoch: int32({ about: 'Epoch of the member.' }),
            instanceId: string({
              about: 'Name of a static member, null for a dynamic one (KIP-345).',
              nullable: '0+',
              default: null,
            }),
            rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+', default: null }),
            clientId: string({ about: 'Name that the client gives itself.' }),
            clientHost: string(),
            topologyEpoch: int32(),
            processId: string({ about: 'Id of the process that the member runs in.' }),
            userEndpoint: struct(
              'Endpoint',
              { about: 'Address for interactive queries.', nullable: '0+', default: null },
              endpointFields,
            ),
            clientTags: structs(
              'KeyValue',
              { about: 'Tags for placing standby tasks; null for unchanged.' },
              keyValueFields,
            ),
            taskOffsets: structs(
              'TaskOffset',
              { about: 'How far the tasks have got; null for unchanged.' },
              taskOffsetFields,
            ),
            taskEndOffsets: structs(
              'TaskOffset',
              { about: "Where the tasks' changelogs end; null for unchanged." },
              taskOffsetFields,
            ),
            assignment: struct('Assignment', { about: 'What the member is assigned.' }, assignmentFields),
            targetAssignment: struct(
              'Assignment',
              { about: 'What the member is to have in the end.' },
              assignmentFields,
            ),
            isClassic: bool(),
          },
        ),
        authorizedOperations: int32({
          about: 'Bit field of permitted operations; the smallest int32 for not asked.',
          default: -2147483648,
        }),
        topologyDescription: struct(
          'TopologyDescription',
          { versions: '1+', nullable: '1+', default: null },
          topologyDescriptionFields,
        ),
        topologyDescriptionStatus: int8({ versions: '1+' }),
        assignorName: string({
          about: 'Assignor on the broker.',
          versions: '1+',
          nullable: '1+',
          default: null,
          ignorable: true,
        }),
      },
    ),
  },
});
