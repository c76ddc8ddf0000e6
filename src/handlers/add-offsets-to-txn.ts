/**
 * AddOffsetsToTxn (25), versions 0 to 4: makes the offsets of a group, which is a partition of __consumer_offsets, part of
 * a transaction. v2 may answer PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before. A group without a name is taken,
 * as in Kafka. Unlike Kafka, which adds a partition that is not there yet, the first one creates __consumer_offsets:
 * kafkajs looks for the group's coordinator only afterwards.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
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
import { requireGroup, requireTransactionalId } from './authorize.ts';
import { transactionErrorCode } from './transaction-error.ts';
import { type BrokerServices, handler } from './types.ts';

const PRODUCER_FENCED_FROM = 2;

export const addOffsetsToTxnHandler = handler<AddOffsetsToTxnRequest, Input<AddOffsetsToTxnResponse>>({
  apiKey: ApiKey.AddOffsetsToTxn,
  minVersion: 0,
  maxVersion: 4,
  readRequest: readAddOffsetsToTxnRequest,
  writeResponse: writeAddOffsetsToTxnResponse,
  async handle(context, request) {
    const { services, apiVersion } = context;
    try {
      requireTransactionalId(context, 'WRITE', request.transactionalId);
      requireGroup(context, 'READ', request.groupId);
      const partition = await offsetsPartition(services, request.groupId);
      await services.transactions.write(request.transactionalId, (env) => addPartitions(env, request, [partition], 0));
      return { errorCode: ErrorCode.NONE };
    } catch (error) {
      return { errorCode: transactionErrorCode(error, apiVersion >= PRODUCER_FENCED_FROM) };
    }
  },
});

/** Where the group's offsets are. @throws KafkaError COORDINATOR_NOT_AVAILABLE where their topic cannot be created */
async function offsetsPartition({ groups }: BrokerServices, groupId: string): Promise<TopicPartition> {
  await groups.ensureReady(groupId);
  return { topic: GROUP_METADATA_TOPIC, partition: groups.partitionFor(groupId) };
}
