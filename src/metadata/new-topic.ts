/** What Kafka's controller checks of a topic's size and replicas, for a cluster of this one broker. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { NewTopic, PartitionAssignment, Topic } from './types.ts';

function badAssignment(problem: string): KafkaError {
  const message = `The manual partition assignment includes ${problem}.`;
  return new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
}

function besideAssignment(setting: string): KafkaError {
  const message = `A manual partition assignment was specified, but ${setting} was not set to -1.`;
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

/**
 * Checks one partition's replicas.
 * @param replicationFactor that of the partitions before it, or null for the first
 * @throws KafkaError INVALID_REPLICA_ASSIGNMENT
 */
export function checkReplicas(replicas: readonly number[], nodeId: number, replicationFactor: number | null): void {
  if (replicas.length === 0) throw badAssignment('an empty replica list');
  const seen = new Set<number>();
  for (const broker of [...replicas].sort((a, b) => a - b)) {
    if (broker !== nodeId) throw badAssignment(`broker ${broker}, but no such broker is registered`);
    if (seen.has(broker)) throw badAssignment(`the broker ${broker} more than once`);
    seen.add(broker);
  }
  if (replicationFactor !== null && replicas.length !== replicationFactor) {
    const previous = `this is not consistent with previous partitions, which have ${replicationFactor} replica(s)`;
    throw badAssignment(`a partition with ${replicas.length} replica(s), but ${previous}`);
  }
}

function checkAssignments(topic: NewTopic, assignments: readonly PartitionAssignment[], nodeId: number): number {
  if (topic.replicationFactor !== -1) throw besideAssignment('replication factor');
  if (topic.partitionCount !== -1) throw besideAssignment('numPartitions');
  let replicationFactor: number | null = null;
  const seen = new Set<number>();
  for (const { partitionIndex, brokerIds } of assignments) {
    if (seen.has(partitionIndex)) {
      const message = `Found multiple manual partition assignments for partition ${partitionIndex}`;
      throw new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
    }
    seen.add(partitionIndex);
    checkReplicas(brokerIds, nodeId, replicationFactor);
    replicationFactor = brokerIds.length;
  }
  for (let index = 0; index < seen.size; index++) {
    if (!seen.has(index)) {
      const message = 'partitions should be a consecutive 0-based integer sequence';
      throw new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
    }
  }
  return seen.size;
}

/**
 * Gives the number of partitions the topic is to have.
 * @throws KafkaError INVALID_REQUEST, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, INVALID_PARTITIONS
 */
export function checkPartitions(topic: NewTopic, config: BrokerConfig): number {
  if (topic.assignments !== null && topic.assignments.length > 0) {
    return checkAssignments(topic, topic.assignments, config.nodeId);
  }
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.';
    throw new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, message);
  }
  if (topic.partitionCount < -1 || topic.partitionCount === 0) {
    const message = 'Number of partitions was set to an invalid non-positive value.';
    throw new KafkaError(ErrorCode.INVALID_PARTITIONS, message);
  }
  const wanted = topic.replicationFactor === -1 ? config.int('default.replication.factor') : topic.replicationFactor;
  if (wanted > 1) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition ${wanted} time(s): The target replication factor of ${wanted} cannot be ` +
        'reached because only 1 broker(s) are registered.',
    );
  }
  return topic.partitionCount === -1 ? config.int('num.partitions') : topic.partitionCount;
}

/** Checks that a topic would grow. @throws KafkaError INVALID_PARTITIONS */
export function checkPartitionCount({ name, partitions }: Topic, count: number): void {
  const present = partitions.length;
  if (count > present) return;
  const message =
    count === present
      ? `Topic already has ${present} partition(s).`
      : `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`;
  throw new KafkaError(ErrorCode.INVALID_PARTITIONS, message);
}
