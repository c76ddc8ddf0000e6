/** Coordinator records of type 11: ShareGroupMetadata. */
import { int32, int64, message, string } from '../../schema.ts';

export const ShareGroupMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupMetadataKey',
  apiKey: 11,
  versions: '0',
  flexible: 'none',
  about: 'Key of a share group.',
  fields: {
    groupId: string(),
  },
});

export const ShareGroupMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupMetadataValue',
  apiKey: 11,
  versions: '0',
  flexible: '0+',
  about: 'Value of a share group.',
  fields: {
    epoch: int32(),
    metadataHash: int64({ about: 'Checksum of the subscribed topics, all 64 bits of it.' }),
  },
});
