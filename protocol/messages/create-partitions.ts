/** CreatePartitions, API key 37. */
import { array, bool, int16, int32, message, string, structs } from '../schema.ts';

export const CreatePartitionsRequest = message({
  kind: 'request',
  name: 'CreatePartitionsRequest',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Adds partitions to topics.',
  fields: {
    topics: structs(
      'CreatePartitionsTopic',
      {},
      {
        name: string(),
        count: int32({ about: 'Number of partitions wanted in all.' }),
        assignments: structs(
          'CreatePartitionsAssignment',
          { about: 'Brokers of each new partition; null to let the broker choose.', nullable: '0+' },
          {
            brokerIds: array('int32'),
          },
        ),
      },
    ),
    timeoutMs: int32({ about: 'How long the server may take, in ms.' }),
    validateOnly: bool({ about: 'Check everything, change nothing.' }),
  },
});

export const CreatePartitionsResponse = message({
  kind: 'response',
  name: 'CreatePartitionsResponse',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  about: 'Which topics were changed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    results: structs(
      'CreatePartitionsTopicResult',
      {},
      {
        name: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      },
    ),
  },
});
