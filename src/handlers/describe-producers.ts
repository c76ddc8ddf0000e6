/**
 * DescribeProducers (61), version 0 (KIP-664): the producers that partitions remember, with their open transactions, for
 * whoever looks for a transaction that nobody ends.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, errorText } from '../../protocol/errors.ts';
import {
  type DescribeProducersRequest,
  readDescribeProducersRequest,
} from '../../protocol/generated/describe-producers-request.ts';
import {
  type DescribeProducersResponse,
  type PartitionResponse,
  type ProducerState,
  writeDescribeProducersResponse,
} from '../../protocol/generated/describe-producers-response.ts';
import type { Input } from '../../protocol/input.ts';
import { checkTopicName } from '../metadata/topic-name.ts';
import type { ActiveProducer } from '../partition/types.ts';
import { AnswerBound } from './answer-bound.ts';
import { errorFields } from './api-error.ts';
import { existingTopic, findPartition, hasPartition } from './find-topic.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

/** Producers told in one turn of the event loop. */
const PRODUCERS_PER_SLICE = 5000;
const PRODUCER_BYTES = 40;

export const describeProducersHandler = handler<DescribeProducersRequest, Input<DescribeProducersResponse>>({
  apiKey: ApiKey.DescribeProducers,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readDescribeProducersRequest,
  writeResponse: writeDescribeProducersResponse,
  async handle(context, request) {
    const slices = new Slices(PRODUCERS_PER_SLICE);
    const bound = new AnswerBound();
    const topics = [];
    for (const { name, partitionIndexes } of request.topics) {
      const partitions = [];
      for (const index of partitionIndexes) {
        const described = bound.isReached ? tooMuch(index) : await describe(context, name, index);
        partitions.push(described);
        bound.add(PRODUCER_BYTES * described.activeProducers.length);
        const pause = slices.spend(1 + described.activeProducers.length);
        if (pause !== null) await pause;
      }
      topics.push({ name, partitions });
    }
    return { topics };
  },
});

function tooMuch(partitionIndex: number): PartitionResponse {
  const errorCode = ErrorCode.INVALID_REQUEST;
  return { partitionIndex, errorCode, errorMessage: errorText(errorCode), activeProducers: [] };
}

async function describe(context: RequestContext, name: string, partitionIndex: number): Promise<PartitionResponse> {
  try {
    checkTopicName(name);
    const topic = existingTopic(context, { name }, 'READ');
    if (!hasPartition(topic, partitionIndex)) {
      const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      return { partitionIndex, errorCode, errorMessage: null, activeProducers: [] };
    }
    const partition = findPartition(context, { name }, partitionIndex, 'READ');
    await partition.ready();
    const activeProducers = partition.activeProducers().map(producerState);
    return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers };
  } catch (error) {
    const { errorCode, errorMessage } = errorFields(error, context.services);
    return { partitionIndex, errorCode, errorMessage: errorMessage ?? errorText(errorCode), activeProducers: [] };
  }
}

function producerState(producer: ActiveProducer): ProducerState {
  return {
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestampMs,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.transactionStart,
  };
}
