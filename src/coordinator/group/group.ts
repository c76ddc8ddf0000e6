/**
 * A group as the files see it that serve groups of every protocol. Groups of all protocols share one space of ids; each
 * protocol has a folder and a class for its own.
 */
import type { KafkaError } from '../../../protocol/errors.ts';
import type { GroupCaller } from './caller.ts';
import type { ClassicMembers } from './classic/classic-members.ts';
import type { GroupEnvironment } from './environment.ts';
import type { CommittedOffset } from './offsets/records.ts';
import type { GroupRecord } from './protocol.ts';

/** As ListGroups shows it. */
export type GroupType = 'classic' | 'consumer' | 'share' | 'streams';

/** A commit of offsets as a group judges it. */
export interface OffsetCommit {
  readonly caller: GroupCaller;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** -1: of no member. */
  readonly generationIdOrMemberEpoch: number;
  /** Inside a producer's transaction. */
  readonly isTransactional: boolean;
  readonly topics: readonly CommitTopic[];
}

export interface CommitTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly { readonly partitionIndex: number }[];
}

export interface Group {
  readonly groupId: string;
  readonly type: GroupType;
  /** As ListGroups shows it: one of the protocol's states. */
  readonly state: string;
  /** Members. */
  readonly size: number;
  /** Without members: it may be deleted. */
  readonly isEmpty: boolean;
  /** Null for a group that only stores offsets. */
  readonly protocolType: string | null;
  /** False for a group that stays although it has neither members nor offsets. */
  readonly expires: boolean;
  /** Serves members that speak the classic protocol in a group of another; null: they are refused. */
  readonly classicMembers: ClassicMembers | null;
  /**
   * Judges a commit; one that passes counts as a sign of life of its member.
   * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, STALE_MEMBER_EPOCH,
   *   REBALANCE_IN_PROGRESS, UNSUPPORTED_VERSION, GROUP_ID_NOT_FOUND
   */
  checkOffsetCommit(env: GroupEnvironment, commit: OffsetCommit): void;
  /** Judges a fetch of offsets. @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH */
  checkOffsetFetch(memberId: string | null, memberEpoch: number): void;
  /** @throws KafkaError NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND when no offset may be deleted now */
  checkOffsetDelete(): void;
  /** True for a topic its members read, or may read for all that is known: its offsets are kept. */
  isSubscribedTo(topic: string): boolean;
  /** From when on the retention of an offset counts, in ms; null while nothing expires. */
  retentionStartMs(offset: CommittedOffset): number | null;
  /** The records that delete the group, without its offsets. */
  tombstones(): readonly GroupRecord[];
  /** The records that the group consists of in the log, without its offsets. */
  liveRecords(): readonly GroupRecord[];
  /** The group is not served here any more: answers what is parked. */
  close(error: KafkaError): void;
}
