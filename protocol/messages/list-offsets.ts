/** ListOffsets, API key 2. */
import { array, int16, int32, int8, message, offset, string, structs } from '../schema.ts';

export const ListOffsetsRequest = message({
  kind: 'request',
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  listeners: ['broker'],
  about: 'Looks up offsets by time.',
  fields: {
    replicaId: int32({ about: 'Broker id of a follower, -1 from a consumer.' }),
    isolationLevel: int8({
      about: '0 reads everything below the high watermark, 1 only what is committed.',
      versions: '2+',
    }),
    topics: structs(
      'ListOffsetsTopic',
      {},
      {
        name: string(),
        partitions: structs(
          'ListOffsetsPartition',
          {},
          {
            partitionIndex: int32(),
            currentLeaderEpoch: int32({
              about: 'Leader epoch that the client knows, -1 for none.',
              versions: '4+',
              default: -1,
              ignorable: true,
            }),
            timestamp: offset({
              about: 'Time in ms, or -1 end, -2 start, -3 largest timestamp, -4 local start, -5 and -6 tiered.',
            }),
            maxNumOffsets: int32({ about: 'Most offsets wanted.', versions: '0', default: 1 }),
          },
        ),
      },
    ),
    timeoutMs: int32({ about: 'How long the server may take, in ms.', versions: '10+', ignorable: true }),
  },
});

export const ListOffsetsResponse = message({
  kind: 'response',
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  about: 'Offsets found.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '2+',
      ignorable: true,
    }),
    topics: structs(
      'ListOffsetsTopicResponse',
      {},
      {
        name: string(),
        partitions: structs(
          'ListOffsetsPartitionResponse',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            oldStyleOffsets: array('int64', { about: 'Offsets found, the newest first.', versions: '0' }),
            timestamp: offset({
              about: 'Timestamp of the record found, -1 where it says nothing.',
              versions: '1+',
              default: -1,
            }),
            offset: offset({ about: 'Offset found, -1 for none.', versions: '1+', default: -1 }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.', versions: '4+', default: -1 }),
          },
        ),
      },
    ),
  },
});
