/** What refuses a Produce request, or its part for one partition, whatever the batches hold. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { ProduceRequest } from '../../protocol/generated/produce-request.ts';
import type { PartitionLog } from '../partition/types.ts';
import { allows } from './authorize.ts';
import { hasTransactionalBatch } from './produce-transaction.ts';
import type { RequestContext } from './types.ts';

/** Clients of this name are Kafka's own tools that write internal topics. */
const INTERNAL_CLIENT = '__admin_client';

/** An error that every partition gets, or null. */
export function requestRefusal(context: RequestContext, request: ProduceRequest): KafkaError | null {
  const { transactionalId } = request;
  if (transactionalId !== null && context.services.authorizer === null) return null;
  if (!hasTransactionalBatch(request)) return null;
  if (transactionalId !== null && allows(context, 'WRITE', 'TRANSACTIONAL_ID', transactionalId)) return null;
  return new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
}

/** What every partition gets where the transactional batches are of several producers. */
export function severalProducers(): KafkaError {
  const text = 'Transactional records contained more than one producer ID';
  return new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING, text);
}

/** Why nothing that the request brings is written to a partition that is there; null: it may be. */
export function partitionRefusal(
  { services, clientId }: RequestContext,
  acks: number,
  { topicName }: PartitionLog,
): KafkaError | null {
  if (acks !== -1 && acks !== 0 && acks !== 1) return new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS);
  if (!topicName.startsWith('__') || clientId === INTERNAL_CLIENT) return null;
  if (services.metadata.topic(topicName)?.isInternal !== true) return null;
  const text = `Clients may not write to the internal topic ${topicName}.`;
  return new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, text);
}
