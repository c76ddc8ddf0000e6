/** The broker's settings that groups go by, read anew each time: some are dynamic. */
import type { BrokerConfig } from '../../config/broker-config.ts';

export interface GroupSettings {
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** How long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  /** Members at most. */
  readonly maxSize: number;
  /** Longest metadata of a committed offset, in characters. */
  readonly offsetMetadataMaxBytes: number;
  /** How long a request waits at most for what it changed to be stored. */
  readonly commitTimeoutMs: number;
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
}

const MS_PER_MINUTE = 60_000;

/** Settings by Kafka's names. */
export function groupSettings(config: BrokerConfig): GroupSettings {
  return {
    get minSessionTimeoutMs() {
      return config.int('group.min.session.timeout.ms');
    },
    get maxSessionTimeoutMs() {
      return config.int('group.max.session.timeout.ms');
    },
    get initialRebalanceDelayMs() {
      return config.int('group.initial.rebalance.delay.ms');
    },
    get maxSize() {
      return config.int('group.max.size');
    },
    get offsetMetadataMaxBytes() {
      return config.int('offset.metadata.max.bytes');
    },
    get commitTimeoutMs() {
      return config.int('offsets.commit.timeout.ms');
    },
    get offsetsRetentionMs() {
      return config.int('offsets.retention.minutes') * MS_PER_MINUTE;
    },
    get offsetsRetentionCheckIntervalMs() {
      return config.int('offsets.retention.check.interval.ms');
    },
  };
}
