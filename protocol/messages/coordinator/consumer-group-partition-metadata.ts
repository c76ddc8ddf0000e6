/** Coordinator records of type 4: ConsumerGroupPartitionMetadata. */
import { array, int32, message, string, structs, uuid } from '../../schema.ts';

export const ConsumerGroupPartitionMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupPartitionMetadataKey',
  apiKey: 4,
  versions: '0',
  flexible: 'none',
  about: 'Key of the partitions of the topics that a consumer group subscribes to.',
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupPartitionMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupPartitionMetadataValue',
  apiKey: 4,
  versions: '0',
  flexible: '0+',
  about: 'Value of the partitions of the topics that a consumer group subscribes to; no longer written.',
  fields: {
    topics: structs(
      'TopicMetadata',
      {},
      {
        topicId: uuid(),
        topicName: string(),
        numPartitions: int32({ about: 'Number of partitions, -1 for the default.' }),
        partitionMetadata: structs(
          'PartitionMetadata',
          {},
          {
            partition: int32(),
            racks: array('string'),
          },
        ),
      },
    ),
  },
});
