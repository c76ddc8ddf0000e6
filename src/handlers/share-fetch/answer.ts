/** Puts the answers of ShareFetch and ShareAcknowledge together. */
import { ErrorCode } from '../../../protocol/errors.ts';
import type { ShareFetchResponse } from '../../../protocol/generated/share-fetch-response.ts';
import type { Input } from '../../../protocol/input.ts';
import { PartList } from '../../base/part-list.ts';
import type { TopicIdPartition } from '../../share/sessions.ts';
import { findPartition } from '../find-topic.ts';
import type { RequestContext } from '../types.ts';
import type { Acknowledged } from './acknowledge.ts';
import type { ShareFetched } from './fetch.ts';

type Response = Input<ShareFetchResponse>;

const NO_RECORDS = Buffer.alloc(0);

/** Errors after which a client looks for another leader. */
const NOT_LED_HERE: ReadonlySet<number> = new Set([ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH]);

/** What was fetched and what was acknowledged, by partition. */
export function answerOf(
  context: RequestContext,
  groupId: string,
  fetched: readonly ShareFetched[],
  acknowledged: readonly Acknowledged[],
): Response {
  const left = new Map(acknowledged.map((said) => [`${said.topicId}:${said.partition}`, said]));
  const partitions = fetched.map((outcome) => {
    const name = `${outcome.topicId}:${outcome.partition}`;
    const said = left.get(name);
    left.delete(name);
    return partitionAnswer(context, outcome, said);
  });
  for (const said of left.values()) partitions.push(partitionAnswer(context, said as TopicIdPartition, said, true));
  return { ...commonAnswer(context, groupId, partitions), responses: byTopic(partitions) };
}

interface PartitionAnswer {
  readonly topicId: string;
  readonly errorCode: number;
  readonly currentLeader?: { readonly leaderId: number; readonly leaderEpoch: number };
}

function partitionAnswer(
  context: RequestContext,
  outcome: ShareFetched,
  said: Acknowledged | undefined,
  onlySaid = false,
) {
  const { topicId, partition: partitionIndex, records = NO_RECORDS, acquiredRecords = [] } = outcome;
  const { errorCode = ErrorCode.NONE, errorMessage = null } = onlySaid ? {} : outcome;
  return {
    topicId,
    partitionIndex,
    errorCode,
    errorMessage,
    acknowledgeErrorCode: said?.errorCode ?? ErrorCode.NONE,
    acknowledgeErrorMessage: said?.errorMessage ?? null,
    records,
    acquiredRecords: [...acquiredRecords],
    ...leaderOf(context, outcome, errorCode),
  };
}

/** Who leads a partition, after an error that makes clients ask (KIP-951). */
export function leaderOf(
  context: RequestContext,
  { topicId, partition }: TopicIdPartition,
  errorCode: number,
): Pick<PartitionAnswer, 'currentLeader'> {
  if (!NOT_LED_HERE.has(errorCode)) return {};
  try {
    const { leaderEpoch } = findPartition(context, { topicId }, partition, 'READ');
    return { currentLeader: { leaderId: context.services.metadata.nodeId, leaderEpoch } };
  } catch {
    return {}; // it is gone meanwhile
  }
}

/** What both answers have besides partitions. */
export function commonAnswer(
  { services, connection }: RequestContext,
  groupId: string,
  partitions: readonly PartitionAnswer[],
): { acquisitionLockTimeoutMs: number; nodeEndpoints: ReturnType<typeof services.endpointFor>[] } {
  const namesLeader = partitions.some(({ currentLeader }) => currentLeader !== undefined);
  return {
    acquisitionLockTimeoutMs: services.metadata.groupConfig(groupId).shareRecordLockDurationMs,
    nodeEndpoints: namesLeader ? [services.endpointFor(connection)] : [],
  };
}

/** Partitions under their topics, in the order in which topics come first. */
export function byTopic<P extends { readonly topicId: string }>(
  partitions: readonly P[],
): { topicId: string; partitions: P[] }[] {
  const topics = new Map<string, P[]>();
  for (const partition of partitions) {
    const found = topics.get(partition.topicId);
    if (found === undefined) topics.set(partition.topicId, [partition]);
    else found.push(partition);
  }
  return [...topics].map(([topicId, found]) => ({ topicId, partitions: found }));
}

/** Lets go of the record bytes of an answer that is not sent. */
export function releaseRecords(response: Response): void {
  for (const { partitions = [] } of response.responses ?? []) {
    for (const { records } of partitions) if (records instanceof PartList) records.releaseAll();
  }
}
