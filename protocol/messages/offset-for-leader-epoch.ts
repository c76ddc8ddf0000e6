/** OffsetForLeaderEpoch, API key 23. */
import { int16, int32, message, offset, string, structs } from '../schema.ts';

export const OffsetForLeaderEpochRequest = message({
  kind: 'request',
  name: 'OffsetForLeaderEpochRequest',
  apiKey: 23,
  versions: '0-4',
  flexible: '4+',
  listeners: ['broker'],
  about: 'Asks where leader epochs end (KIP-320).',
  fields: {
    replicaId: int32({
      about: 'Broker id of a follower, -1 from a consumer.',
      versions: '3+',
      default: -2,
      ignorable: true,
    }),
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
            currentLeaderEpoch: int32({
              about: 'Leader epoch that the client knows, -1 for none.',
              versions: '2+',
              default: -1,
              ignorable: true,
            }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
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
  versions: '0-4',
  flexible: '4+',
  about: 'Where leader epochs end.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '2+',
      ignorable: true,
    }),
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
            leaderEpoch: int32({
              about: 'Leader epoch, -1 where unknown.',
              versions: '1+',
              default: -1,
              ignorable: true,
            }),
            endOffset: offset({ about: 'End, exclusive.', default: -1 }),
          },
        ),
      },
    ),
  },
});
