/**
 * A classic group: its members and where it stands.
 *
 *   Empty ──join──▶ PreparingRebalance ──all joined──▶ CompletingRebalance ──leader synced──▶ Stable
 *     ▲                │      ▲                              │                                  │
 *     └──nobody left───┘      └──────────────── join with a change, leave, silence ─────────────┘
 *
 * A group without members that is deleted is simply gone; clients see it as Dead.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Group, OffsetCommit } from '../group.ts';
import type { CommittedOffset } from '../offsets/records.ts';
import { GroupMember } from './member.ts';
import type { JoinAnswer, MemberProtocol, SyncAnswer } from './member.ts';
import { type MemberChange, Members } from './members.ts';
import { checkCommit, retentionStartMs } from './offset-rules.ts';
import { failParked } from './parked.ts';
import { classicGroupTombstone } from './records.ts';
import type { ClassicGroupRecord } from './records.ts';
import { CONSUMER_PROTOCOL_TYPE, subscribedTopics } from './subscription.ts';

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

const MAX_GENERATION = 0x7fffffff;

export class ClassicGroup implements Group {
  readonly groupId: string;
  readonly type = 'classic';
  readonly expires = true;
  /** Its members are served by the operations beside. */
  readonly classicMembers = null;
  /** As it was last stored: what its record says while a rebalance changes the group in memory. */
  stored: ClassicGroupRecord | null = null;
  /** Null for a group that only stores offsets. */
  protocolType: string | null = null;
  /** The assignor selected, or null. */
  protocolName: string | null = null;
  generationId = 0;
  leaderId: string | null = null;
  /** Ids that were given out and not used yet. */
  readonly pendingJoins = new Set<string>();
  /** Members of this generation that have not synced. */
  readonly pendingSyncs = new Set<string>();
  /** The first rebalance of an Empty group waits longer when another member came meanwhile. */
  newMemberAdded = false;
  /** Topics of all members, or null when unknown. */
  topics: ReadonlySet<string> | null = null;
  readonly #members = new Members();
  #state: ClassicGroupState;
  #previousState: ClassicGroupState | null = null;
  #stateTimestampMs: number;

  /** @param nowMs time the group became what it is, or -1 when unknown */
  constructor(groupId: string, nowMs: number, state: ClassicGroupState = 'Empty') {
    this.groupId = groupId;
    this.#state = state;
    this.#stateTimestampMs = nowMs;
  }

  get state(): ClassicGroupState {
    return this.#state;
  }

  get previousState(): ClassicGroupState | null {
    return this.#previousState;
  }

  /** When the group became what it is, in ms, or -1 when unknown. */
  get stateTimestampMs(): number {
    return this.#stateTimestampMs;
  }

  /** In the order they were added. */
  get members(): readonly GroupMember[] {
    return [...this.#members.values()];
  }

  get size(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.#state === 'Empty';
  }

  /** Nobody has joined it, or is about to. */
  get isUnused(): boolean {
    return this.#members.size === 0 && this.pendingJoins.size === 0 && this.#state === 'Empty';
  }

  get awaitingJoin(): number {
    return this.#members.awaitingJoin;
  }

  get isConsumerGroup(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  /** True if a rebalance can begin: it has not yet. */
  get canRebalance(): boolean {
    return this.#state !== 'PreparingRebalance';
  }

  get haveAllJoined(): boolean {
    return this.#members.size === this.#members.awaitingJoin && this.pendingJoins.size === 0;
  }

  /** The longest of the members' timeouts, in ms. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.#members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  member(memberId: string): GroupMember | undefined {
    return this.#members.get(memberId);
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#members.staticId(groupInstanceId);
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  checkOffsetCommit(env: GroupEnvironment, commit: OffsetCommit): void {
    checkCommit(env, this, commit);
  }

  /** Anybody may read them. */
  checkOffsetFetch(): void {}

  checkOffsetDelete(): void {
    if (!this.isEmpty && !this.isConsumerGroup) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  }

  isSubscribedTo(topic: string): boolean {
    return this.topics === null ? this.isConsumerGroup : this.topics.has(topic);
  }

  retentionStartMs(offset: CommittedOffset): number | null {
    return retentionStartMs(this, offset);
  }

  tombstones(): readonly ClassicGroupRecord[] {
    return [classicGroupTombstone(this.groupId)];
  }

  liveRecords(): readonly ClassicGroupRecord[] {
    return this.stored === null ? [] : [this.stored];
  }

  close(error: KafkaError): void {
    failParked(this, error.code);
  }

  transitionTo(state: ClassicGroupState, nowMs: number): void {
    this.#previousState = this.#state;
    this.#state = state;
    this.#stateTimestampMs = nowMs;
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
  validateMember(memberId: string, groupInstanceId: string | null): GroupMember {
    if (groupInstanceId !== null) {
      const current = this.#members.staticId(groupInstanceId);
      if (current === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID);
      if (current !== memberId) throw new KafkaError(ErrorCode.FENCED_INSTANCE_ID);
    }
    const member = this.#members.get(memberId);
    if (member === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID);
    return member;
  }

  /** True if a member with these protocols fits in with the others. */
  supportsProtocols(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0;
    return this.protocolType === protocolType && this.#members.supportOneOf(protocols);
  }

  /** Adds a member, with its parked JoinGroup if there is one. The first one leads. */
  add(member: GroupMember, answer: JoinAnswer | null = null): void {
    if (this.#members.size === 0) this.protocolType = member.protocolType;
    this.leaderId ??= member.memberId;
    this.#members.add(member, answer);
    this.pendingJoins.delete(member.memberId);
  }

  /** Removes a member or a pending id; if it led, the oldest of the others does now. */
  remove(memberId: string): void {
    this.#members.remove(memberId);
    if (this.leaderId === memberId) this.leaderId = this.#members.values().next().value?.memberId ?? null;
    this.pendingJoins.delete(memberId);
    this.pendingSyncs.delete(memberId);
  }

  /** Gives a static member a new id. What the old one waits for is for the caller to answer before. */
  replaceStaticMember(oldMember: GroupMember, newMemberId: string): GroupMember {
    const { groupInstanceId, clientId, clientHost, protocolType, protocols, assignment } = oldMember;
    const { rebalanceTimeoutMs, sessionTimeoutMs } = oldMember;
    const wasLeader = this.leaderId === oldMember.memberId;
    const options = { clientId, clientHost, protocolType, protocols, rebalanceTimeoutMs, sessionTimeoutMs };
    const member = new GroupMember({ ...options, memberId: newMemberId, groupInstanceId, assignment });
    this.remove(oldMember.memberId);
    this.add(member);
    if (wasLeader) this.leaderId = newMemberId;
    return member;
  }

  /** Takes over what a JoinGroup of a known member says, and parks it. */
  update(member: GroupMember, change: MemberChange, answer: JoinAnswer | null): void {
    this.#members.update(member, change, answer);
  }

  /** Answers a member's parked JoinGroup, if there is one. */
  answerJoin(member: GroupMember, response: Parameters<JoinAnswer>[0]): void {
    this.#members.answerJoin(member, response);
  }

  /** Answers a member's parked SyncGroup; false if there is none. */
  answerSync(member: GroupMember, response: Parameters<SyncAnswer>[0]): boolean {
    return this.#members.answerSync(member, response);
  }

  /** Makes sure the leader is one that has joined again; false if no member has. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.#members.get(this.leaderId);
    if (leader !== undefined && leader.awaitingJoin !== null) return true;
    const joined = this.#members.firstJoined();
    if (joined === undefined) return false;
    this.leaderId = joined.memberId;
    return true;
  }

  /** Begins the next generation with the members there are: CompletingRebalance, or Empty without any. */
  nextGeneration(nowMs: number): void {
    this.generationId = this.generationId === MAX_GENERATION ? 0 : this.generationId + 1;
    this.protocolName = this.#members.size > 0 ? this.selectProtocol() : null;
    this.computeTopics();
    this.transitionTo(this.#members.size > 0 ? 'CompletingRebalance' : 'Empty', nowMs);
    this.pendingSyncs.clear();
  }

  /** The protocol that all support and most prefer; of equals the one that Kafka comes to first. */
  selectProtocol(): string | null {
    return this.#members.selectProtocol();
  }

  /** Of the protocol selected. */
  computeTopics(): void {
    this.topics = null;
    if (!this.isConsumerGroup) return;
    if (this.#members.size === 0) this.topics = new Set();
    else if (this.protocolName !== null) {
      this.topics = subscribedTopics(this.members.map((member) => member.metadata(this.protocolName)));
    }
  }
}
