/**
 * A streams group (KIP-1071): its topology, its members, and the tasks that they hold and are to hold. As in other groups
 * with an assignor on the broker, three epochs tell where it stands: the group's grows with every change that asks for a
 * new assignment, the assignment's is the one that the target was computed for, a member's the target that it goes by.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { shown } from '../../../config/value.ts';
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Group, OffsetCommit } from '../group.ts';
import type { TopicImage } from '../modern/topic-image.ts';
import type { CommittedOffset } from '../offsets/records.ts';
import { configureTopology } from './configured-topology.ts';
import type { ConfiguredTopology } from './configured-topology.ts';
import { isReconciledTo } from './member.ts';
import type { StreamsMember } from './member.ts';
import { checkCommit, checkFetch } from './offset-rules.ts';
import { groupTombstones, liveRecords } from './records.ts';
import type { StreamsRecord } from './records.ts';
import { TaskHolders } from './task-holders.ts';
import { NO_OFFSETS } from './task-offsets.ts';
import type { TaskOffsets } from './task-offsets.ts';
import type { Tasks } from './tasks.ts';
import type { StreamsTopology } from './topology.ts';

export type StreamsGroupState = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable';

/** What the record of a group says. */
export interface GroupEpoch {
  readonly epoch: number;
  /** Checksum of the topics that the topology needs. */
  readonly metadataHash: bigint;
  /** Epoch of the topology that fits the topics, -1 when it does not. */
  readonly validatedTopologyEpoch: number;
  /** Settings that the assignment depends on, as they were. */
  readonly assignmentConfigs: ReadonlyMap<string, string>;
}

/** What the record of a target assignment says. */
export interface AssignmentEpoch {
  readonly epoch: number;
  /** When it was computed; 0: never. */
  readonly timestampMs: number;
}

/** Of a group that was just made. */
const FIRST_EPOCH: GroupEpoch = {
  epoch: 1,
  metadataHash: 0n,
  validatedTopologyEpoch: -1,
  assignmentConfigs: new Map(),
};
export const FIRST_ASSIGNMENT: AssignmentEpoch = { epoch: 1, timestampMs: 0 };

/** What is not stored, and lost with a start: members report it again. */
interface Unstored {
  readonly taskOffsets: Map<string, TaskOffsets>;
  /** Member that asked for all to stop. */
  shutdownRequestedBy: string | null;
  /** Grows with each change of what can be queried where. */
  endpointEpoch: number;
}

/** A topology as it was measured against the topics of one version. */
interface Measured {
  readonly topology: StreamsTopology;
  readonly version: number;
  readonly metadataHash: bigint;
  readonly configured: ConfiguredTopology;
}

