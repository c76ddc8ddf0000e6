/** Coordinator records of type 17: StreamsGroupMetadata. */
import { type Fields, int32, int64, message, string, structs } from '../../schema.ts';

export const StreamsGroupMetadataKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupMetadataKey',
  apiKey: 17,
  versions: '0',
  flexible: 'none',
  about: 'Key of a streams group.',
  fields: {
    groupId: string(),
  },
});

const lastAssignmentConfigFields: Fields = {
  key: string(),
  value: string(),
};

export const StreamsGroupMetadataValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupMetadataValue',
  apiKey: 17,
  versions: '0',
  flexible: '0+',
  about: 'Value of a streams group.',
  fields: {
    epoch: int32(),
    metadataHash: int64({ about: 'Checksum of the subscribed topics, all 64 bits of it.' }),
    validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
    lastAssignmentConfigs: structs('LastAssignmentConfig', { nullable: '0+', tag: 1 }, lastAssignmentConfigFields),
    storedDescriptionTopologyEpoch: int32({ tag: 2, default: -1 }),
    failedDescriptionTopologyEpoch: int32({ tag: 3, default: -1 }),
  },
});
