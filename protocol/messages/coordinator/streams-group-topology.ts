/** Coordinator records of type 23: StreamsGroupTopology. */
import { array, type Fields, int16, int32, message, string, structs } from '../../schema.ts';

export const StreamsGroupTopologyKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupTopologyKey',
  apiKey: 23,
  versions: '0',
  flexible: 'none',
  about: 'StreamsGroupTopologyKey',
  fields: {
    groupId: string(),
  },
});

const topicConfigFields: Fields = {
  key: string(),
  value: string(),
};

const topicInfoFields: Fields = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: structs('TopicConfig', {}, topicConfigFields),
};

export const StreamsGroupTopologyValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupTopologyValue',
  apiKey: 23,
  versions: '0',
  flexible: '0+',
  about: 'StreamsGroupTopologyValue',
  fields: {
    epoch: int32(),
    subtopologies: structs(
      'Subtopology',
      {},
      {
        subtopologyId: string(),
        sourceTopics: array('string'),
        sourceTopicRegex: array('string'),
        stateChangelogTopics: structs('TopicInfo', {}, topicInfoFields),
        repartitionSinkTopics: array('string'),
        repartitionSourceTopics: structs('TopicInfo', {}, topicInfoFields),
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
});
