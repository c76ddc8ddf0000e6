/** Coordinator records of type 15: ShareGroupStatePartitionMetadata. */
import { array, type Fields, message, string, structs, uuid } from '../../schema.ts';

export const ShareGroupStatePartitionMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupStatePartitionMetadataKey',
  apiKey: 15,
  versions: '0',
  flexible: 'none',
  about: 'Key of which share partitions have state.',
  fields: {
    groupId: string(),
  },
});

const topicInfoFields: Fields = {
  topicId: uuid(),
  topicName: string(),
};

const topicPartitionsInfoFields: Fields = {
  topicId: uuid(),
  topicName: string(),
  partitions: array('int32'),
};

export const ShareGroupStatePartitionMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupStatePartitionMetadataValue',
  apiKey: 15,
  versions: '0',
  flexible: '0+',
  about: 'Value of which share partitions have state.',
  fields: {
    initializingTopics: structs('TopicPartitionsInfo', {}, topicPartitionsInfoFields),
    initializedTopics: structs('TopicPartitionsInfo', {}, topicPartitionsInfoFields),
    deletingTopics: structs('TopicInfo', {}, topicInfoFields),
  },
});
