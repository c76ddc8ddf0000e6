/** Transactions. */
import { CLUSTER_WIDE, INERT, setting, type Setting } from '../setting.ts';

export const TRANSACTIONS_SETTINGS: readonly Setting[] = [
  setting(
    'add.partitions.to.txn.retry.backoff.max.ms',
    'int',
    100,
    'Longest wait in ms of a Produce request for the end of the transaction before its own.',
    { min: 0 },
  ),
  setting(
    'add.partitions.to.txn.retry.backoff.ms',
    'int',
    20,
    'First wait in ms before a partition is added to a transaction again.',
    { min: 1, inert: true },
  ),
  setting(
    'transaction.abort.timed.out.transaction.cleanup.interval.ms',
    'int',
    10000,
    'Time in ms between two looks for transactions that took too long.',
    { min: 1 },
  ),
  setting('transaction.max.timeout.ms', 'int', 900000, 'Longest time in ms that a transaction may ask for.', {
    min: 1,
  }),
  setting(
    'transaction.partition.verification.enable',
    'boolean',
    true,
    'Checks that a partition is part of the transaction that writes to it.',
    CLUSTER_WIDE,
  ),
  setting(
    'transaction.remove.expired.transaction.cleanup.interval.ms',
    'int',
    3600000,
    'Time in ms between two looks for transactional ids to forget.',
    { min: 1 },
  ),
  setting(
    'transaction.state.log.load.buffer.size',
    'int',
    5242880,
    'Bytes that the transaction coordinator loads at once.',
    { min: 1, inert: true },
  ),
  setting('transaction.state.log.min.isr', 'int', 1, 'Replicas of __transaction_state that must have a write.', {
    min: 1,
  }),
  setting('transaction.state.log.num.partitions', 'int', 50, 'Partitions of __transaction_state.', { min: 1 }),
  setting(
    'transaction.state.log.replication.factor',
    'short',
    1,
    'Replicas of __transaction_state; only 1 can be served, which is the default here.',
    { min: 1 },
  ),
  setting('transaction.state.log.segment.bytes', 'int', 104857600, 'Segment size of __transaction_state, in bytes.', {
    min: 1,
  }),
  setting(
    'transaction.two.phase.commit.enable',
    'boolean',
    false,
    'Permits transactions that somebody else coordinates.',
    INERT,
  ),
  setting(
    'transactional.id.expiration.ms',
    'int',
    604800000,
    'Silence in ms after which a transactional id is forgotten.',
    { min: 1 },
  ),
];
