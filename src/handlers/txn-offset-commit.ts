/**
 * TxnOffsetCommit (28), versions 0 to 6: stores how far a group has read, inside a transaction: it counts when, and if,
 * that is committed.
 *
 * - The group's partition of __consumer_offsets has to be in the transaction. From v5 on the broker adds it (KIP-890);
 *   before, the client has to have done so with AddOffsetsToTxn: INVALID_TXN_STATE if not, TRANSACTION_ABORTABLE in v4.
 * - v2 adds the leader epoch; v3 the member, whose generation is checked then (KIP-447).
 * - v6 names topics by id, and tells a missing group (GROUP_ID_NOT_FOUND) and a stale epoch of a member
 *   (STALE_MEMBER_EPOCH) from an old generation (ILLEGAL_GENERATION before).
 * - A producer that was fenced is told INVALID_PRODUCER_EPOCH in every version.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readTxnOffsetCommitRequest } from '../../protocol/generated/txn-offset-commit-request.ts';
import type { TxnOffsetCommitRequest } from '../../protocol/generated/txn-offset-commit-request.ts';
import { writeTxnOffsetCommitResponse } from '../../protocol/generated/txn-offset-commit-response.ts';
import type { TxnOffsetCommitResponse } from '../../protocol/generated/txn-offset-commit-response.ts';
import type { Input } from '../../protocol/input.ts';
import { CONSUMER_OFFSETS_TOPIC } from '../coordinator/group/coordinator.ts';
import type { CommitAnswer } from '../coordinator/group/offsets/new-offsets.ts';
import { commitOffsetsInTransaction } from '../coordinator/group/offsets/txn-commit.ts';
import type { TxnOffsetCommit } from '../coordinator/group/offsets/txn-commit.ts';
import { enlist } from '../coordinator/transaction/enlist.ts';
import { allows } from './authorize.ts';
import { commitTopics, refuseAll } from './commit-topics.ts';
import { groupCaller, requireGroupId } from './group-caller.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** First version that clients can take COORDINATOR_LOAD_IN_PROGRESS in. */
const LOADING_FROM = 2;
/** First version that may answer TRANSACTION_ABORTABLE. */
const ABORTABLE_FROM = 4;
/** First version whose partition is added by the broker. */
const ADDED_FROM = 5;
/** First version with topic ids. */
const TOPIC_IDS_FROM = 6;

export const txnOffsetCommitHandler = handler<TxnOffsetCommitRequest, Input<TxnOffsetCommitResponse>>({
  apiKey: ApiKey.TxnOffsetCommit,
  minVersion: 0,
  maxVersion: 6,
  readRequest: readTxnOffsetCommitRequest,
  writeResponse: writeTxnOffsetCommitResponse,
  async handle(context, request) {
    const refusal = refusalOf(context, request);
    if (refusal !== ErrorCode.NONE) return { topics: refuseAll(request.topics, refusal) };
    const isById = context.apiVersion >= TOPIC_IDS_FROM;
    const topics = await commitTopics(context, request.topics, isById, async (valid) => {
      try {
        return await commit(context, { ...request, topics: valid });
      } catch (error) {
        throw error instanceof KafkaError ? shown(error, context.apiVersion) : error;
      }
    });
    return { topics };
  },
});

function refusalOf(context: RequestContext, { transactionalId, groupId }: TxnOffsetCommitRequest): number {
  if (!allows(context, 'WRITE', 'TRANSACTIONAL_ID', transactionalId)) {
    return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  return allows(context, 'READ', 'GROUP', groupId) ? ErrorCode.NONE : ErrorCode.GROUP_AUTHORIZATION_FAILED;
}

/** @throws KafkaError of the transaction coordinator, of the group, or of the append */
async function commit(context: RequestContext, request: TxnOffsetCommit): Promise<readonly CommitAnswer[]> {
  const { groups } = context.services;
  const { groupId } = request;
  requireGroupId(groupId);
  const verification = groups.startVerification(groupId, request);
  if (verification !== null) await enlistOffsets(context, request);
  return groups.writeInTransaction(groupId, request, verification, (env) =>
    commitOffsetsInTransaction(env, groupCaller(context), request),
  );
}

/** Sees to it that the group's offsets are part of the transaction. @throws KafkaError */
async function enlistOffsets({ services, apiVersion }: RequestContext, request: TxnOffsetCommit): Promise<void> {
  const { groups, transactions } = services;
  const isAdded = apiVersion >= ADDED_FROM;
  if (!isAdded && !transactions.settings.verifiesPartitions) return;
  const [error = null] = await enlist(transactions, {
    caller: request,
    partitions: [{ topic: CONSUMER_OFFSETS_TOPIC, partition: groups.partitionFor(request.groupId) }],
    clientVersion: isAdded ? 2 : 0,
    waitMs: 0,
  });
  if (error !== null) throw UNVERIFIED.has(error.code) ? new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE) : error;
}

/** Errors of the transaction coordinator that are no fault of the client's. */
const UNVERIFIED: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);

/** An error as clients of this version take it. */
function shown(error: KafkaError, version: number): KafkaError {
  switch (error.code) {
    case ErrorCode.PRODUCER_FENCED:
      return new KafkaError(ErrorCode.INVALID_PRODUCER_EPOCH);
    case ErrorCode.TRANSACTION_ABORTABLE:
      return version >= ABORTABLE_FROM ? error : new KafkaError(ErrorCode.INVALID_TXN_STATE);
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      return version >= LOADING_FROM ? error : new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    default:
      return error;
  }
}
