/** ListPartitionReassignments, API key 46. */
import { array, int16, int32, message, string, structs } from '../schema.ts';

export const ListPartitionReassignmentsRequest = message({
  kind: 'request',
  name: 'ListPartitionReassignmentsRequest',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Lists moves of replicas under way.',
  fields: {
    timeoutMs: int32({ about: 'How long the server may take, in ms.', default: 60000 }),
    topics: structs(
      'ListPartitionReassignmentsTopics',
      { nullable: '0+', default: null },
      {
        name: string(),
        partitionIndexes: array('int32'),
      },
    ),
  },
});

export const ListPartitionReassignmentsResponse = message({
  kind: 'response',
  name: 'ListPartitionReassignmentsResponse',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  about: 'Moves under way.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    topics: structs(
      'OngoingTopicReassignment',
      {},
      {
        name: string(),
        partitions: structs(
          'OngoingPartitionReassignment',
          {},
          {
            partitionIndex: int32(),
            replicas: array('int32'),
            addingReplicas: array('int32'),
            removingReplicas: array('int32'),
          },
        ),
      },
    ),
  },
});
