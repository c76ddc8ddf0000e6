/**
 * ShareFetch (78), versions 1 and 2 (KIP-932): acquires records for a member of a share group, and acknowledges others
 * with the same request; the answer comes when both are done.
 *
 * - Session epoch 0 opens a share session, in the place of the member's old one, and acknowledges nothing; -1 fetches
 *   nothing, and closes the session: what its member still has is given back. A session tells only news.
 * - A member need not have joined the group; but somebody must have, or the state of the partitions is not initialized.
 * - Unlike Kafka, whose answer to who is over his quota of bytes comes without records, ours carries what was acquired.
 * - v2 brings an exact record limit, and requests that only acknowledge and renew locks (KIP-1222).
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readShareFetchRequest, type ShareFetchRequest } from '../../protocol/generated/share-fetch-request.ts';
import { type ShareFetchResponse, writeShareFetchResponse } from '../../protocol/generated/share-fetch-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { PartitionLog } from '../partition/types.ts';
import { AcquireMode } from '../share/acquire.ts';
import { FINAL_EPOCH, INITIAL_EPOCH, type ShareSession, type TopicIdPartition } from '../share/sessions.ts';
import { allows } from './authorize.ts';
import { codeFields, errorFields } from './api-error.ts';
import { findPartition } from './find-topic.ts';
import { acknowledge } from './share-fetch/acknowledge.ts';
import { answerOf, releaseRecords } from './share-fetch/answer.ts';
import { ShareFetch, type ShareFetched } from './share-fetch/fetch.ts';
import { endSession, endWithConnection, type Member, memberOf } from './share-fetch/session.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<ShareFetchResponse>;

export const shareFetchHandler = handler<ShareFetchRequest, Response>({
  apiKey: ApiKey.ShareFetch,
  minVersion: 1,
  maxVersion: 2,
  readRequest: readShareFetchRequest,
  writeResponse: writeShareFetchResponse,
  releaseResponse: releaseRecords,
  async handle(context, request) {
    const { services } = context;
    if (!allows(context, 'READ', 'GROUP', request.groupId ?? '')) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    try {
      const member = memberOf(services, request);
      if (request.isRenewAck) checkRenewal(request);
      const session = await sessionOf(context, request, member);
      const [acknowledged, fetched] = await Promise.all([
        hasAcknowledgements(request) ? acknowledge(context, request) : [],
        session === null || request.isRenewAck ? [] : fetch(context, request, member, session),
      ]);
      if (request.shareSessionEpoch === FINAL_EPOCH) endSession(context, member);
      if (fetched === null) return null;
      const answer = answerOf(context, member.groupId, newsOf(request, session, fetched), acknowledged);
      return { ...answer, throttleTimeMs: throttleOf(context, fetched) };
    } catch (error) {
      const { errorCode, errorMessage } = errorFields(error, services);
      return { errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
    }
  },
});

/** Records that were acquired go out even to who is over his quota of bytes: they could not be given again before their locks end. */
function throttleOf({ services, connection, clientId }: RequestContext, fetched: readonly ShareFetched[]): number {
  const byteLength = (): number => fetched.reduce((sum, { records }) => sum + (records?.byteLength ?? 0), 0);
  return services.quotas.clients?.consumed(connection, clientId, byteLength) ?? 0;
}

/** @throws KafkaError INVALID_REQUEST when a request that only renews asks for records, too */
function checkRenewal(request: ShareFetchRequest): void {
  const fields = ['maxBytes', 'minBytes', 'maxRecords', 'maxWaitMs'] as const;
  const wrong = fields.filter((field) => request[field] !== 0).map((field) => `${field} must be set to 0, `);
  if (wrong.length === 0) return;
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `${wrong.join('')}if isRenewAck is true.`);
}

function hasAcknowledgements({ topics }: ShareFetchRequest): boolean {
  return topics.some(({ partitions }) => partitions.some((partition) => partition.acknowledgementBatches.length > 0));
}

