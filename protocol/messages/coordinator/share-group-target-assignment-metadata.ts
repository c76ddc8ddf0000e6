/** Coordinator records of type 12: ShareGroupTargetAssignmentMetadata. */
import { int32, message, offset, string } from '../../schema.ts';

export const ShareGroupTargetAssignmentMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupTargetAssignmentMetadataKey',
  apiKey: 12,
  versions: '0',
  flexible: 'none',
  about: 'ShareGroupTargetAssignmentMetadataKey',
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
  about: 'ShareGroupTargetAssignmentMetadataValue',
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: offset({ tag: 0, ignorable: true }),
  },
});
