/** AssignReplicasToDirs, API key 73. */
import { int16, int32, message, offset, structs, uuid } from '../schema.ts';

export const AssignReplicasToDirsRequest = message({
  kind: 'request',
  name: 'AssignReplicasToDirsRequest',
  apiKey: 73,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Tells the controller where a broker keeps its replicas.',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ about: "Epoch of the broker's registration, -1 where unknown.", default: -1 }),
    directories: structs(
      'DirectoryData',
      {},
      {
        id: uuid(),
        topics: structs(
          'TopicData',
          {},
          {
            topicId: uuid(),
            partitions: structs(
              'PartitionData',
              {},
              {
                partitionIndex: int32(),
              },
            ),
          },
        ),
      },
    ),
  },
});

export const AssignReplicasToDirsResponse = message({
  kind: 'response',
  name: 'AssignReplicasToDirsResponse',
  apiKey: 73,
  versions: '0',
  flexible: '0+',
  about: 'Which replicas were accepted.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    directories: structs(
      'DirectoryData',
      {},
      {
        id: uuid(),
        topics: structs(
          'TopicData',
          {},
          {
            topicId: uuid(),
            partitions: structs(
              'PartitionData',
              {},
              {
                partitionIndex: int32(),
                errorCode: int16(),
              },
            ),
          },
        ),
      },
    ),
  },
});
