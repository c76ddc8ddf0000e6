/** Coordinator records of type 12: ShareGroupTargetAssignmentMetadata. */
import { int32, message, offset, string } from '../../schema.ts';

export const ShareGroupTargetAssignmentMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupTargetAssignmentMetadataKey',
  apiKey: 12,
  versions: '0',
  flexible: 'none',
  about: "Key of the epoch of a share group's target assignment.",
  fields: {
    groupId: string(),
  },
});

export const ShareGroupTargetAssignmentMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupTargetAssignmentMetadataValue',
  apiKey: 12,
  versions: '0',
  flexible: '0+',
  about: "Value of the epoch of a share group's target assignment.",
  fields: {
    assignmentEpoch: int32({ about: 'Epoch of the target assignment.' }),
    assignmentTimestamp: offset({ tag: 0, ignorable: true }),
  },
});
