/** One partition that a fetch asks for. A fetch session keeps these from request to request. */
import type { FetchRequest } from '../../../protocol/generated/fetch-request.ts';
import { NO_EPOCH } from '../../partition/lookup.ts';

/** What is wanted of a partition, and what the session's client was told last. */
export class FetchTarget {
  /** Empty when the request named the topic by id. */
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  currentLeaderEpoch = NO_EPOCH;
  lastFetchedEpoch = NO_EPOCH;
  fetchOffset = 0;
  maxBytes = 0;
  /** High watermark and log start offset as sent last in this session; -1 when an error was sent. */
  sentHighWatermark = -1;
  sentLogStartOffset = -1;

  constructor(topic: string, topicId: string, partition: number) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
  }
}

/** Identity of a target within one session. */
export function targetKey(topic: string, topicId: string, partition: number, byId: boolean): string {
  return `${byId ? topicId : topic}/${partition}`;
}

/** Calls back for each partition of the request with the values to take over. */
export function updateTargets(
  request: FetchRequest,
  find: (topic: string, topicId: string, partition: number) => FetchTarget,
): void {
  for (const { topic, topicId, partitions } of request.topics) {
    for (const wanted of partitions) {
      const target = find(topic, topicId, wanted.partition);
      // In a fetch, any negative epoch stands for none.
      target.currentLeaderEpoch = Math.max(wanted.currentLeaderEpoch, NO_EPOCH);
      target.lastFetchedEpoch = Math.max(wanted.lastFetchedEpoch, NO_EPOCH);
      target.fetchOffset = wanted.fetchOffset;
      target.maxBytes = wanted.partitionMaxBytes;
    }
  }
}

/** The partitions of a request that stands alone, in its order. */
export function targetsOf(request: FetchRequest): FetchTarget[] {
  const targets: FetchTarget[] = [];
  updateTargets(request, (topic, topicId, partition) => {
    const target = new FetchTarget(topic, topicId, partition);
    targets.push(target);
    return target;
  });
  return targets;
}
