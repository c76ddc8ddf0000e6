/** Coordinator records of type 1: OffsetCommit. */
import { int32, message, offset, string, uuid } from '../../schema.ts';

export const OffsetCommitKey = message({
  kind: 'coordinator-key',
  name: 'OffsetCommitKey',
  apiKey: 1,
  versions: '0',
  flexible: 'none',
  about: 'Key of an offset committed to a group.',
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
  about: 'Value of an offset committed to a group.',
  fields: {
    offset: offset(),
    leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.', versions: '3+', default: -1, ignorable: true }),
    metadata: string({ about: 'Opaque to the broker.' }),
    commitTimestamp: offset({ about: 'When the offset was committed, in ms.' }),
    expireTimestamp: offset({
      about: "When the offset expires, in ms, -1 for the broker's own time.",
      versions: '1',
      default: -1,
      ignorable: true,
    }),
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  },
});
