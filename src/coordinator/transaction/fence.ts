/** The abort of an open transaction whose producer is gone or took too long: it is fenced with the next epoch. */
import type { TransactionEnvironment } from './environment.ts';
import { fenced, type TransactionMetadata } from './metadata.ts';
import { transactionRecord, type TransactionRecord } from './records.ts';

/** The record that decides the abort. */
export function abortFenced(env: TransactionEnvironment, metadata: TransactionMetadata): TransactionRecord {
  const version = env.transactionVersion() >= 2 ? 2 : 0;
  return transactionRecord(fenced(metadata, version, env.clock.now()));
}
