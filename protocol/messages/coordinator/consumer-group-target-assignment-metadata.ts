/** Coordinator records of type 6: ConsumerGroupTargetAssignmentMetadata. */
import { int32, message, offset, string } from '../../schema.ts';

export const ConsumerGroupTargetAssignmentMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  apiKey: 6,
  versions: '0',
  flexible: 'none',
  about: 'ConsumerGroupTargetAssignmentMetadataKey',
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
  about: 'ConsumerGroupTargetAssignmentMetadataValue',
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: offset({ tag: 0, ignorable: true }),
  },
});
