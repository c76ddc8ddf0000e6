/**
 * Fetch sessions (KIP-227): a client names its partitions once and afterwards only what changes.
 *
 * A session has a slot in a cache of fixed size. A new session takes the slot of one that has not been used for the
 * eviction time, else of a smaller one that has existed for that long; when there is none, the client is served without
 * a session. The partitions of all sessions together are bounded as well.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { FetchRequest } from '../../../protocol/generated/fetch-request.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { FetchTarget, targetKey, targetsOf, updateTargets } from './target.ts';

/** Session id of a request or response without a session. */
export const NO_SESSION = 0;
/** Session epoch that asks for a new session. */
const INITIAL_EPOCH = 0;
/** Session epoch that asks for no session, and closes the one it names. */
const FINAL_EPOCH = -1;
const MAX_INT32 = 0x7fffffff;
/** Partitions of all sessions together, if the limits do not say: a partition takes half a kilobyte. */
const MAX_PARTITIONS = 1_000_000;

/** Kafka's max.incremental.fetch.session.cache.slots and min.incremental.fetch.session.eviction.ms. */
export interface SessionLimits {
  readonly slots: number;
  readonly evictionMs: number;
  readonly maxPartitions?: number;
}

class FetchSession {
  readonly id: number;
  readonly byId: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  /** Epoch that the next request must carry. */
  epoch = 1;
  /** Turned by one with each fetch, so that no partition is always first. */
  rotation = 0;
  readonly targets = new Map<string, FetchTarget>();

  constructor(id: number, byId: boolean, nowMs: number) {
    this.id = id;
    this.byId = byId;
    this.createdMs = nowMs;
    this.lastUsedMs = nowMs;
  }

  update(request: FetchRequest): void {
    updateTargets(request, (topic, topicId, partition) => {
      const key = targetKey(topic, topicId, partition, this.byId);
      let target = this.targets.get(key);
      if (target === undefined) {
        target = new FetchTarget(topic, topicId, partition);
        this.targets.set(key, target);
      }
      return target;
    });
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) this.targets.delete(targetKey(topic, topicId, partition, this.byId));
    }
  }
}

/** What a request asks for, after its session was looked up. */
export interface FetchPlan {
  readonly targets: readonly FetchTarget[];
  /** The session whose state the answer continues: only changes are sent; null for a full answer. */
  readonly session: FetchSession | null;
  /** A session is to be made from this full request. */
  readonly wantsSession: boolean;
}

export class FetchSessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: SessionLimits;
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();
  /** Of all sessions. */
  #partitionCount = 0;

  constructor(clock: Clock, random: Random, limits: SessionLimits) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The partitions of a session; none where it is not there. */
  targets(sessionId: number): readonly FetchTarget[] {
    return [...(this.#sessions.get(sessionId)?.targets.values() ?? [])];
  }

  /**
   * What the request asks for, with its session brought up to date.
   * @throws KafkaError FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR
   */
  plan(request: FetchRequest, byId: boolean): FetchPlan {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#remove(sessionId);
      return { targets: targetsOf(request), session: null, wantsSession: sessionEpoch === INITIAL_EPOCH };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new KafkaError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    if (session.epoch !== sessionEpoch) throw new KafkaError(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    if (session.byId !== byId) throw new KafkaError(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
    this.#remove(sessionId);
    session.update(request);
    // The client begins anew, with a full request.
    if (!this.#hasRoomFor(session.targets.size)) throw new KafkaError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    if (session.targets.size === 0) return { targets: targetsOf(request), session: null, wantsSession: false };
    this.#add(session);
    session.lastUsedMs = this.#clock.monotonicMs();
    session.epoch = session.epoch === MAX_INT32 ? 1 : session.epoch + 1;
    session.rotation += 1;
    return { targets: [...session.targets.values()], session, wantsSession: false };
  }

  /** Makes a session of a full request's partitions; gives its id, or NO_SESSION when there is no slot. */
  create(targets: readonly FetchTarget[], byId: boolean): number {
    const nowMs = this.#clock.monotonicMs();
    if (targets.length === 0 || !this.#makeRoom(targets.length, nowMs)) return NO_SESSION;
    let id: number;
    do {
      id = 1 + this.#random.int(MAX_INT32 - 1);
    } while (this.#sessions.has(id));
    const session = new FetchSession(id, byId, nowMs);
    for (const target of targets) {
      session.targets.set(targetKey(target.topic, target.topicId, target.partition, byId), target);
    }
    this.#add(session);
    return id;
  }

  #add(session: FetchSession): void {
    this.#sessions.set(session.id, session);
    this.#partitionCount += session.targets.size;
  }

  #remove(id: number): void {
    this.#partitionCount -= this.#sessions.get(id)?.targets.size ?? 0;
    this.#sessions.delete(id);
  }

  #hasRoomFor(partitionCount: number): boolean {
    return this.#partitionCount + partitionCount <= (this.#limits.maxPartitions ?? MAX_PARTITIONS);
  }

  #makeRoom(size: number, nowMs: number): boolean {
    const { slots, evictionMs } = this.#limits;
    for (const session of this.#sessions.values()) {
      if (this.#hasRoomFor(size) || nowMs - session.lastUsedMs <= evictionMs) break;
      this.#remove(session.id);
    }
    if (!this.#hasRoomFor(size)) return false;
    if (this.#sessions.size < slots) return true;
    let victim: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (nowMs - session.lastUsedMs > evictionMs) {
        victim = session;
        break;
      }
      if (nowMs - session.createdMs <= evictionMs || session.targets.size >= size) continue;
      if (victim === undefined || session.targets.size < victim.targets.size) victim = session;
    }
    if (victim === undefined) return false;
    this.#remove(victim.id);
    return true;
  }
}
