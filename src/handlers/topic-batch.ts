/** What requests about several topics have in common. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';

/** Kafka's bound on partitions that one request creates. */
const MAX_PARTITIONS_PER_REQUEST = 10_000;

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
export function checkBatch(partitionCounts: readonly number[]): void {
  const total = partitionCounts.reduce((sum, count) => sum + Math.max(count, 0), 0);
  if (total > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.');
  }
}
