/** Coordinator records of type 3: ConsumerGroupMetadata. */
import { int32, int64, message, string } from '../../schema.ts';

export const ConsumerGroupMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupMetadataKey',
  apiKey: 3,
  versions: '0',
  flexible: 'none',
  about: 'Key of a consumer group.',
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupMetadataValue',
  apiKey: 3,
  versions: '0',
  flexible: '0+',
  about: 'Value of a consumer group.',
  fields: {
    epoch: int32(),
    metadataHash: int64({ about: 'Checksum of the subscribed topics, all 64 bits of it.', tag: 0 }),
  },
});
