/** Coordinator records of type 6: ConsumerGroupTargetAssignmentMetadata. */
import { int32, message, offset, string } from '../../schema.ts';

export const ConsumerGroupTargetAssignmentMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  apiKey: 6,
  versions: '0',
  flexible: 'none',
  about: "Key of the epoch of a consumer group's target assignment.",
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupTargetAssignmentMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  apiKey: 6,
  versions: '0',
  flexible: '0+',
  about: "Value of the epoch of a consumer group's target assignment.",
  fields: {
    assignmentEpoch: int32({ about: 'Epoch of the target assignment.' }),
    assignmentTimestamp: offset({ tag: 0, ignorable: true }),
  },
});
