/** The settings of consumer groups, of the group itself where it has some, read anew each time: they are dynamic. */
import type { BrokerConfig } from '../../../config/broker-config.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Assignor } from '../modern/assignor.ts';
import { rangeAssignor } from './assignors/range.ts';
import { uniformAssignor } from './assignors/uniform.ts';

/** By name, and by the name of Kafka's class. */
const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', uniformAssignor],
  ['org.apache.kafka.coordinator.group.assignor.UniformAssignor', uniformAssignor],
  ['range', rangeAssignor],
  ['org.apache.kafka.coordinator.group.assignor.RangeAssignor', rangeAssignor],
]);

/** What may become of groups whose members speak different protocols. */
export interface MigrationPolicy {
  /** A classic group becomes a consumer group when a member of the consumer protocol joins. */
  readonly isUpgradeEnabled: boolean;
  /** A consumer group becomes a classic one when the last member of the consumer protocol leaves. */
  readonly isDowngradeEnabled: boolean;
}

export function sessionTimeoutMs(env: GroupEnvironment, groupId: string): number {
  return env.metadata.groupConfig(groupId).consumerSessionTimeoutMs;
}

export function heartbeatIntervalMs(env: GroupEnvironment, groupId: string): number {
  return env.metadata.groupConfig(groupId).consumerHeartbeatIntervalMs;
}

/** Least time between two computations of the target assignment. */
export function assignmentIntervalMs(env: GroupEnvironment, groupId: string): number {
  return env.metadata.groupConfig(groupId).consumerAssignmentIntervalMs;
}

/** Members at most. */
export function maxSize({ config }: GroupEnvironment): number {
  return config.int('group.consumer.max.size');
}

/** How often the topics of regular expressions are looked up at least. */
export function regexRefreshIntervalMs({ config }: GroupEnvironment): number {
  return config.int('group.consumer.regex.refresh.interval.ms');
}

/** By name, the default first. */
export function assignors(config: BrokerConfig): readonly Assignor[] {
  return config.list('group.consumer.assignors').flatMap((name) => ASSIGNORS.get(name) ?? []);
}

/** The assignor for a group whose members ask for `name`, or for none. */
export function assignorFor(env: GroupEnvironment, name: string | null): Assignor {
  const served = assignors(env.config);
  return served.find((assignor) => assignor.name === name) ?? served[0] ?? uniformAssignor;
}

export function migrationPolicy({ config }: GroupEnvironment): MigrationPolicy {
  const policy = config.string('group.consumer.migration.policy').toLowerCase();
  const isBoth = policy === 'bidirectional';
  return { isUpgradeEnabled: isBoth || policy === 'upgrade', isDowngradeEnabled: isBoth || policy === 'downgrade' };
}
