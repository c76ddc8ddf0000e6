/**
 * Brings one member a step closer to its target. It is first asked to give back what it is not to have any more; once it
 * says that it has, it goes over to the target's epoch and gets what is free. What others have yet to give back it gets
 * later, without a change of its epoch.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { NO_PARTITIONS, containsAny } from '../modern/assignment.ts';
import type { Assignment, EpochedAssignment, TopicPartitions } from '../modern/assignment.ts';
import type { ConsumerMember } from './member.ts';

export interface ReconcileInput {
  readonly member: ConsumerMember;
  readonly target: Assignment;
  readonly targetEpoch: number;
  /** True if the member has just changed what it subscribes to: topics it has left are taken at once. */
  readonly hasSubscriptionChanged: boolean;
  /** Existing topics that it subscribes to. */
  readonly subscribedTopicIds: ReadonlySet<string>;
  /** True for a partition that another member has. */
  readonly isTaken: (topicId: string, partition: number) => boolean;
  /** What the member says that it has; null if it does not say. */
  readonly owned: readonly TopicPartitions[] | null;
}

type Epochs = Map<string, Map<number, number>>;

/** Gives the member as it is if nothing changes. @throws KafkaError FENCED_MEMBER_EPOCH for a state that is not known */
export function reconcile(input: ReconcileInput): ConsumerMember {
  const { member, targetEpoch, hasSubscriptionChanged, owned } = input;
  switch (member.state) {
    case 'stable':
      if (member.memberEpoch !== targetEpoch) return nextAssignment(input, member.memberEpoch);
      return hasSubscriptionChanged ? dropUnsubscribed(input) : member;
    case 'unrevoked':
      if (!stillOwns(owned, member.pendingRevocation)) return nextAssignment(input, member.memberEpoch);
      return hasSubscriptionChanged ? dropUnsubscribed(input) : member;
    case 'unreleased':
      return nextAssignment(input, member.memberEpoch);
    case 'unknown':
      // It may have anything: only one that has nothing can go on.
      if (owned === null || owned.length > 0) throw unknownState();
      return nextAssignment(input, targetEpoch);
  }
}

function unknownState(): KafkaError {
  return new KafkaError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
  );
}

/** A member that does not say what it has may still have it all. */
function stillOwns(owned: readonly TopicPartitions[] | null, revoked: EpochedAssignment): boolean {
  return owned === null || containsAny(revoked, owned);
}

/** Takes topics away that the member does not subscribe to any more; its epoch stays. */
function dropUnsubscribed(input: ReconcileInput): ConsumerMember {
  const { member, subscribedTopicIds, owned } = input;
  const assigned = new Map(member.assigned);
  const pendingRevocation = new Map(member.pendingRevocation);
  for (const [topicId, epochs] of member.assigned) {
    if (subscribedTopicIds.has(topicId)) continue;
    assigned.delete(topicId);
    pendingRevocation.set(topicId, new Map([...(pendingRevocation.get(topicId) ?? []), ...epochs]));
  }
  if (assigned.size === member.assigned.size) return member;
  const { memberEpoch } = member;
  const dropped = { ...member, previousMemberEpoch: memberEpoch, assigned };
  return stillOwns(owned, pendingRevocation) ? { ...dropped, state: 'unrevoked', pendingRevocation } : dropped;
}

function nextAssignment(input: ReconcileInput, memberEpoch: number): ConsumerMember {
  const { member, targetEpoch, owned } = input;
  const { kept, revoked } = divide(input);
  const moved = { ...member, previousMemberEpoch: member.memberEpoch };
  if (revoked.size > 0 && stillOwns(owned, revoked)) {
    return { ...moved, state: 'unrevoked', memberEpoch, assigned: kept, pendingRevocation: revoked };
  }
  const isWaiting = addFree(input, kept);
  return {
    ...moved,
    state: isWaiting ? 'unreleased' : 'stable',
    memberEpoch: targetEpoch,
    assigned: kept,
    pendingRevocation: NO_PARTITIONS,
  };
}

/** What the member has: of that, what it keeps, and what it is to give back. */
function divide({ member, target, subscribedTopicIds }: ReconcileInput): { kept: Epochs; revoked: Epochs } {
  const kept: Epochs = new Map();
  const revoked: Epochs = new Map();
  for (const [topicId, epochs] of member.assigned) {
    const wanted = subscribedTopicIds.has(topicId) ? target.get(topicId) : undefined;
    for (const [partition, epoch] of epochs) put(wanted?.has(partition) ? kept : revoked, topicId, partition, epoch);
  }
  return { kept, revoked };
}

/** Adds what is new and free; true if something new is not free yet. */
function addFree(input: ReconcileInput, kept: Epochs): boolean {
  const { target, targetEpoch, subscribedTopicIds, isTaken } = input;
  let isWaiting = false;
  for (const [topicId, partitions] of target) {
    if (!subscribedTopicIds.has(topicId)) continue;
    for (const partition of partitions) {
      if (kept.get(topicId)?.has(partition)) continue;
      if (isTaken(topicId, partition)) isWaiting = true;
      else put(kept, topicId, partition, targetEpoch);
    }
  }
  return isWaiting;
}

function put(epochs: Epochs, topicId: string, partition: number, epoch: number): void {
  const ofTopic = epochs.get(topicId);
  if (ofTopic === undefined) epochs.set(topicId, new Map([[partition, epoch]]));
  else ofTopic.set(partition, epoch);
}
