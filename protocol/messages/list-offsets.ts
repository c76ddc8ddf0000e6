/** ListOffsets, API key 2. */
import { int16, int32, int8, message, offset, string, structs } from '../schema.ts';

export const ListOffsetsRequest = message({
  kind: 'request',
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: '1-11',
  flexible: '6+',
  listeners: ['broker'],
  about: 'ListOffsetsRequest',
  fields: {
    replicaId: int32(),
    isolationLevel: int8({ versions: '2+' }),
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
            currentLeaderEpoch: int32({ versions: '4+', default: -1, ignorable: true }),
            timestamp: offset(),
          },
        ),
      },
    ),
    timeoutMs: int32({ versions: '10+', ignorable: true }),
  },
});

export const ListOffsetsResponse = message({
  kind: 'response',
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: '1-11',
  flexible: '6+',
  about: 'ListOffsetsResponse',
  fields: {
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
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
            timestamp: offset({ default: -1 }),
            offset: offset({ default: -1 }),
            leaderEpoch: int32({ versions: '4+', default: -1 }),
          },
        ),
      },
    ),
  },
});
