/** AlterPartition, API key 56. */
import { array, int16, int32, int8, message, offset, structs, uuid } from '../schema.ts';

export const AlterPartitionRequest = message({
  kind: 'request',
  name: 'AlterPartitionRequest',
  apiKey: 56,
  versions: '2-3',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Changes the in-sync replicas of partitions; between broker and controller.',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ about: "Epoch of the broker's registration, -1 where unknown.", default: -1 }),
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
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
            newIsr: array('int32', { versions: '0-2' }),
            newIsrWithEpochs: structs(
              'BrokerState',
              { versions: '3+' },
              {
                brokerId: int32({ versions: '3+' }),
                brokerEpoch: offset({
                  about: "Epoch of the broker's registration, -1 where unknown.",
                  versions: '3+',
                  default: -1,
                }),
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
  about: "The partitions' new state.",
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
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
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
            isr: array('int32'),
            leaderRecoveryState: int8({ versions: '1+', ignorable: true }),
            partitionEpoch: int32(),
          },
        ),
      },
    ),
  },
});
