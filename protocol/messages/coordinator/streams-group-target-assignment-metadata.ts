/** Coordinator records of type 20: StreamsGroupTargetAssignmentMetadata. */
import { int32, message, offset, string } from '../../schema.ts';

export const StreamsGroupTargetAssignmentMetadataKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  apiKey: 20,
  versions: '0',
  flexible: 'none',
  about: "Key of the epoch of a streams group's target assignment.",
  fields: {
    groupId: string(),
  },
});

export const StreamsGroupTargetAssignmentMetadataValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  apiKey: 20,
  versions: '0',
  flexible: '0+',
  about: "Value of the epoch of a streams group's target assignment.",
  fields: {
    assignmentEpoch: int32({ about: 'Epoch of the target assignment.' }),
    assignmentTimestamp: offset({ tag: 0, ignorable: true }),
  },
});
