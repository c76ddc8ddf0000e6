/** OffsetForLeaderEpoch, API key 23. */
import { int16, int32, message, offset, string, structs } from '../schema.ts';

export const OffsetForLeaderEpochRequest = message({
  kind: 'request',
  name: 'OffsetForLeaderEpochRequest',
  apiKey: 23,
  versions: '2-4',
  flexible: '4+',
  listeners: ['broker'],
  about: 'OffsetForLeaderEpochRequest',
  fields: {
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    topics: structs(
      'OffsetForLeaderTopic',
      {},
      {
        topic: string(),
        partitions: structs(
          'OffsetForLeaderPartition',
          {},
          {
            partition: int32(),
            currentLeaderEpoch: int32({ default: -1, ignorable: true }),
            leaderEpoch: int32(),
          },
        ),
      },
    ),
  },
});

export const OffsetForLeaderEpochResponse = message({
  kind: 'response',
  name: 'OffsetForLeaderEpochResponse',
  apiKey: 23,
  versions: '2-4',
  flexible: '4+',
  about: 'OffsetForLeaderEpochResponse',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs(
      'OffsetForLeaderTopicResult',
      {},
      {
        topic: string(),
        partitions: structs(
          'EpochEndOffset',
          {},
          {
            errorCode: int16(),
            partition: int32(),
            leaderEpoch: int32({ versions: '1+', default: -1, ignorable: true }),
            endOffset: offset({ default: -1 }),
          },
        ),
      },
    ),
  },
});
