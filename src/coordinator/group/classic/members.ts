/** The members of a classic group: by id and by instance, what they support, and how many have a JoinGroup parked. */
import type { JoinAnswer, MemberProtocol, GroupMember, SyncAnswer } from './member.ts';
import { ProtocolSupport } from './protocol-support.ts';

export interface MemberChange {
  readonly protocols: readonly MemberProtocol[];
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
}

export class Members {
  readonly #byId = new Map<string, GroupMember>();
  /** Member id by group instance id. */
  readonly #staticIds = new Map<string, string>();
  readonly #support = new ProtocolSupport();
  #awaitingJoin = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** Those with a parked JoinGroup. */
  get awaitingJoin(): number {
    return this.#awaitingJoin;
  }

  /** In the order they were added. */
  values(): IterableIterator<GroupMember> {
    return this.#byId.values();
  }

  get(memberId: string): GroupMember | undefined {
    return this.#byId.get(memberId);
  }

  staticId(groupInstanceId: string): string | undefined {
    return this.#staticIds.get(groupInstanceId);
  }

  /** Adds a member, with its parked JoinGroup if there is one. */
  add(member: GroupMember, answer: JoinAnswer | null): void {
    if (member.groupInstanceId !== null) this.#staticIds.set(member.groupInstanceId, member.memberId);
    this.#byId.set(member.memberId, member);
    this.#support.count(member, 1);
    member.awaitingJoin = answer;
    if (answer !== null) this.#awaitingJoin++;
  }

  remove(memberId: string): void {
    const member = this.#byId.get(memberId);
    if (member === undefined) return;
    this.#byId.delete(memberId);
    this.#support.count(member, -1);
    if (member.awaitingJoin !== null) this.#awaitingJoin--;
    if (member.groupInstanceId !== null) this.#staticIds.delete(member.groupInstanceId);
  }

  /** Takes over what a JoinGroup of a known member says, and parks it. */
  update(member: GroupMember, change: MemberChange, answer: JoinAnswer | null): void {
    this.#support.count(member, -1);
    member.protocols = change.protocols;
    member.rebalanceTimeoutMs = change.rebalanceTimeoutMs;
    member.sessionTimeoutMs = change.sessionTimeoutMs;
    this.#support.count(member, 1);
    if (answer !== null && member.awaitingJoin === null) this.#awaitingJoin++;
    else if (answer === null && member.awaitingJoin !== null) this.#awaitingJoin--;
    member.awaitingJoin = answer;
  }

  /** Answers a member's parked JoinGroup, if there is one. */
  answerJoin(member: GroupMember, response: Parameters<JoinAnswer>[0]): void {
    const answer = member.awaitingJoin;
    if (answer === null) return;
    member.awaitingJoin = null;
    this.#awaitingJoin--;
    answer(response);
  }

  /** Answers a member's parked SyncGroup; false if there is none. */
  answerSync(member: GroupMember, response: Parameters<SyncAnswer>[0]): boolean {
    const answer = member.awaitingSync;
    if (answer === null) return false;
    member.awaitingSync = null;
    answer(response);
    return true;
  }

  /** The first that has joined again; undefined if none has. */
  firstJoined(): GroupMember | undefined {
    return this.#byId.values().find((member) => member.awaitingJoin !== null);
  }

  /** True if all support one of these. */
  supportOneOf(protocols: readonly MemberProtocol[]): boolean {
    return protocols.some(({ name }) => this.#support.has(name, this.#byId.size));
  }

  /** The protocol that all support and most prefer; of equals the one that Kafka comes to first. */
  selectProtocol(): string | null {
    return this.#support.select(this.#byId);
  }
}
