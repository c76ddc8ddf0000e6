/** What requests about several topics have in common. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { MutationQuota } from '../security/quotas/mutation-quota.ts';
import type { RequestContext } from './types.ts';

/** Kafka's bound on partitions that one request creates. */
const MAX_PARTITIONS_PER_REQUEST = 10_000;

/**
 * What a request asks for by topic and partition, in the order in which they are named first. `want` makes it of what is
 * said of a partition, told whether that was named before: what it gives for the last naming counts. Topics without
 * partitions are left out.
 */
export function askedFor<P extends { readonly partitionIndex: number }, W>(
  topics: ReadonlyArray<{ readonly name: string; readonly partitions: readonly P[] }>,
  want: (partition: P, isRepeated: boolean) => W,
): Map<string, Map<number, W>> {
  const byTopic = new Map<string, Map<number, W>>();
  for (const { name, partitions } of topics) {
    if (partitions.length === 0) continue;
    const asked = byTopic.get(name) ?? new Map<number, W>();
    byTopic.set(name, asked);
    for (const partition of partitions) {
      const { partitionIndex } = partition;
      asked.set(partitionIndex, want(partition, asked.has(partitionIndex)));
    }
  }
  return byTopic;
}

/**
 * The topics of an answer: those refused at once before the others. As in Kafka, each comes once then; where nothing was
 * refused, they stay as they were asked for.
 */
export function mergeTopics<T extends { readonly partitions?: readonly object[] | undefined }>(
  refused: readonly T[],
  others: readonly T[],
  keyOf: (topic: T) => string,
): T[] {
  if (refused.length === 0) return [...others];
  const byKey = new Map<string, T>();
  for (const topic of [...refused, ...others]) {
    const key = keyOf(topic);
    const partitions = [...(byKey.get(key)?.partitions ?? []), ...(topic.partitions ?? [])];
    byKey.set(key, { ...topic, partitions });
  }
  return [...byKey.values()];
}

/** Elements that occur more than once. */
export function duplicates<T>(elements: Iterable<T>): Set<T> {
  const seen = new Set<T>();
  const repeated = new Set<T>();
  for (const element of elements) {
    if (seen.has(element)) repeated.add(element);
    seen.add(element);
  }
  return repeated;
}

/** Bounds the partitions of one request; counts below one do not count. @throws KafkaError POLICY_VIOLATION */
export function checkBatch(partitionCounts: readonly number[], what = 'partitions'): void {
  const total = partitionCounts.reduce((sum, count) => sum + Math.max(count, 0), 0);
  if (total > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError(ErrorCode.POLICY_VIOLATION, `Excessively large number of ${what} per request.`);
  }
}

/**
 * The quota that a request's changes count against; null: none.
 * @param strictFrom the first version whose clients know of THROTTLING_QUOTA_EXCEEDED; older ones are only held back
 */
export function mutationQuota(
  { services, connection, clientId, apiVersion }: RequestContext,
  strictFrom: number,
): MutationQuota | null {
  return services.quotas.clients?.mutationsOf(connection, clientId, apiVersion >= strictFrom) ?? null;
}
