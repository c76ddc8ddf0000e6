/** Coordinator records of type 23: StreamsGroupTopology. */
import { array, type Fields, int16, int32, message, string, structs } from '../../schema.ts';

export const StreamsGroupTopologyKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupTopologyKey',
  apiKey: 23,
  versions: '0',
  flexible: 'none',
  about: 'Key of the topology of a streams group.',
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
  replicationFactor: int16({ about: 'Replicas of a partition, -1 for the default.' }),
  topicConfigs: structs('TopicConfig', {}, topicConfigFields),
};

export const StreamsGroupTopologyValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupTopologyValue',
  apiKey: 23,
  versions: '0',
  flexible: '0+',
  about: 'Value of the topology of a streams group.',
  fields: {
    epoch: int32(),
    subtopologies: structs(
      'Subtopology',
      {},
      {
        subtopologyId: string({ about: 'Name of the part of the topology.' }),
        sourceTopics: array('string'),
        sourceTopicRegex: array('string', { about: 'Regular expressions of source topics.' }),
        stateChangelogTopics: structs('TopicInfo', {}, topicInfoFields),
        repartitionSinkTopics: array('string'),
        repartitionSourceTopics: structs('TopicInfo', {}, topicInfoFields),
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
});
