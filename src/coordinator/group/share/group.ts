/** A share group (KIP-932): members share partitions, so that many may have the same one. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { Undo } from '../../types.ts';
import type { Group } from '../group.ts';
import { ModernGroup } from '../modern/group.ts';
import type { ShareMember } from './member.ts';
import {
  assignmentRecord,
  epochRecord,
  memberRecord,
  type ShareGroupRecord,
  statesRecord,
  targetEpochRecord,
  targetRecord,
} from './records.ts';
import { NO_STATES, type StatePartitions } from './state-partitions.ts';

export class ShareGroup extends ModernGroup<ShareMember> implements Group {
  readonly type = 'share';
  readonly protocolType = 'share';
  readonly expires = false;
  readonly classicMembers = null;
  #states: StatePartitions | null = null;

  get state(): 'Empty' | 'Stable' {
    return this.isEmpty ? 'Empty' : 'Stable';
  }

  /** True once anything was noted of states. */
  get hasStates(): boolean {
    return this.#states !== null;
  }

  /** Which partitions have a state. */
  get states(): StatePartitions {
    return this.#states ?? NO_STATES;
  }

  /** @param states null forgets them. */
  setStates(states: StatePartitions | null): Undo {
    const previous = this.#states;
    this.#states = states;
    return () => this.setStates(previous);
  }

  isInitialized(topicId: string, partition: number): boolean {
    return this.states.initialized.get(topicId)?.partitions.has(partition) === true;
  }

  checkOffsetCommit(): never {
    throw this.#keepsNoOffsets();
  }

  checkOffsetFetch(): never {
    throw this.#keepsNoOffsets();
  }

  checkOffsetDelete(): never {
    throw this.#keepsNoOffsets();
  }

  #keepsNoOffsets(): KafkaError {
    return new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${this.groupId} is not a consumer group.`);
  }

  retentionStartMs(): null {
    return null;
  }

  tombstones(): readonly ShareGroupRecord[] {
    const { groupId } = this;
    const memberIds = [...this.members.keys()];
    return [
      ...memberIds.map((memberId) => ({ kind: 'share-assignment', groupId, memberId, value: null }) as const),
      ...memberIds.map((memberId) => ({ kind: 'share-target', groupId, memberId, value: null }) as const),
      { kind: 'share-target-epoch', groupId, value: null },
      ...memberIds.map((memberId) => ({ kind: 'share-member', groupId, memberId, value: null }) as const),
      { kind: 'share-states', groupId, value: null },
      { kind: 'share-epoch', groupId, value: null },
    ];
  }

  liveRecords(): readonly ShareGroupRecord[] {
    const { groupId, members, targets } = this;
    return [
      ...[...members.values()].map((member) => memberRecord(groupId, member)),
      epochRecord(groupId, this.groupEpoch, this.metadataHash),
      ...[...targets].map(([memberId, target]) => targetRecord(groupId, memberId, target)),
      targetEpochRecord(groupId, this.assignmentEpoch, this.assignmentTimestampMs),
      ...[...members.values()].map((member) => assignmentRecord(groupId, member)),
      ...(this.#states === null ? [] : [statesRecord(groupId, this.#states)]),
    ];
  }

  /** Nobody waits for anything. */
  close(): void {}
}
