/** Produce, API key 0. */
import { int16, int32, message, offset, records, string, struct, structs, uuid } from '../schema.ts';

export const ProduceRequest = message({
  kind: 'request',
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  listeners: ['broker'],
  about: 'Appends record batches to partitions.',
  fields: {
    transactionalId: string({
      about: 'Transactional id, or null outside transactions.',
      versions: '3+',
      nullable: '3+',
      default: null,
    }),
    acks: int16({ about: '-1 for all in-sync replicas, 1 for the leader, 0 for no response at all.' }),
    timeoutMs: int32({ about: 'How long the server may take, in ms.' }),
    topicData: structs(
      'TopicProduceData',
      {},
      {
        name: string({ versions: '0-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitionData: structs(
          'PartitionProduceData',
          {},
          {
            index: int32(),
            records: records({ about: 'Record batches.', nullable: '0+' }),
          },
        ),
      },
    ),
  },
});

export const ProduceResponse = message({
  kind: 'response',
  name: 'ProduceResponse',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  about: 'Where the batches were appended.',
  fields: {
    responses: structs(
      'TopicProduceResponse',
      {},
      {
        name: string({ versions: '0-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitionResponses: structs(
          'PartitionProduceResponse',
          {},
          {
            index: int32(),
            errorCode: int16(),
            baseOffset: offset({ about: 'Offset given to the first record.' }),
            logAppendTimeMs: offset({
              about: 'Time of the append where the topic uses it, else -1.',
              versions: '2+',
              default: -1,
              ignorable: true,
            }),
            logStartOffset: offset({
              about: 'First offset that can be read.',
              versions: '5+',
              default: -1,
              ignorable: true,
            }),
            recordErrors: structs(
              'BatchIndexAndErrorMessage',
              { about: 'Which records made the batch fail.', versions: '8+', ignorable: true },
              {
                batchIndex: int32({ about: 'Index of the record within the batch.', versions: '8+' }),
                batchIndexErrorMessage: string({ versions: '8+', nullable: '8+', default: null }),
              },
            ),
            errorMessage: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { about: 'Where the partition is led now, after a leadership error (KIP-951).', versions: '10+', tag: 0 },
              {
                leaderId: int32({ about: 'Node id of the leader, -1 for none.', versions: '10+', default: -1 }),
                leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.', versions: '10+', default: -1 }),
              },
            ),
          },
        ),
      },
    ),
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { about: 'Addresses of the leaders named in the response (KIP-951).', versions: '10+', tag: 0 },
      {
        nodeId: int32({ versions: '10+' }),
        host: string({ versions: '10+' }),
        port: int32({ versions: '10+' }),
        rack: string({ versions: '10+', nullable: '10+', default: null }),
      },
    ),
  },
});
