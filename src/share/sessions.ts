/**
 * Share sessions: what a member fetches, named once and afterwards only changed, and how far it is in its requests. A
 * session belongs to the connection that opened it, and goes with it.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';

/** Session epoch that opens a session. */
export const INITIAL_EPOCH = 0;
/** Session epoch that closes it. */
export const FINAL_EPOCH = -1;
const MAX_INT32 = 0x7fffffff;
/** Partitions of all sessions together, those that do not exist too. Kafka has no such limit. */
const MAX_PARTITIONS = 1_000_000;

/** A partition by its topic's id. */
export interface TopicIdPartition {
  readonly topicId: string;
  readonly partition: number;
}

/** A partition that a member fetches. */
export interface SessionPartition extends TopicIdPartition {
  /** It is answered although there is nothing to say: it is new here, or had an error the last time. */
  mustAnswer: boolean;
}

export class ShareSession {
  readonly groupId: string;
  readonly memberId: string;
  readonly connectionId: number;
  /** Epoch that the next request must carry. */
  epoch = 1;
  readonly #partitions = new Map<string, SessionPartition>();

  constructor(groupId: string, memberId: string, connectionId: number, partitions: readonly TopicIdPartition[]) {
    this.groupId = groupId;
    this.memberId = memberId;
    this.connectionId = connectionId;
    this.#add(partitions, false);
  }

  /** Number of partitions. */
  get size(): number {
    return this.#partitions.size;
  }

  /** In the order of the next fetch: those that gave records last come last. */
  get partitions(): readonly SessionPartition[] {
    return [...this.#partitions.values()];
  }

  update(added: readonly TopicIdPartition[], forgotten: readonly TopicIdPartition[]): void {
    this.#add(added, true);
    for (const partition of forgotten) this.#partitions.delete(nameOf(partition));
  }

  #add(partitions: readonly TopicIdPartition[], mustAnswer: boolean): void {
    for (const partition of partitions) {
      const name = nameOf(partition);
      if (!this.#partitions.has(name)) this.#partitions.set(name, { ...partition, mustAnswer });
    }
  }

  /** Notes what a partition is answered with; true if it has to be, in an answer that tells only news. */
  answers(partition: TopicIdPartition, news: { readonly hasRecords: boolean; readonly hasError: boolean }): boolean {
    const name = nameOf(partition);
    const known = this.#partitions.get(name);
    if (known === undefined) return news.hasRecords || news.hasError;
    const isAnswered = news.hasRecords || news.hasError || known.mustAnswer;
    known.mustAnswer = news.hasError;
    if (news.hasRecords) {
      this.#partitions.delete(name);
      this.#partitions.set(name, known);
    }
    return isAnswered;
  }
}

export class ShareSessions {
  readonly #limit: () => number;
  readonly #maxPartitions: number;
  readonly #groups = new Map<string, Map<string, ShareSession>>();
  #size = 0;
  #partitionCount = 0;

  /** @param limit sessions at once, at most */
  constructor(limit: () => number, maxPartitions = MAX_PARTITIONS) {
    this.#limit = limit;
    this.#maxPartitions = maxPartitions;
  }

  get size(): number {
    return this.#size;
  }

  find(groupId: string, memberId: string): ShareSession | undefined {
    return this.#groups.get(groupId)?.get(memberId);
  }

  ofGroup(groupId: string): readonly ShareSession[] {
    return [...(this.#groups.get(groupId)?.values() ?? [])];
  }

  /** Opens a session in the place of the member's old one, if any. @throws KafkaError SHARE_SESSION_LIMIT_REACHED */
  open(groupId: string, memberId: string, connectionId: number, partitions: readonly TopicIdPartition[]): ShareSession {
    this.close(groupId, memberId);
    if (this.#size >= this.#limit()) throw new KafkaError(ErrorCode.SHARE_SESSION_LIMIT_REACHED);
    this.#checkRoom(partitions);
    const session = new ShareSession(groupId, memberId, connectionId, partitions);
    let group = this.#groups.get(groupId);
    if (group === undefined) this.#groups.set(groupId, (group = new Map()));
    group.set(memberId, session);
    this.#size += 1;
    this.#partitionCount += session.size;
    return session;
  }

  /** Changes what an open session fetches. @throws KafkaError SHARE_SESSION_LIMIT_REACHED */
  update(session: ShareSession, added: readonly TopicIdPartition[], forgotten: readonly TopicIdPartition[]): void {
    this.#checkRoom(added);
    const { size } = session;
    session.update(added, forgotten);
    this.#partitionCount += session.size - size;
  }

  #checkRoom(added: readonly TopicIdPartition[]): void {
    if (this.#partitionCount + added.length <= this.#maxPartitions) return;
    throw new KafkaError(ErrorCode.SHARE_SESSION_LIMIT_REACHED);
  }

  /**
   * The session, for a request with its epoch; the next one has to carry the next.
   * @throws KafkaError SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH
   */
  advance(groupId: string, memberId: string, epoch: number): ShareSession {
    const session = this.existing(groupId, memberId);
    if (session.epoch !== epoch) throw new KafkaError(ErrorCode.INVALID_SHARE_SESSION_EPOCH);
    session.epoch = epoch === MAX_INT32 ? 1 : epoch + 1;
    return session;
  }

  /** @throws KafkaError SHARE_SESSION_NOT_FOUND */
  existing(groupId: string, memberId: string): ShareSession {
    const session = this.find(groupId, memberId);
    if (session === undefined) throw new KafkaError(ErrorCode.SHARE_SESSION_NOT_FOUND);
    return session;
  }

  /** Forgets a session; gives it if there was one. */
  close(groupId: string, memberId: string): ShareSession | undefined {
    const group = this.#groups.get(groupId);
    const session = group?.get(memberId);
    if (group === undefined || session === undefined) return undefined;
    group.delete(memberId);
    if (group.size === 0) this.#groups.delete(groupId);
    this.#size -= 1;
    this.#partitionCount -= session.size;
    return session;
  }

  closeAll(): void {
    this.#groups.clear();
    this.#size = 0;
    this.#partitionCount = 0;
  }
}

function nameOf({ topicId, partition }: TopicIdPartition): string {
  return `${topicId}:${partition}`;
}
