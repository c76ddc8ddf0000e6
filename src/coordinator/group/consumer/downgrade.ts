/** A consumer group becomes a classic one when the last of its members that speaks the consumer protocol goes. */
import { applied } from '../../types.ts';
import { currentAssignments, groupRecord } from '../classic/group-record.ts';
import { ClassicGroup } from '../classic/group.ts';
import { GroupMember } from '../classic/member.ts';
import { failParked } from '../classic/parked.ts';
import { beginRebalance, resetSession } from '../classic/rebalance.ts';
import { cancelTimers as cancelClassicTimers } from '../classic/timers.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { GroupRecord } from '../protocol.ts';
import { readSubscription, writeAssignment } from './embedded.ts';
import { groupTombstones } from './group-records.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';
import { migrationPolicy } from './settings.ts';
import { cancelTimers } from './timer-keys.ts';

/**
 * True if only members of the classic protocol are left without these, and the group may become a classic one.
 * @param coming members of the classic protocol that come in the place of some.
 */
export function canDowngrade(
  env: GroupEnvironment,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
  coming = 0,
): boolean {
  const left = group.size - leaving.length + coming;
  const classicLeft = group.classicCount - leaving.filter(({ classic }) => classic !== null).length + coming;
  if (left === 0 || classicLeft !== left) return false;
  return migrationPolicy(env).isDowngradeEnabled && left <= env.settings.maxSize;
}

export interface Downgrade<R> {
  readonly leaving: readonly ConsumerMember[];
  readonly response: R;
  /** Records that come before. */
  readonly before?: readonly GroupRecord[];
  /** False if the target assignment is what everybody goes by. */
  readonly isRebalanceDue?: boolean;
}

/** The group changes at once, as classic groups do; it is a consumer group again if that cannot be stored. */
export function downgrade<R>(
  env: GroupEnvironment,
  group: ConsumerGroup,
  { leaving, response, before = [], isRebalanceDue = true }: Downgrade<R>,
): GroupResult<R> {
  const { groupId } = group;
  const former = env.groups.get(groupId);
  const classic = toClassicGroup(env, group, leaving);
  const records = [...before, ...groupTombstones(group), groupRecord(classic, currentAssignments(classic))];
  const memberIds = [...group.members.keys()];
  env.groups.set(groupId, classic);
  for (const member of classic.members) resetSession(env, classic, member);
  if (isRebalanceDue) beginRebalance(env, classic, 'the last member of the consumer protocol has left');
  env.logger.info('group-downgraded', 'A consumer group becomes a classic group.', { group: groupId });
  return applied(records, response, (error) => {
    if (former === undefined || env.groups.get(groupId) !== classic) return;
    if (error === null) {
      for (const memberId of memberIds) cancelTimers(env, groupId, memberId);
      return;
    }
    failParked(classic, error.code);
    cancelClassicTimers(env, classic);
    env.groups.set(groupId, former);
  });
}

function toClassicGroup(env: GroupEnvironment, group: ConsumerGroup, leaving: readonly ConsumerMember[]): ClassicGroup {
  const nowMs = env.clock.now();
  const classic = new ClassicGroup(group.groupId, nowMs);
  classic.generationId = group.groupEpoch;
  for (const member of group.members.values()) {
    if (!leaving.some(({ memberId }) => memberId === member.memberId)) classic.add(toClassicMember(member));
  }
  classic.protocolName = classic.selectProtocol();
  classic.computeTopics();
  classic.transitionTo('Stable', nowMs);
  for (const member of classic.members) {
    const version = readSubscription(member.metadata(classic.protocolName), env.topics)?.version ?? 0;
    member.assignment = writeAssignment(group.target(member.memberId), version, env.topics);
  }
  return classic;
}

function toClassicMember(member: ConsumerMember): GroupMember {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs, classic } = member;
  return new GroupMember({
    memberId,
    groupInstanceId: instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs: classic?.sessionTimeoutMs ?? rebalanceTimeoutMs,
    protocolType: 'consumer',
    protocols: classic?.protocols ?? [],
  });
}
