/** Coordinator records of type 0: LegacyOffsetCommit. */
import { int32, message, offset, string } from '../../schema.ts';

export const LegacyOffsetCommitKey = message({
  kind: 'coordinator-key',
  name: 'LegacyOffsetCommitKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'Key of an offset committed to a group, from before Kafka 0.9.',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const LegacyOffsetCommitValue = message({
  kind: 'coordinator-value',
  name: 'LegacyOffsetCommitValue',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'Value of an offset committed to a group, from before Kafka 0.9.',
  fields: {
    offset: offset(),
    metadata: string({ about: 'Opaque to the broker.' }),
    commitTimestamp: offset({ about: 'When the offset was committed, in ms.' }),
  },
});
