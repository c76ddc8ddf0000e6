/**
 * A classic group of consumers becomes a consumer group when a member of the consumer protocol joins it: its members stay,
 * with what they have, and go on speaking the classic protocol.
 */
import { ErrorCode } from '../../../../protocol/errors.ts';
import type { ClassicGroup } from '../classic/group.ts';
import type { GroupMember } from '../classic/member.ts';
import { failParked } from '../classic/parked.ts';
import type { GroupEnvironment } from '../environment.ts';
import { withEpoch } from '../modern/assignment.ts';
import type { Assignment } from '../modern/assignment.ts';
import type { GroupRecord } from '../protocol.ts';
import { readAssignment, readSubscription } from './embedded.ts';
import { notFound } from './find.ts';
import { groupRecords } from './group-records.ts';
import { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';
import { maxSize, migrationPolicy } from './settings.ts';
import { resetSession } from './timers.ts';

/** Gives the group, and the records that put it in the place of the classic one. @throws KafkaError GROUP_ID_NOT_FOUND */
export function upgrade(
  env: GroupEnvironment,
  classic: ClassicGroup,
): { readonly group: ConsumerGroup; readonly before: readonly GroupRecord[] } {
  const { groupId } = classic;
  const refused = (why: string): Error =>
    notFound(`Cannot upgrade classic group ${groupId} to consumer group because ${why}.`);
  if (!migrationPolicy(env).isUpgradeEnabled) throw refused('online upgrade is disabled');
  if (!classic.isConsumerGroup) throw refused('the group does not use the consumer embedded protocol');
  if (classic.size > maxSize(env)) throw refused('the group size exceeds the consumer group maximum size');
  const group = new ConsumerGroup(groupId);
  for (const member of classic.members) {
    const { upgraded, target } = upgradeMember(env, classic, member);
    group.putMember(upgraded);
    group.setTarget(upgraded.memberId, target);
  }
  group.setGroupEpoch(classic.generationId, env.topics.hashOf(group.subscribedTopics()));
  group.setAssignmentEpoch(classic.generationId, 0);
  // Who waits for the classic rebalance joins again, and finds the new group.
  failParked(classic, ErrorCode.REBALANCE_IN_PROGRESS);
  for (const member of group.members.values()) resetSession(env, group, member);
  env.logger.info('group-upgraded', 'A classic group becomes a consumer group.', { group: groupId });
  return { group, before: [...classic.tombstones(), ...groupRecords(group)] };
}

function upgradeMember(
  env: GroupEnvironment,
  classic: ClassicGroup,
  member: GroupMember,
): { readonly upgraded: ConsumerMember; readonly target: Assignment } {
  const { generationId } = classic;
  const assignment = readAssignment(member.assignment, env.topics);
  const metadata = member.metadata(classic.protocolName ?? classic.selectProtocol());
  const subscription = readSubscription(metadata, env.topics);
  const prefix = `Cannot upgrade classic group ${classic.groupId} to consumer group because`;
  if (assignment === null || subscription === null) {
    throw notFound(`${prefix} the embedded consumer protocol is malformed.`);
  }
  if (assignment.hasUserData) {
    throw notFound(
      `${prefix} an unsupported custom assignor is in use. Please refer to the documentation or switch to a default ` +
        'assignor before re-attempting the upgrade.',
    );
  }
  const upgraded: ConsumerMember = {
    memberId: member.memberId,
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    state: 'stable',
    instanceId: member.groupInstanceId,
    rackId: subscription.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    subscribedTopicNames: new Set(subscription.topics),
    subscribedTopicRegex: '',
    serverAssignor: null,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
    assigned: withEpoch(assignment.partitions, generationId),
    pendingRevocation: new Map(),
  };
  return { upgraded, target: assignment.partitions };
}
