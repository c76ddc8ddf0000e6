/** AddPartitionsToTxn, API key 24. */
import { array, bool, type Fields, int16, int32, int64, message, string, structs } from '../schema.ts';

const addPartitionsToTxnTopicFields: Fields = {
  name: string(),
  partitions: array('int32'),
};

export const AddPartitionsToTxnRequest = message({
  kind: 'request',
  name: 'AddPartitionsToTxnRequest',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  about: 'Adds partitions to a transaction.',
  fields: {
    transactions: structs(
      'AddPartitionsToTxnTransaction',
      { about: 'One entry a transaction, from other brokers only.', versions: '4+' },
      {
        transactionalId: string({ about: 'Transactional id, or null outside transactions.', versions: '4+' }),
        producerId: int64({ about: 'Producer id, -1 for none.', versions: '4+' }),
        producerEpoch: int16({ about: 'Producer epoch, -1 for none.', versions: '4+' }),
        verifyOnly: bool({
          about: 'Do not add, only check that the partitions are in the transaction.',
          versions: '4+',
        }),
        topics: structs('AddPartitionsToTxnTopic', { versions: '4+' }, addPartitionsToTxnTopicFields),
      },
    ),
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    v3AndBelowTopics: structs('AddPartitionsToTxnTopic', { versions: '0-3' }, addPartitionsToTxnTopicFields),
  },
});

const addPartitionsToTxnPartitionResultFields: Fields = {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
};

const addPartitionsToTxnTopicResultFields: Fields = {
  name: string(),
  resultsByPartition: structs('AddPartitionsToTxnPartitionResult', {}, addPartitionsToTxnPartitionResultFields),
};

export const AddPartitionsToTxnResponse = message({
  kind: 'response',
  name: 'AddPartitionsToTxnResponse',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  about: 'Which partitions were added.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16({ versions: '4+', ignorable: true }),
    resultsByTransaction: structs(
      'AddPartitionsToTxnResult',
      { versions: '4+' },
      {
        transactionalId: string({ about: 'Transactional id, or null outside transactions.', versions: '4+' }),
        topicResults: structs('AddPartitionsToTxnTopicResult', { versions: '4+' }, addPartitionsToTxnTopicResultFields),
      },
    ),
    resultsByTopicV3AndBelow: structs(
      'AddPartitionsToTxnTopicResult',
      { versions: '0-3' },
      addPartitionsToTxnTopicResultFields,
    ),
  },
});
