/**
 * InitProducerId: gives a transactional id's producer its epoch and fences whoever had it before. An open transaction is
 * aborted first, and the client asks again. A producer that tells its own id and epoch (KIP-360) goes on, and its retry
 * gets the same answer.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { replayed } from '../types.ts';
import type { TransactionEnvironment, TransactionResult } from './environment.ts';
import { abortFenced } from './fence.ts';
import { MAX_EPOCH, NO_PRODUCER_EPOCH, initialized, isEpochExhausted, isPrepared, newTransaction } from './metadata.ts';
import type { TransactionMetadata } from './metadata.ts';
import { transactionRecord } from './records.ts';

export interface InitProducerId {
  /** Not empty. */
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** The producer that goes on; null: a new one. */
  readonly producer: ProducerIdAndEpoch | null;
}

export interface ProducerIdAndEpoch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/**
 * Gives the producer id and epoch; null when an open transaction is being aborted, and the client has to ask again.
 * @throws KafkaError INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS
 */
export function initProducerId(
  env: TransactionEnvironment,
  request: InitProducerId,
): TransactionResult<ProducerIdAndEpoch | null> {
  const { transactionalId, timeoutMs, producer } = request;
  if (timeoutMs <= 0 || timeoutMs > env.settings.maxTimeoutMs) {
    throw new KafkaError(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
  }
  const metadata = env.transactions.get(transactionalId) ?? newTransaction(transactionalId, env.takeProducerId());
  if (producer !== null && !mayGoOn(metadata, producer)) throw new KafkaError(ErrorCode.PRODUCER_FENCED);
  if (isPrepared(metadata)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS);
  if (metadata.state === 'Ongoing') return replayed([abortFenced(env, metadata)], null);
  const { producerId, producerEpoch, lastProducerEpoch } = nextProducer(env, metadata, producer);
  const next = { producerId, producerEpoch, lastProducerEpoch, timeoutMs };
  return replayed([transactionRecord(initialized(metadata, next, env.clock.now()))], { producerId, producerEpoch });
}

/** Whether the producer is the id's own; its epoch is looked at later. */
function mayGoOn(metadata: TransactionMetadata, { producerId, producerEpoch }: ProducerIdAndEpoch): boolean {
  // A made-up or forgotten producer gets a new id.
  if (metadata.producerEpoch === NO_PRODUCER_EPOCH || producerId === metadata.producerId) return true;
  // The answer with the new id may have been lost.
  return producerId === metadata.previousProducerId && isEpochExhausted(producerEpoch);
}

type NextProducer = Pick<TransactionMetadata, 'producerId' | 'producerEpoch' | 'lastProducerEpoch'>;

function nextProducer(
  env: TransactionEnvironment,
  metadata: TransactionMetadata,
  producer: ProducerIdAndEpoch | null,
): NextProducer {
  const { producerId, producerEpoch } = metadata;
  if (producerEpoch === NO_PRODUCER_EPOCH)
    return { producerId, producerEpoch: 0, lastProducerEpoch: NO_PRODUCER_EPOCH };
  const isRetry = producer !== null && producer.producerEpoch === metadata.lastProducerEpoch;
  if (producer !== null && producer.producerEpoch !== producerEpoch && !isRetry) {
    throw new KafkaError(ErrorCode.PRODUCER_FENCED);
  }
  if (isRetry && producerEpoch < MAX_EPOCH) return metadata;
  const lastProducerEpoch = producer?.producerEpoch ?? NO_PRODUCER_EPOCH;
  return isEpochExhausted(producerEpoch)
    ? { producerId: env.takeProducerId(), producerEpoch: 0, lastProducerEpoch }
    : { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch };
}
