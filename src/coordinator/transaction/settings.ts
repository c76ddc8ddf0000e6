/** The broker's settings that transactions go by, read anew each time: some are dynamic. */
import type { BrokerConfig } from '../../config/broker-config.ts';

export interface TransactionSettings {
  readonly maxTimeoutMs: number;
  /** Between two looks for transactions that took too long. */
  readonly abortIntervalMs: number;
  /** Silence after which a transactional id is forgotten. */
  readonly idExpirationMs: number;
  /** Between two looks for ids to forget. */
  readonly idExpirationIntervalMs: number;
  /** How long a Produce request waits at most for the end of the transaction before. */
  readonly addRetryMs: number;
  /** Whether a client that adds partitions by itself is checked to have done so before it writes. */
  readonly verifiesPartitions: boolean;
}

/** Settings by Kafka's names. */
export function transactionSettings(config: BrokerConfig): TransactionSettings {
  return {
    get maxTimeoutMs() {
      return config.int('transaction.max.timeout.ms');
    },
    get abortIntervalMs() {
      return config.int('transaction.abort.timed.out.transaction.cleanup.interval.ms');
    },
    get idExpirationMs() {
      return config.int('transactional.id.expiration.ms');
    },
    get idExpirationIntervalMs() {
      return config.int('transaction.remove.expired.transaction.cleanup.interval.ms');
    },
    get addRetryMs() {
      return config.int('add.partitions.to.txn.retry.backoff.max.ms');
    },
    get verifiesPartitions() {
      return config.bool('transaction.partition.verification.enable');
    },
  };
}
