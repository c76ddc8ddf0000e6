/** A member of a consumer group as its records hold it. */
import type { ConsumerGroupCurrentMemberAssignmentValue } from '../../../../protocol/generated/consumer-group-current-member-assignment-value.ts';
import type { ConsumerGroupMemberMetadataValue } from '../../../../protocol/generated/consumer-group-member-metadata-value.ts';
import type { Input } from '../../../../protocol/input.ts';
import { NO_PARTITIONS } from '../modern/assignment.ts';
import type { EpochedAssignment } from '../modern/assignment.ts';
import type { CurrentAssignment, MemberMetadata, MemberState } from './member.ts';

const STATES: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased'];
const UNKNOWN_STATE = 127;

type StoredPartitions = ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions'];

export function writtenMetadata(member: MemberMetadata): Input<ConsumerGroupMemberMetadataValue> {
  const { subscribedTopicNames, classic, ...same } = member;
  return {
    ...same,
    subscribedTopicNames: [...subscribedTopicNames].sort(),
    classicMemberMetadata:
      classic === null
        ? null
        : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: [...classic.protocols] },
  };
}

export function toMetadata(stored: ConsumerGroupMemberMetadataValue): MemberMetadata {
  const { instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, serverAssignor } = stored;
  const { classicMemberMetadata: classic } = stored;
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    serverAssignor,
    subscribedTopicNames: new Set(stored.subscribedTopicNames),
    subscribedTopicRegex: stored.subscribedTopicRegex ?? '',
    classic:
      classic === null
        ? null
        : {
            sessionTimeoutMs: classic.sessionTimeoutMs,
            // The bytes are views on a buffer that the log reader lets go of.
            protocols: classic.supportedProtocols.map(({ name, metadata }) => ({
              name,
              metadata: Buffer.from(metadata),
            })),
          },
  };
}

export function writtenAssignment(member: CurrentAssignment): Input<ConsumerGroupCurrentMemberAssignmentValue> {
  const state = STATES.indexOf(member.state);
  return {
    memberEpoch: member.memberEpoch,
    previousMemberEpoch: member.previousMemberEpoch,
    state: state < 0 ? UNKNOWN_STATE : state,
    assignedPartitions: writtenPartitions(member.assigned),
    partitionsPendingRevocation: writtenPartitions(member.pendingRevocation),
  };
}

function writtenPartitions(assignment: EpochedAssignment): Input<StoredPartitions> {
  return [...assignment].map(([topicId, epochs]) => {
    const sorted = [...epochs].sort(([a], [b]) => a - b);
    return {
      topicId,
      partitions: sorted.map(([partition]) => partition),
      assignmentEpochs: sorted.map(([, epoch]) => epoch),
    };
  });
}

export function toCurrentAssignment(stored: ConsumerGroupCurrentMemberAssignmentValue): CurrentAssignment {
  const { memberEpoch, previousMemberEpoch } = stored;
  return {
    memberEpoch,
    previousMemberEpoch,
    state: STATES[stored.state] ?? 'unknown',
    assigned: toEpoched(stored.assignedPartitions, memberEpoch),
    pendingRevocation: toEpoched(stored.partitionsPendingRevocation, memberEpoch),
  };
}

/** Older brokers did not store in which epoch a partition was given: it counts as given in the member's. */
function toEpoched(stored: StoredPartitions, memberEpoch: number): EpochedAssignment {
  if (stored.length === 0) return NO_PARTITIONS;
  return new Map(
    stored.map(({ topicId, partitions, assignmentEpochs }) => {
      const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : null;
      const epochOf = (index: number): number => epochs?.[index] ?? Math.max(memberEpoch, 0);
      return [topicId, new Map(partitions.map((partition, index) => [partition, epochOf(index)]))];
    }),
  );
}
