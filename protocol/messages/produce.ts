/** Produce, API key 0. */
import { int16, int32, message, offset, records, string, struct, structs, uuid } from '../schema.ts';

export const ProduceRequest = message({
  kind: 'request',
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '3-13',
  flexible: '9+',
  listeners: ['broker'],
  about: 'ProduceRequest',
  fields: {
    transactionalId: string({ nullable: '3+', default: null }),
    acks: int16(),
    timeoutMs: int32(),
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
            records: records({ nullable: '0+' }),
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
  versions: '3-13',
  flexible: '9+',
  about: 'ProduceResponse',
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
            baseOffset: offset(),
            logAppendTimeMs: offset({ versions: '2+', default: -1, ignorable: true }),
            logStartOffset: offset({ versions: '5+', default: -1, ignorable: true }),
            recordErrors: structs(
              'BatchIndexAndErrorMessage',
              { versions: '8+', ignorable: true },
              {
                batchIndex: int32({ versions: '8+' }),
                batchIndexErrorMessage: string({ versions: '8+', nullable: '8+', default: null }),
              },
            ),
            errorMessage: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { versions: '10+', tag: 0 },
              {
                leaderId: int32({ versions: '10+', default: -1 }),
                leaderEpoch: int32({ versions: '10+', default: -1 }),
              },
            ),
          },
        ),
      },
    ),
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { versions: '10+', tag: 0 },
      {
        nodeId: int32({ versions: '10+' }),
        host: string({ versions: '10+' }),
        port: int32({ versions: '10+' }),
        rack: string({ versions: '10+', nullable: '10+', default: null }),
      },
    ),
  },
});