/**
 * The session, brought up to date; null when the request closes it.
 * @throws KafkaError INVALID_REQUEST, SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH, SHARE_SESSION_LIMIT_REACHED
 */
async function sessionOf(
  context: RequestContext,
  request: ShareFetchRequest,
  { groupId, memberId }: Member,
): Promise<ShareSession | null> {
  const { services, connection } = context;
  const { shareSessions } = services;
  const { shareSessionEpoch: epoch } = request;
  const wanted = request.topics.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topicId, partition: partitionIndex })),
  );
  if (epoch === FINAL_EPOCH) {
    shareSessions.existing(groupId, memberId);
    return null;
  }
  if (epoch === INITIAL_EPOCH) {
    if (hasAcknowledgements(request)) throw new KafkaError(ErrorCode.INVALID_REQUEST);
    try {
      const session = shareSessions.open(groupId, memberId, connection.id, wanted);
      endWithConnection(services, connection, groupId);
      return session;
    } catch (error) {
      // The client would ask again at once.
      await waitFor(context, request.maxWaitMs);
      throw error;
    }
  }
  const session = shareSessions.advance(groupId, memberId, epoch);
  const forgotten = request.forgottenTopicsData.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ topicId, partition })),
  );
  shareSessions.update(session, wanted, forgotten);
  return session;
}

/** Resolves after `ms`, or when the client is gone. */
function waitFor({ services, connection }: RequestContext, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      timer.cancel();
      stopWatching();
      resolve();
    };
    const timer = services.clock.setTimer(ms, over);
    const stopWatching = connection.onClose(over);
  });
}

/** What can be acquired of the session's partitions; null when the client is gone. */
async function fetch(
  context: RequestContext,
  request: ShareFetchRequest,
  member: Member,
  session: ShareSession,
): Promise<readonly ShareFetched[] | null> {
  const { services, connection } = context;
  const failed: ShareFetched[] = [];
  const logs: PartitionLog[] = [];
  for (const partition of turned(session.partitions, request.shareSessionEpoch)) {
    try {
      logs.push(findPartition(context, { topicId: partition.topicId }, partition.partition, 'READ'));
    } catch (error) {
      const { errorCode } = errorFields(error, services);
      failed.push({ ...partition, ...codeFields(errorCode) });
    }
  }
  const maxBytes = Math.min(request.maxBytes, services.config.int('fetch.max.bytes'));
  if (logs.length === 0 || request.maxRecords <= 0 || maxBytes <= 0) return failed;
  const { shareAcquireMode: mode } = request;
  if (mode !== AcquireMode.BATCH_OPTIMIZED && mode !== AcquireMode.RECORD_LIMIT) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `Unknown share acquire mode id: ${mode}`);
  }
  const { maxWaitMs, maxRecords, batchSize } = request;
  const minBytes = Math.min(request.minBytes, maxBytes);
  const options = { services, connection, ...member, mode, maxWaitMs, minBytes, maxBytes, maxRecords, batchSize };
  const fetched = await new ShareFetch(options, logs).run();
  return fetched === null ? null : [...fetched, ...failed];
}

/** No partition is always first. */
function turned(partitions: readonly TopicIdPartition[], epoch: number): readonly TopicIdPartition[] {
  const turn = partitions.length === 0 ? 0 : epoch % partitions.length;
  return [...partitions.slice(turn), ...partitions.slice(0, turn)];
}

/** What the answer has to tell: all of it when the session is new, else only news. */
function newsOf(
  request: ShareFetchRequest,
  session: ShareSession | null,
  fetched: readonly ShareFetched[],
): readonly ShareFetched[] {
  if (session === null || request.shareSessionEpoch === INITIAL_EPOCH) return fetched;
  return fetched.filter((outcome) => {
    const { records, errorCode = ErrorCode.NONE } = outcome;
    return session.answers(outcome, { hasRecords: records !== undefined, hasError: errorCode !== ErrorCode.NONE });
  });
}
