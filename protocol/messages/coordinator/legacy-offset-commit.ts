/** Coordinator records of type 0: LegacyOffsetCommit. */
import { int32, message, offset, string } from '../../schema.ts';

export const LegacyOffsetCommitKey = message({
  kind: 'coordinator-key',
  name: 'LegacyOffsetCommitKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'LegacyOffsetCommitKey',
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
  about: 'LegacyOffsetCommitValue',
  fields: {
    offset: offset(),
    metadata: string(),
    commitTimestamp: offset(),
  },
});
