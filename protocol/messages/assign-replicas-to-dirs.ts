/** AssignReplicasToDirs, API key 73. */
import { int16, int32, message, offset, structs, uuid } from '../schema.ts';

export const AssignReplicasToDirsRequest = message({
  kind: 'request',
  name: 'AssignReplicasToDirsRequest',
  apiKey: 73,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'AssignReplicasToDirsRequest',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ default: -1 }),
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
  about: 'AssignReplicasToDirsResponse',
  fields: {
    throttleTimeMs: int32(),
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
