/** Coordinator records of type 1: OffsetCommit. */
import { int32, message, offset, string, uuid } from '../../schema.ts';

export const OffsetCommitKey = message({
  kind: 'coordinator-key',
  name: 'OffsetCommitKey',
  apiKey: 1,
  versions: '0',
  flexible: 'none',
  about: 'OffsetCommitKey',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const OffsetCommitValue = message({
  kind: 'coordinator-value',
  name: 'OffsetCommitValue',
  apiKey: 1,
  versions: '0-4',
  flexible: '4+',
  about: 'OffsetCommitValue',
  fields: {
    offset: offset(),
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: offset(),
    expireTimestamp: offset({ versions: '1', default: -1, ignorable: true }),
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  },
});
