/** AlterPartition, API key 56. */
import { array, int16, int32, int8, message, offset, structs, uuid } from '../schema.ts';

export const AlterPartitionRequest = message({
  kind: 'request',
  name: 'AlterPartitionRequest',
  apiKey: 56,
  versions: '2-3',
  flexible: '0+',
  listeners: ['controller'],
  about: 'AlterPartitionRequest',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ default: -1 }),
    topics: structs(
      'TopicData',
      {},
      {
        topicId: uuid({ ignorable: true }),
        partitions: structs(
          'PartitionData',
          {},
          {
            partitionIndex: int32(),
            leaderEpoch: int32(),
            newIsr: array('int32', { versions: '0-2' }),
            newIsrWithEpochs: structs(
              'BrokerState',
              { versions: '3+' },
              {
                brokerId: int32({ versions: '3+' }),
                brokerEpoch: offset({ versions: '3+', default: -1 }),
              },
            ),
            leaderRecoveryState: int8({ versions: '1+' }),
            partitionEpoch: int32(),
          },
        ),
      },
    ),
  },
});

export const AlterPartitionResponse = message({
  kind: 'response',
  name: 'AlterPartitionResponse',
  apiKey: 56,
  versions: '2-3',
  flexible: '0+',
  about: 'AlterPartitionResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: structs(
      'TopicData',
      {},
      {
        topicId: uuid({ ignorable: true }),
        partitions: structs(
          'PartitionData',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            leaderId: int32(),
            leaderEpoch: int32(),
            isr: array('int32'),
            leaderRecoveryState: int8({ versions: '1+', ignorable: true }),
            partitionEpoch: int32(),
          },
        ),
      },
    ),
  },
});
