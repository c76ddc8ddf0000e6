/** AlterReplicaLogDirs, API key 34. */
import { array, int16, int32, message, string, structs } from '../schema.ts';

export const AlterReplicaLogDirsRequest = message({
  kind: 'request',
  name: 'AlterReplicaLogDirsRequest',
  apiKey: 34,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker'],
  about: 'Moves replicas to other log directories.',
  fields: {
    dirs: structs(
      'AlterReplicaLogDir',
      {},
      {
        path: string(),
        topics: structs(
          'AlterReplicaLogDirTopic',
          {},
          {
            name: string(),
            partitions: array('int32'),
          },
        ),
      },
    ),
  },
});

export const AlterReplicaLogDirsResponse = message({
  kind: 'response',
  name: 'AlterReplicaLogDirsResponse',
  apiKey: 34,
  versions: '0-2',
  flexible: '2+',
  about: 'Which replicas will move.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    results: structs(
      'AlterReplicaLogDirTopicResult',
      {},
      {
        topicName: string(),
        partitions: structs(
          'AlterReplicaLogDirPartitionResult',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
          },
        ),
      },
    ),
  },
});
