/**
 * DeleteRecords (21), versions 0 to 2: moves log start offsets forward; -1 stands for the high watermark.
 *
 * An offset at or below the log start is no error; one above the high watermark, or below -1, is OFFSET_OUT_OF_RANGE.
 * Internal topics get INVALID_TOPIC_EXCEPTION, topics that are only compacted POLICY_VIOLATION.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type DeleteRecordsRequest,
  readDeleteRecordsRequest,
} from '../../protocol/generated/delete-records-request.ts';
import {
  type DeleteRecordsPartitionResult,
  type DeleteRecordsResponse,
  writeDeleteRecordsResponse,
} from '../../protocol/generated/delete-records-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { PartitionLog } from '../partition/types.ts';
import { findPartition } from './find-topic.ts';
import { askedFor } from './topic-batch.ts';
import { handler, type RequestContext } from './types.ts';

export const deleteRecordsHandler = handler<DeleteRecordsRequest, Input<DeleteRecordsResponse>>({
  apiKey: ApiKey.DeleteRecords,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readDeleteRecordsRequest,
  writeResponse: writeDeleteRecordsResponse,
  async handle(context, request) {
    // Of several offsets for one partition the last counts, as in Kafka.
    const asked = askedFor(request.topics, ({ offset }) => offset);
    const topics = [...asked].map(async ([name, partitions]) => ({
      name,
      partitions: await Promise.all(
        [...partitions].map(([index, offset]) => deleteRecords(context, name, index, offset)),
      ),
    }));
    return { topics: await Promise.all(topics) };
  },
});

async function deleteRecords(
  context: RequestContext,
  topicName: string,
  partitionIndex: number,
  offset: number,
): Promise<DeleteRecordsPartitionResult> {
  try {
    const partition = findDeletable(context, topicName, partitionIndex);
    const lowWatermark = await partition.deleteRecords(offset);
    return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { partitionIndex, lowWatermark: -1, errorCode: error.code };
  }
}

function findDeletable(context: RequestContext, topicName: string, index: number): PartitionLog {
  const partition = findPartition(context, { name: topicName }, index, 'DELETE');
  if (context.services.metadata.topic(topicName)?.isInternal === true)
    throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION);
  const { cleanupCompact, cleanupDelete } = partition.config;
  if (cleanupCompact && !cleanupDelete) throw new KafkaError(ErrorCode.POLICY_VIOLATION);
  return partition;
}
