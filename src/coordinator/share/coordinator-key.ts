/** The identity of a share partition. */
import type { SharePartitionKey } from './records.ts';

/** How clients and brokers name a share partition to find its coordinator; also its identity. */
export function coordinatorKey({ groupId, topicId, partition }: SharePartitionKey): string {
  return `${groupId}:${topicId}:${partition}`;
}
