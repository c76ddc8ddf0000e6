/** From a fetch's targets to partitions: which exist, which have something to read, and what is wrong with the rest. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { NO_EPOCH } from '../../partition/lookup.ts';
import type { IsolationLevel, PartitionLog } from '../../partition/types.ts';
import { findPartition } from '../find-topic.ts';
import type { RequestContext } from '../types.ts';
import type { FetchTarget } from './target.ts';

/** First version that names topics by id. */
export const TOPIC_IDS_FROM = 13;

/** A target with its partition; exactly one of `log` and `errorCode` says something. */
export interface FetchEntry {
  readonly target: FetchTarget;
  readonly log: PartitionLog | null;
  readonly errorCode: number;
}

/** Errors that say a partition is not there, or not for this client: nothing it has is read, and nothing of it awaited. */
const UNKNOWN_PARTITION: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
]);

export function findEntry(context: RequestContext, target: FetchTarget): FetchEntry {
  try {
    return { target, log: findLog(context, target), errorCode: ErrorCode.NONE };
  } catch (error) {
    return { target, log: null, errorCode: codeOf(error) };
  }
}

function findLog(context: RequestContext, { topic, topicId, partition }: FetchTarget): PartitionLog {
  const key = context.apiVersion >= TOPIC_IDS_FROM ? { topicId } : { name: topic };
  return findPartition(context, key, partition, 'READ');
}

/** @throws what is no KafkaError: a bug */
export function codeOf(error: unknown): number {
  if (!(error instanceof KafkaError)) throw error;
  return error.code;
}

/** False for a partition that is not there, which a fetch neither waits for nor is answered for. */
export function isKnown({ errorCode }: FetchEntry): boolean {
  return !UNKNOWN_PARTITION.has(errorCode);
}

/**
 * Bytes that a read would give, as far as known without reading; -1 when the read would fail or says something without
 * records, so that the answer cannot wait. A partition that was not there when the request came has none.
 */
export function readableBytes(entry: FetchEntry, isolation: IsolationLevel): number {
  const { target, log } = entry;
  if (log === null) return isKnown(entry) ? -1 : 0;
  if (log.deleted) return -1;
  if (target.currentLeaderEpoch !== -1 && target.currentLeaderEpoch !== log.leaderEpoch) return -1;
  const { fetchOffset } = target;
  try {
    if (fetchOffset < log.logStartOffset || fetchOffset > log.logEndOffset) return -1;
    return Math.min(log.availableBytes(fetchOffset, isolation), Math.max(target.maxBytes, 0));
  } catch {
    return -1; // reading says what it is
  }
}

/** Whether only a read tells that the client followed another log: what it has last is of an epoch that is not the current one. */
export function mayDiverge({ target: { lastFetchedEpoch }, log }: FetchEntry): boolean {
  return log !== null && lastFetchedEpoch !== NO_EPOCH && lastFetchedEpoch !== log.leaderEpoch;
}
