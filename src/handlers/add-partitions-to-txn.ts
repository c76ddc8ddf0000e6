/**
 * AddPartitionsToTxn (24), versions 0 to 5: makes partitions part of a transaction.
 *
 * - Up to v3 clients ask, for one transaction; from v4 on brokers do, for several at once, and may only want to know
 *   whether partitions are in it (KIP-890).
 * - A partition that does not exist, or that a client names of an internal topic, fails alone; the others of its
 *   transaction are then not attempted.
 * - v2 may answer PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnTopic,
  readAddPartitionsToTxnRequest,
} from '../../protocol/generated/add-partitions-to-txn-request.ts';
import {
  type AddPartitionsToTxnResponse,
  type AddPartitionsToTxnTopicResult,
  writeAddPartitionsToTxnResponse,
} from '../../protocol/generated/add-partitions-to-txn-response.ts';
import type { Input } from '../../protocol/input.ts';
import { addPartitions, findPartitions } from '../coordinator/transaction/add-partitions.ts';
import type { TransactionCaller } from '../coordinator/transaction/environment.ts';
import type { TopicPartition } from '../coordinator/transaction/partition-set.ts';
import { isInternalTopic } from '../metadata/topic-name.ts';
import { allows, allowsCluster } from './authorize.ts';
import { hasPartition, topicOf } from './find-topic.ts';
import { transactionErrorCode } from './transaction-error.ts';
import { handler, type RequestContext } from './types.ts';

const PRODUCER_FENCED_FROM = 2;
const BATCHED_FROM = 4;

type TopicResults = Input<AddPartitionsToTxnTopicResult>[];

/** What is asked for one transaction. */
interface Addition extends TransactionCaller {
  readonly verifyOnly: boolean;
  readonly topics: readonly AddPartitionsToTxnTopic[];
}

export const addPartitionsToTxnHandler = handler<AddPartitionsToTxnRequest, Input<AddPartitionsToTxnResponse>>({
  apiKey: ApiKey.AddPartitionsToTxn,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readAddPartitionsToTxnRequest,
  writeResponse: writeAddPartitionsToTxnResponse,
  async handle(context, request) {
    if (context.apiVersion < BATCHED_FROM) {
      const addition = {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        verifyOnly: false,
        topics: request.v3AndBelowTopics,
      };
      const { transactionalId, topics } = addition;
      if (!allows(context, 'WRITE', 'TRANSACTIONAL_ID', transactionalId)) {
        const code = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
        return { resultsByTopicV3AndBelow: results(topics, () => code) };
      }
      return { resultsByTopicV3AndBelow: await add(context, addition) };
    }
    if (!allowsCluster(context, 'CLUSTER_ACTION')) {
      return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED };
    }
    const answers = request.transactions.map(async (addition) => ({
      transactionalId: addition.transactionalId,
      topicResults: await add(context, addition),
    }));
    return { resultsByTransaction: await Promise.all(answers) };
  },
});

async function add(context: RequestContext, addition: Addition): Promise<TopicResults> {
  const refused = addition.topics.map((topic) => refusals(context, topic));
  if (refused.flat().some((code) => code !== ErrorCode.NONE)) {
    return results(addition.topics, (topic, index) => {
      const code = refused[topic]?.[index] ?? ErrorCode.NONE;
      return code === ErrorCode.NONE ? ErrorCode.OPERATION_NOT_ATTEMPTED : code;
    });
  }
  const partitions = addition.topics.flatMap(({ name, partitions: indexes }) =>
    indexes.map((partition) => ({ topic: name, partition })),
  );
  const codes = await attempt(context, addition, partitions);
  let at = 0;
  return results(addition.topics, () => codes[at++] ?? ErrorCode.NONE);
}

/** For each partition of a topic why it cannot be part of a transaction, or NONE. */
function refusals(context: RequestContext, { name, partitions }: AddPartitionsToTxnTopic): number[] {
  // Brokers ask for others, whose rights were looked at before, and for offsets.
  const isOfClient = context.apiVersion < BATCHED_FROM;
  if (isOfClient && (isInternalTopic(name) || !allows(context, 'WRITE', 'TOPIC', name))) {
    return partitions.map(() => ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  const topic = topicOf(context, { name });
  return partitions.map((index) =>
    hasPartition(topic, index) ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  );
}

/** The error code of each partition. */
async function attempt(
  { services, apiVersion }: RequestContext,
  addition: Addition,
  partitions: readonly TopicPartition[],
): Promise<readonly number[]> {
  const { transactions } = services;
  const { transactionalId } = addition;
  try {
    if (!addition.verifyOnly) {
      const clientVersion = apiVersion >= BATCHED_FROM ? 2 : 0;
      await transactions.write(transactionalId, (env) => addPartitions(env, addition, partitions, clientVersion));
      return partitions.map(() => ErrorCode.NONE);
    }
    const runner = transactions.runnerFor(transactionalId);
    const found = await runner.read(({ env }) => findPartitions(env, addition, partitions));
    return found.map((isFound) => (isFound ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE));
  } catch (error) {
    const code = transactionErrorCode(error, apiVersion >= PRODUCER_FENCED_FROM);
    return partitions.map(() => code);
  }
}

function results(
  topics: readonly AddPartitionsToTxnTopic[],
  codeOf: (topic: number, partition: number) => number,
): TopicResults {
  return topics.map(({ name, partitions }, topic) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex, index) => ({
      partitionIndex,
      partitionErrorCode: codeOf(topic, index),
    })),
  }));
}
