/** Transactions. */
import { setting, type Setting } from '../setting.ts';

export const TRANSACTIONS_SETTINGS: readonly Setting[] = [
  setting('add.partitions.to.txn.retry.backoff.max.ms', 'int', 100, 'See Apache Kafka.', { min: 0, inert: true }),
  setting('add.partitions.to.txn.retry.backoff.ms', 'int', 20, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('transaction.abort.timed.out.transaction.cleanup.interval.ms', 'int', 10000, 'See Apache Kafka.', {
    min: 1,
    inert: true,
  }),
  setting('transaction.max.timeout.ms', 'int', 900000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('transaction.partition.verification.enable', 'boolean', true, 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
  }),
  setting('transaction.remove.expired.transaction.cleanup.interval.ms', 'int', 3600000, 'See Apache Kafka.', {
    min: 1,
    inert: true,
  }),
  setting('transaction.state.log.load.buffer.size', 'int', 5242880, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('transaction.state.log.min.isr', 'int', 1, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('transaction.state.log.num.partitions', 'int', 50, 'See Apache Kafka.', { min: 1 }),
  setting('transaction.state.log.replication.factor', 'short', 1, 'See Apache Kafka.', { min: 1 }),
  setting('transaction.state.log.segment.bytes', 'int', 104857600, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('transaction.two.phase.commit.enable', 'boolean', false, 'See Apache Kafka.', { inert: true }),
  setting('transactional.id.expiration.ms', 'int', 604800000, 'See Apache Kafka.', { min: 1, inert: true }),
];
