/** Coordinator records of type 4: ConsumerGroupPartitionMetadata. */
import { array, int32, message, string, structs, uuid } from '../../schema.ts';

export const ConsumerGroupPartitionMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupPartitionMetadataKey',
  apiKey: 4,
  versions: '0',
  flexible: 'none',
  about: 'ConsumerGroupPartitionMetadataKey',
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
  about: 'ConsumerGroupPartitionMetadataValue',
  fields: {
    topics: structs(
      'TopicMetadata',
      {},
      {
        topicId: uuid(),
        topicName: string(),
        numPartitions: int32(),
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
