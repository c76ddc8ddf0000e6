/** A consumer group (KIP-848), and what follows from its members. */
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Group, OffsetCommit } from '../group.ts';
import { Counter } from '../modern/counter.ts';
import { ModernGroup } from '../modern/group.ts';
import type { CommittedOffset } from '../offsets/records.ts';
import { classicMembers } from './classic-members.ts';
import { groupRecords, groupTombstones } from './group-records.ts';
import { isReconciledTo } from './member.ts';
import type { ConsumerMember } from './member.ts';
import { checkCommit, checkFetch } from './offset-rules.ts';
import { PartitionOwners } from './partition-owners.ts';
import type { ConsumerRecord, ResolvedRegex } from './records.ts';

/**
 * Assigning: a new target assignment is due. Reconciling: members are still on their way to the target.
 */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

export class ConsumerGroup extends ModernGroup<ConsumerMember> implements Group {
  readonly type = 'consumer';
  readonly protocolType = 'consumer';
  readonly expires = true;
  readonly classicMembers = classicMembers;
  readonly owners = new PartitionOwners();
  /** Member id by group instance id. */
  readonly #staticMembers = new Map<string, string>();
  readonly #assignors = new Counter();
  /** How many members have each regular expression. */
  readonly #regexMembers = new Counter();
  readonly #resolved = new Map<string, ResolvedRegex>();
  /** How many regular expressions stand for each topic. */
  readonly #regexTopics = new Counter();
  readonly #classicProtocols = new Counter();
  #classicCount = 0;

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty';
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning';
    for (const member of this.members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling';
    }
    return 'Stable';
  }

  /** The member of this instance. */
  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.#staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.member(memberId);
  }

  /** Number of members that speak the classic protocol. */
  get classicCount(): number {
    return this.#classicCount;
  }

  /** True if all classic members support a protocol of these. */
  supportsClassicProtocol(names: readonly string[]): boolean {
    return names.some((name) => this.#classicProtocols.count(name) === this.#classicCount);
  }

  /** The assignor that most members ask for, null if none does. */
  get preferredAssignor(): string | null {
    if (this.#assignors.size === 0) return null;
    let preferred: string | null = null;
    let most = 0;
    for (const [name, count] of this.#assignors.entries()) {
      if (count > most) [preferred, most] = [name, count];
    }
    return preferred;
  }

  /** Regular expressions that a member has. */
  get regexes(): readonly string[] {
    return [...this.#regexMembers.keys()];
  }

  get hasRegexes(): boolean {
    return this.#regexMembers.size > 0;
  }

  /** How many members have this regular expression. */
  regexMembers(regex: string): number {
    return this.#regexMembers.count(regex);
  }

  /** The topics of regular expressions, of those that have been looked up. */
  get resolvedRegexes(): ReadonlyMap<string, ResolvedRegex> {
    return this.#resolved;
  }

  override isSubscribedTo(topic: string): boolean {
    return super.isSubscribedTo(topic) || this.#regexTopics.has(topic);
  }

  override subscribedTopics(): Iterable<string> {
    if (this.#regexTopics.size === 0) return super.subscribedTopics();
    return new Set([...super.subscribedTopics(), ...this.#regexTopics.keys()]);
  }

  override get isHomogeneous(): boolean {
    if (this.#regexMembers.size === 0) return super.isHomogeneous;
    const haveOneRegex = this.#regexMembers.size === 1 && this.#regexMembers.allCount(this.size);
    return haveOneRegex && this.topicNames.size === 0;
  }

  /** Names of the topics that a member subscribes to, by name or by its regular expression. */
  subscribedBy(member: ConsumerMember): ReadonlySet<string> {
    const names = member.subscribedTopicNames;
    const matching = this.#resolved.get(member.subscribedTopicRegex)?.topics;
    if (matching === undefined || matching.size === 0) return names;
    return names.size === 0 ? matching : new Set([...names, ...matching]);
  }

  /** @param resolved null forgets it. */
  setResolvedRegex(regex: string, resolved: ResolvedRegex | null): Undo {
    const previous = this.#resolved.get(regex) ?? null;
    if (previous !== null) this.#regexTopics.remove(previous.topics);
    if (resolved === null) {
      this.#resolved.delete(regex);
    } else {
      this.#resolved.set(regex, resolved);
      this.#regexTopics.add(resolved.topics);
    }
    return () => this.setResolvedRegex(regex, previous);
  }

  checkOffsetCommit(env: GroupEnvironment, commit: OffsetCommit): void {
    checkCommit(env, this, commit);
  }

  checkOffsetFetch(memberId: string | null, memberEpoch: number): void {
    checkFetch(this, memberId, memberEpoch);
  }

  /** Any offset of a topic that is not subscribed to may be deleted. */
  checkOffsetDelete(): void {}

  retentionStartMs(offset: CommittedOffset): number {
    return offset.commitTimestampMs;
  }

  tombstones(): readonly ConsumerRecord[] {
    return groupTombstones(this);
  }

  liveRecords(): readonly ConsumerRecord[] {
    return groupRecords(this);
  }

  /** Nobody waits for anything. */
  close(): void {}

  protected override memberChanged(previous: ConsumerMember | undefined, member: ConsumerMember | undefined): void {
    super.memberChanged(previous, member);
    if (previous !== undefined) this.#forget(previous);
    if (member !== undefined) this.#note(member);
  }

  #forget(member: ConsumerMember): void {
    const { memberId, instanceId, serverAssignor, subscribedTopicRegex, classic } = member;
    this.owners.release(memberId, member.assigned);
    this.owners.release(memberId, member.pendingRevocation);
    if (instanceId !== null && this.#staticMembers.get(instanceId) === memberId) this.#staticMembers.delete(instanceId);
    if (serverAssignor !== null) this.#assignors.remove([serverAssignor]);
    if (subscribedTopicRegex !== '') this.#regexMembers.remove([subscribedTopicRegex]);
    if (classic === null) return;
    this.#classicProtocols.remove(classic.protocols.map(({ name }) => name));
    this.#classicCount--;
  }

  #note(member: ConsumerMember): void {
    const { memberId, instanceId, serverAssignor, subscribedTopicRegex, classic } = member;
    this.owners.claim(memberId, member.assigned);
    this.owners.claim(memberId, member.pendingRevocation);
    if (instanceId !== null) this.#staticMembers.set(instanceId, memberId);
    if (serverAssignor !== null) this.#assignors.add([serverAssignor]);
    if (subscribedTopicRegex !== '') this.#regexMembers.add([subscribedTopicRegex]);
    if (classic === null) return;
    this.#classicProtocols.add(classic.protocols.map(({ name }) => name));
    this.#classicCount++;
  }
}
