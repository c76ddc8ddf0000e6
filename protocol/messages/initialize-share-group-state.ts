/** InitializeShareGroupState, API key 83. */
import { int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const InitializeShareGroupStateRequest = message({
  kind: 'request',
  name: 'InitializeShareGroupStateRequest',
  apiKey: 83,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Begins the state of share partitions; between brokers.',
  fields: {
    groupId: string(),
    topics: structs(
      'InitializeStateData',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partition: int32(),
            stateEpoch: int32({ about: "Epoch of the share partition's state." }),
            startOffset: offset({ about: 'First offset, inclusive.' }),
          },
        ),
      },
    ),
  },
});

export const InitializeShareGroupStateResponse = message({
  kind: 'response',
  name: 'InitializeShareGroupStateResponse',
  apiKey: 83,
  versions: '0',
  flexible: '0+',
  about: 'Which states were begun.',
  fields: {
    results: structs(
      'InitializeStateResult',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionResult',
          {},
          {
            partition: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
          },
        ),
      },
    ),
  },
});
