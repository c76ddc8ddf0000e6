/**
 * What consumer and share groups have in common: members, what they subscribe to, and the target assignment, which the
 * broker computes. Three epochs tell where the group stands (KIP-848): the group's grows with every change that asks for
 * a new assignment; the assignment's is the group epoch that the target was computed for; each member's is the target
 * that it goes by.
 */
import type { SetKey } from '../../timers.ts';
import type { Undo } from '../../types.ts';
import { NO_PARTITIONS } from './assignment.ts';
import type { Assignment } from './assignment.ts';
import { Counter } from './counter.ts';
import { type ModernMember, sameNames } from './member.ts';
import type { TopicImage } from './topic-image.ts';

/** Both epochs of a group that was just made. */
const INITIAL_EPOCH = 1;
/** Neither a version of topics nor an epoch. */
const NEVER = -1;
const NO_NAMES: ReadonlySet<string> = new Set();

export class ModernGroup<M extends ModernMember> {
  readonly groupId: string;
  /** What ends the sessions of members, by their ids. */
  readonly sessions = new Map<string, SetKey>();
  readonly #members = new Map<string, M>();
  readonly #targets = new Map<string, Assignment>();
  /** How many members subscribe to each topic by its name. */
  protected readonly topicNames = new Counter();
  #latestNames: ReadonlySet<string> = NO_NAMES;
  #groupEpoch = INITIAL_EPOCH;
  #metadataHash = 0n;
  #assignmentEpoch = INITIAL_EPOCH;
  #assignmentTimestampMs = 0;
  #checkedVersion = NEVER;
  #checkedEpoch = NEVER;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get groupEpoch(): number {
    return this.#groupEpoch;
  }

  /** Checksum of the topics at the last change of the group's epoch. */
  get metadataHash(): bigint {
    return this.#metadataHash;
  }

  get assignmentEpoch(): number {
    return this.#assignmentEpoch;
  }

  /** When the target was computed, 0 if it never was. */
  get assignmentTimestampMs(): number {
    return this.#assignmentTimestampMs;
  }

  /** By id, in the order they came. */
  get members(): ReadonlyMap<string, M> {
    return this.#members;
  }

  get size(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  member(memberId: string): M | undefined {
    return this.#members.get(memberId);
  }

  /** Target assignments by member id. */
  get targets(): ReadonlyMap<string, Assignment> {
    return this.#targets;
  }

  target(memberId: string): Assignment {
    return this.#targets.get(memberId) ?? NO_PARTITIONS;
  }

  isSubscribedTo(topic: string): boolean {
    return this.topicNames.has(topic);
  }

  /** Names of all topics that a member subscribes to; they need not exist. */
  subscribedTopics(): Iterable<string> {
    return this.topicNames.keys();
  }

  /** True if all members subscribe to the same topics. */
  get isHomogeneous(): boolean {
    return this.topicNames.allCount(this.#members.size);
  }

  /** The same names, in the set that the member before has where it subscribes to the same, as most do. */
  sharedNames(names: ReadonlySet<string>): ReadonlySet<string> {
    if (!sameNames(names, this.#latestNames)) this.#latestNames = names;
    return this.#latestNames;
  }

  /** Puts a member in the place of the one with its id. */
  putMember(member: M): Undo {
    return this.#setMember(member.memberId, member);
  }

  removeMember(memberId: string): Undo {
    return this.#setMember(memberId, undefined);
  }

  #setMember(memberId: string, member: M | undefined): Undo {
    const previous = this.#members.get(memberId);
    if (member === undefined) {
      this.#members.delete(memberId);
      this.sessions.delete(memberId);
    } else this.#members.set(memberId, member);
    this.memberChanged(previous, member);
    return () => this.#setMember(memberId, previous);
  }

  /** Keeps up what follows from the members. */
  protected memberChanged(previous: M | undefined, member: M | undefined): void {
    if (previous?.subscribedTopicNames === member?.subscribedTopicNames) return;
    if (previous !== undefined) this.topicNames.remove(previous.subscribedTopicNames);
    if (member !== undefined) this.topicNames.add(member.subscribedTopicNames);
  }

  /** @param target null forgets it. */
  setTarget(memberId: string, target: Assignment | null): Undo {
    const previous = this.#targets.get(memberId) ?? null;
    if (target === null) this.#targets.delete(memberId);
    else this.#targets.set(memberId, target);
    return () => this.setTarget(memberId, previous);
  }

  setGroupEpoch(epoch: number, metadataHash: bigint): Undo {
    const [previousEpoch, previousHash] = [this.#groupEpoch, this.#metadataHash];
    this.#groupEpoch = epoch;
    this.#metadataHash = metadataHash;
    return () => this.setGroupEpoch(previousEpoch, previousHash);
  }

  setAssignmentEpoch(epoch: number, timestampMs: number): Undo {
    const [previousEpoch, previousTimestampMs] = [this.#assignmentEpoch, this.#assignmentTimestampMs];
    this.#assignmentEpoch = epoch;
    this.#assignmentTimestampMs = timestampMs;
    return () => this.setAssignmentEpoch(previousEpoch, previousTimestampMs);
  }

  /** False if topics may have changed since `noteTopicsChecked`, or what came of that was lost. */
  hasCheckedTopics(topics: TopicImage): boolean {
    return this.#checkedVersion === topics.version && this.#groupEpoch >= this.#checkedEpoch;
  }

  /** Notes that the checksum in force for `epoch` (it may not be committed yet) is that of the topics as they are. */
  noteTopicsChecked(topics: TopicImage, epoch: number): void {
    this.#checkedVersion = topics.version;
    this.#checkedEpoch = epoch;
  }

  /** True if a new target is due and may be computed: at most once in `intervalMs`, the first one at once. */
  mayAssign(intervalMs: number, nowMs: number): boolean {
    if (this.#assignmentEpoch >= this.#groupEpoch) return false;
    const wasNever = this.#assignmentTimestampMs === 0;
    return wasNever || intervalMs === 0 || nowMs >= this.#assignmentTimestampMs + intervalMs;
  }
}