export class StreamsGroup implements Group {
  readonly type = 'streams';
  readonly protocolType = 'streams';
  readonly expires = true;
  readonly classicMembers = null;
  readonly groupId: string;
  readonly #members = new Map<string, StreamsMember>();
  readonly #memberIdsByInstance = new Map<string, string>();
  readonly #targets = new Map<string, Tasks>();
  readonly #holders = new TaskHolders();
  readonly #unstored: Unstored = { taskOffsets: new Map(), shutdownRequestedBy: null, endpointEpoch: 0 };
  #epoch = FIRST_EPOCH;
  #assignment = FIRST_ASSIGNMENT;
  #topology: StreamsTopology | null = null;
  #measured: Measured | null = null;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get epoch(): GroupEpoch {
    return this.#epoch;
  }

  get assignment(): AssignmentEpoch {
    return this.#assignment;
  }

  /** Null only before the first member's join is stored. */
  get topology(): StreamsTopology | null {
    return this.#topology;
  }

  /** By id, in the order they came. */
  get members(): ReadonlyMap<string, StreamsMember> {
    return this.#members;
  }

  /** Target assignments by member id. */
  get targets(): ReadonlyMap<string, Tasks> {
    return this.#targets;
  }

  get holders(): Pick<TaskHolders, 'of'> {
    return this.#holders;
  }

  get size(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  get state(): StreamsGroupState {
    if (this.isEmpty) return 'Empty';
    if (this.#topology === null || this.#topology.epoch !== this.#epoch.validatedTopologyEpoch) return 'NotReady';
    if (this.#epoch.epoch > this.#assignment.epoch) return 'Assigning';
    for (const member of this.#members.values()) {
      if (!isReconciledTo(member, this.#assignment.epoch)) return 'Reconciling';
    }
    return 'Stable';
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID */
  member(memberId: string): StreamsMember {
    const member = this.#members.get(memberId);
    if (member !== undefined) return member;
    const message = `Member ${shown(memberId)} is not a member of group ${shown(this.groupId)}.`;
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, message);
  }

  staticMember(instanceId: string): StreamsMember | undefined {
    const memberId = this.#memberIdsByInstance.get(instanceId);
    return memberId === undefined ? undefined : this.#members.get(memberId);
  }

  checkOffsetCommit(_env: GroupEnvironment, commit: OffsetCommit): void {
    checkCommit(this, commit);
  }

  checkOffsetFetch(memberId: string | null, memberEpoch: number): void {
    checkFetch(this, memberId, memberEpoch);
  }

  checkOffsetDelete(): void {}

  retentionStartMs({ commitTimestampMs }: CommittedOffset): number {
    return commitTimestampMs;
  }

  tombstones(): readonly StreamsRecord[] {
    return groupTombstones(this);
  }

  liveRecords(): readonly StreamsRecord[] {
    return liveRecords(this);
  }

  /** Nothing is ever parked. */
  close(): void {}

  isSubscribedTo(topic: string): boolean {
    return !this.isEmpty && this.#topology?.readers.has(topic) === true;
  }

  /**
   * A topology, the group's own or the one it is to get, measured against the topics as they are.
   * @throws KafkaError as configureTopology
   */
  measure(topology: StreamsTopology, topics: TopicImage): { configured: ConfiguredTopology; metadataHash: bigint } {
    const { version } = topics;
    if (this.#measured?.topology !== topology || this.#measured.version !== version) {
      const configured = configureTopology(topology, (name) => topics.topic(name)?.partitions.length);
      const metadataHash = topics.hashOf(topology.requiredTopics);
      this.#measured = { topology, version, metadataHash, configured };
    }
    return this.#measured;
  }

  setEpoch(epoch: GroupEpoch): Undo {
    const previous = this.#epoch;
    this.#epoch = epoch;
    return () => this.setEpoch(previous);
  }

  setAssignment(assignment: AssignmentEpoch): Undo {
    const previous = this.#assignment;
    this.#assignment = assignment;
    return () => this.setAssignment(previous);
  }

  setTopology(topology: StreamsTopology | null): Undo {
    const previous = this.#topology;
    this.#topology = topology;
    return () => this.setTopology(previous);
  }

  /** @param target null forgets it. */
  setTarget(memberId: string, target: Tasks | null): Undo {
    const previous = this.#targets.get(memberId) ?? null;
    if (target === null) this.#targets.delete(memberId);
    else this.#targets.set(memberId, target);
    return () => this.setTarget(memberId, previous);
  }

  /** Puts a member in the place of the one with its id; null takes it out. */
  setMember(memberId: string, member: StreamsMember | null): Undo {
    const previous = this.#members.get(memberId) ?? null;
    if (previous !== null) {
      this.#holders.remove(previous);
      if (previous.instanceId !== null) this.#memberIdsByInstance.delete(previous.instanceId);
    }
    if (member === null) {
      this.#members.delete(memberId);
      this.#unstored.taskOffsets.delete(memberId);
      if (this.isEmpty) this.#unstored.shutdownRequestedBy = null;
    } else {
      this.#members.set(memberId, member);
      this.#holders.add(member);
      if (member.instanceId !== null) this.#memberIdsByInstance.set(member.instanceId, memberId);
    }
    return () => this.setMember(memberId, previous);
  }

  taskOffsets(memberId: string): TaskOffsets {
    return this.#unstored.taskOffsets.get(memberId) ?? NO_OFFSETS;
  }

  setTaskOffsets(memberId: string, offsets: TaskOffsets): void {
    this.#unstored.taskOffsets.set(memberId, offsets);
  }

  get shutdownRequestedBy(): string | null {
    return this.#unstored.shutdownRequestedBy;
  }

  /** The first request counts, until the group is empty. */
  requestShutdown(memberId: string): void {
    this.#unstored.shutdownRequestedBy ??= memberId;
  }

  get endpointEpoch(): number {
    return this.#unstored.endpointEpoch;
  }

  endpointsChanged(): void {
    this.#unstored.endpointEpoch++;
  }
}
