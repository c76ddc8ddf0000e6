/** Client instances that ask for subscriptions and push: when each last did, and what is wanted of it. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { Wanted } from './subscriptions.ts';

/** Instances at most, as in Kafka; then the one that was heard of longest ago goes. */
const MAX_INSTANCES = 16_384;
/** An instance is forgotten after so many intervals without a word, and not before so many ms. */
const INTERVALS_KEPT = 3;
const LEAST_KEPT_MS = 60_000;
/** How often it is looked for those. */
const EXPIRY_CHECK_MS = 10_000;

const NEVER = Number.NEGATIVE_INFINITY;

/** Errors after which a client has to ask again. */
const ASKS_AGAIN: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_SUBSCRIPTION_ID,
  ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
]);

export interface InstanceFields {
  /** 22-character URL-safe base64. */
  readonly instanceId: string;
  /** The beginning of its client id. */
  readonly clientId: string;
  /** Of the subscriptions when this was made. */
  readonly version: number;
  readonly wanted: Wanted;
  readonly subscriptionId: number;
}

export class Instance {
  readonly instanceId: string;
  readonly clientId: string;
  readonly version: number;
  readonly wanted: Wanted;
  readonly subscriptionId: number;
  /** Its last push said that it would be the last. */
  isTerminating = false;
  /** How its last request ended. */
  error: number = ErrorCode.NONE;
  /** Clock.monotonicMs of its last request. */
  heardMs: number;
  #askedMs = NEVER;
  #pushedMs = NEVER;

  constructor(fields: InstanceFields, nowMs: number) {
    this.instanceId = fields.instanceId;
    this.clientId = fields.clientId;
    this.version = fields.version;
    this.wanted = fields.wanted;
    this.subscriptionId = fields.subscriptionId;
    this.heardMs = nowMs;
  }

  /** Whether it may ask now; then that counts. */
  mayAsk(nowMs: number): boolean {
    if (nowMs - Math.max(this.#askedMs, this.#pushedMs) >= this.wanted.intervalMs) {
      this.#askedMs = nowMs;
      return true;
    }
    return ASKS_AGAIN.has(this.error);
  }

  /** Whether it may push now; then that counts. */
  mayPush(nowMs: number): boolean {
    const isDue = nowMs - this.#pushedMs >= this.wanted.intervalMs;
    if (!isDue && this.#askedMs <= this.#pushedMs) return false;
    this.#pushedMs = nowMs;
    return true;
  }
}

export class ClientInstances {
  readonly #clock: Clock;
  readonly #forgotten: (instanceId: string) => void;
  /** In the order in which they were last heard of. */
  readonly #instances = new Map<string, Instance>();
  #checkedMs: number;

  constructor(clock: Clock, forgotten: (instanceId: string) => void) {
    this.#clock = clock;
    this.#forgotten = forgotten;
    this.#checkedMs = clock.monotonicMs();
  }

  get count(): number {
    return this.#instances.size;
  }

  /** Whether it is known, whatever its subscriptions. */
  has(instanceId: string): boolean {
    return this.#instances.has(instanceId);
  }

  /** The instance, which is heard of now; undefined also for one of other subscriptions. */
  get(instanceId: string, version: number): Instance | undefined {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined || instance.version !== version) return undefined;
    instance.heardMs = this.#clock.monotonicMs();
    this.#instances.delete(instanceId);
    this.#instances.set(instanceId, instance);
    return instance;
  }

  /** A new one, or one that begins anew. */
  add(fields: InstanceFields): Instance {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#checkedMs >= EXPIRY_CHECK_MS) this.expire();
    const instance = new Instance(fields, nowMs);
    this.#instances.delete(instance.instanceId);
    this.#instances.set(instance.instanceId, instance);
    const [oldest] = this.#instances.keys();
    if (this.#instances.size > MAX_INSTANCES && oldest !== undefined) this.#forget(oldest);
    return instance;
  }

  /** Forgets whom nothing was heard of for long. */
  expire(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#checkedMs = nowMs;
    for (const [instanceId, { heardMs, wanted }] of this.#instances) {
      const keptMs = Math.max(LEAST_KEPT_MS, INTERVALS_KEPT * wanted.intervalMs);
      if (nowMs - heardMs > keptMs) this.#forget(instanceId);
    }
  }

  #forget(instanceId: string): void {
    this.#instances.delete(instanceId);
    this.#forgotten(instanceId);
  }
}
