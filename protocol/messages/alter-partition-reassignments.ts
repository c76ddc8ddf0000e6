/** AlterPartitionReassignments, API key 45. */
import { array, bool, int16, int32, message, string, structs } from '../schema.ts';

export const AlterPartitionReassignmentsRequest = message({
  kind: 'request',
  name: 'AlterPartitionReassignmentsRequest',
  apiKey: 45,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Starts or cancels moves of replicas.',
  fields: {
    timeoutMs: int32({ about: 'How long the server may take, in ms.', default: 60000 }),
    allowReplicationFactorChange: bool({ versions: '1+', default: true }),
    topics: structs(
      'ReassignableTopic',
      {},
      {
        name: string(),
        partitions: structs(
          'ReassignablePartition',
          {},
          {
            partitionIndex: int32(),
            replicas: array('int32', {
              about: 'Brokers that are to have a replica; null cancels the move.',
              nullable: '0+',
              default: null,
            }),
          },
        ),
      },
    ),
  },
});

export const AlterPartitionReassignmentsResponse = message({
  kind: 'response',
  name: 'AlterPartitionReassignmentsResponse',
  apiKey: 45,
  versions: '0-1',
  flexible: '0+',
  about: 'Which moves were started.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    allowReplicationFactorChange: bool({ versions: '1+', default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    responses: structs(
      'ReassignableTopicResponse',
      {},
      {
        name: string(),
        partitions: structs(
          'ReassignablePartitionResponse',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+' }),
          },
        ),
      },
    ),
  },
});
