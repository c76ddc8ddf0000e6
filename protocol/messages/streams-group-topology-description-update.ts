/** StreamsGroupTopologyDescriptionUpdate, API key 93. */
import { array, type Fields, int16, int32, int8, message, string, struct, structs } from '../schema.ts';

const topologyDescriptionNodeFields: Fields = {
  name: string(),
  nodeType: int8(),
  sourceTopics: array('string'),
  sinkTopic: string({ nullable: '0+', default: null }),
  stores: array('string'),
  successors: array('string'),
};

const topologyDescriptionGlobalStoreFields: Fields = {
  source: struct('TopologyDescriptionNode', {}, topologyDescriptionNodeFields),
  processor: struct('TopologyDescriptionNode', {}, topologyDescriptionNodeFields),
};

const topologyDescriptionSubtopologyFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  nodes: structs('TopologyDescriptionNode', {}, topologyDescriptionNodeFields),
};

const topologyDescriptionFields: Fields = {
  subtopologies: structs('TopologyDescriptionSubtopology', {}, topologyDescriptionSubtopologyFields),
  globalStores: structs('TopologyDescriptionGlobalStore', {}, topologyDescriptionGlobalStoreFields),
};

export const StreamsGroupTopologyDescriptionUpdateRequest = message({
  kind: 'request',
  name: 'StreamsGroupTopologyDescriptionUpdateRequest',
  apiKey: 93,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Hands in the description of a streams topology.',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
    topologyEpoch: int32(),
    topologyDescription: struct('TopologyDescription', {}, topologyDescriptionFields),
  },
});

export const StreamsGroupTopologyDescriptionUpdateResponse = message({
  kind: 'response',
  name: 'StreamsGroupTopologyDescriptionUpdateResponse',
  apiKey: 93,
  versions: '0',
  flexible: '0+',
  about: 'Whether it was stored.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
  },
});
