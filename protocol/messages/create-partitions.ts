/** CreatePartitions, API key 37. */
import { array, bool, int16, int32, message, string, structs } from '../schema.ts';

export const CreatePartitionsRequest = message({
  kind: 'request',
  name: 'CreatePartitionsRequest',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'CreatePartitionsRequest',
  fields: {
    topics: structs(
      'CreatePartitionsTopic',
      {},
      {
        name: string(),
        count: int32(),
        assignments: structs(
          'CreatePartitionsAssignment',
          { nullable: '0+' },
          {
            brokerIds: array('int32'),
          },
        ),
      },
    ),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
});

export const CreatePartitionsResponse = message({
  kind: 'response',
  name: 'CreatePartitionsResponse',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  about: 'CreatePartitionsResponse',
  fields: {
    throttleTimeMs: int32(),
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
