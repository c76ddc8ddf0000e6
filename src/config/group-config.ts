/**
 * A group's settings in force: its own, else those that the broker has for all groups. The table of names, types and
 * defaults is in group-settings.ts.
 */
import type { BrokerConfig } from './broker-config.ts';
import { GROUP_SETTINGS, groupBoundsOf, groupBrokerNameOf } from './group-settings.ts';
import { parseIsoDuration } from './iso-duration.ts';
import { splitList } from './value.ts';

/** Where a share group starts without a stored position; by duration, that long before now. */
export type AutoOffsetReset = 'latest' | 'earliest' | { readonly durationMs: number };

const BY_DURATION = 'by_duration:';

/** Looked up once: a heartbeat asks for a few settings each time. */
const BOUNDS = new Map([...GROUP_SETTINGS.keys()].map((name) => [name, groupBoundsOf(name)]));
const BROKER_NAMES = new Map([...GROUP_SETTINGS.keys()].map((name) => [name, groupBrokerNameOf(name)]));

export class GroupConfig {
  readonly #config: BrokerConfig;
  readonly #own: ReadonlyMap<string, string>;

  /** @param own what the group has of its own, valid when it was set */
  constructor(config: BrokerConfig, own: ReadonlyMap<string, string>) {
    this.#config = config;
    this.#own = own;
  }

  get consumerSessionTimeoutMs(): number {
    return this.#number('consumer.session.timeout.ms');
  }

  get consumerHeartbeatIntervalMs(): number {
    return this.#number('consumer.heartbeat.interval.ms');
  }

  get consumerAssignmentIntervalMs(): number {
    return this.#number('consumer.assignment.interval.ms');
  }

  get shareSessionTimeoutMs(): number {
    return this.#number('share.session.timeout.ms');
  }

  get shareHeartbeatIntervalMs(): number {
    return this.#number('share.heartbeat.interval.ms');
  }

  get shareAssignmentIntervalMs(): number {
    return this.#number('share.assignment.interval.ms');
  }

  get shareRecordLockDurationMs(): number {
    return this.#number('share.record.lock.duration.ms');
  }

  get shareDeliveryCountLimit(): number {
    return this.#number('share.delivery.count.limit');
  }

  get sharePartitionMaxRecordLocks(): number {
    return this.#number('share.partition.max.record.locks');
  }

  get shareAutoOffsetReset(): AutoOffsetReset {
    const text = this.#text('share.auto.offset.reset');
    if (text.startsWith(BY_DURATION)) return { durationMs: parseIsoDuration(text.slice(BY_DURATION.length)) ?? 0 };
    return text === 'earliest' ? 'earliest' : 'latest';
  }

  get shareIsolationLevel(): 'read_committed' | 'read_uncommitted' {
    return this.#text('share.isolation.level') === 'read_committed' ? 'read_committed' : 'read_uncommitted';
  }

  get shareRenewAcknowledgeEnable(): boolean {
    return this.#text('share.renew.acknowledge.enable') === 'true';
  }

  get streamsSessionTimeoutMs(): number {
    return this.#number('streams.session.timeout.ms');
  }

  get streamsHeartbeatIntervalMs(): number {
    return this.#number('streams.heartbeat.interval.ms');
  }

  get streamsAssignmentIntervalMs(): number {
    return this.#number('streams.assignment.interval.ms');
  }

  get streamsInitialRebalanceDelayMs(): number {
    return this.#number('streams.initial.rebalance.delay.ms');
  }

  get streamsNumStandbyReplicas(): number {
    return this.#number('streams.num.standby.replicas');
  }

  get streamsAcceptableRecoveryLag(): number {
    return this.#number('streams.acceptable.recovery.lag');
  }

  get streamsTaskOffsetIntervalMs(): number {
    return this.#number('streams.task.offset.interval.ms');
  }

  get streamsRackAwareAssignmentTags(): readonly string[] {
    return splitList(this.#text('streams.rack.aware.assignment.tags'));
  }

  /** '': records that cannot be processed go nowhere. */
  get deadLetterTopicName(): string {
    return this.#text('errors.deadletterqueue.topic.name');
  }

  get deadLetterCopyRecordEnable(): boolean {
    return this.#text('errors.deadletterqueue.copy.record.enable') === 'true';
  }

  #text(name: string): string {
    const brokerName = BROKER_NAMES.get(name) ?? null;
    const inherited = brokerName === null ? GROUP_SETTINGS.get(name)?.defaultValue : this.#config.text(brokerName);
    return this.#own.get(name) ?? inherited ?? '';
  }

  /** A value of the group's own that lies outside of the broker's bounds, since those changed, counts as the bound. */
  #number(name: string): number {
    const own = this.#own.get(name);
    if (own === undefined) {
      const brokerName = BROKER_NAMES.get(name) ?? null;
      return brokerName === null ? Number(this.#text(name)) : this.#config.int(brokerName);
    }
    const { min = null, max = null } = BOUNDS.get(name) ?? {};
    const atLeast = min === null ? Number(own) : Math.max(Number(own), this.#config.int(min));
    return max === null ? atLeast : Math.min(atLeast, this.#config.int(max));
  }
}
