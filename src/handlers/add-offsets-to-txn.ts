/**
 * AddOffsetsToTxn (25), versions 0 to 4: makes the offsets of a group, which is a partition of __consumer_offsets, part of
 * a transaction. v2 may answer PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before. A group without a name is taken,
 * as in Kafka.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type AddOffsetsToTxnRequest,
  readAddOffsetsToTxnRequest,
} from '../../protocol/generated/add-offsets-to-txn-request.ts';
import {
  type AddOffsetsToTxnResponse,
  writeAddOffsetsToTxnResponse,
} from '../../protocol/generated/add-offsets-to-txn-response.ts';
import type { Input } from '../../protocol/input.ts';
import { addPartitions } from '../coordinator/transaction/add-partitions.ts';
import type { TopicPartition } from '../coordinator/transaction/partition-set.ts';
import { GROUP_METADATA_TOPIC } from '../metadata/topic-name.ts';
import { transactionErrorCode } from './transaction-error.ts';
import { type BrokerServices, handler } from './types.ts';

const PRODUCER_FENCED_FROM = 2;

export const addOffsetsToTxnHandler = handler<AddOffsetsToTxnRequest, Input<AddOffsetsToTxnResponse>>({
  apiKey: ApiKey.AddOffsetsToTxn,
  minVersion: 0,
  maxVersion: 4,
  readRequest: readAddOffsetsToTxnRequest,
  writeResponse: writeAddOffsetsToTxnResponse,
  async handle({ services, apiVersion }, request) {
    try {
      const partition = offsetsPartition(services, request.groupId);
      await services.transactions.write(request.transactionalId, (env) => addPartitions(env, request, [partition], 0));
      return { errorCode: ErrorCode.NONE };
    } catch (error) {
      return { errorCode: transactionErrorCode(error, apiVersion >= PRODUCER_FENCED_FROM) };
    }
  },
});

/** Where the group's offsets are. @throws KafkaError COORDINATOR_NOT_AVAILABLE as long as there is no such topic */
function offsetsPartition({ metadata, groups }: BrokerServices, groupId: string): TopicPartition {
  if (metadata.topic(GROUP_METADATA_TOPIC) === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  return { topic: GROUP_METADATA_TOPIC, partition: groups.partitionFor(groupId) };
}
