/** The abort of an open transaction whose producer is gone or took too long: it is fenced with the next epoch. */
import { producerIdAfter, type TransactionEnvironment } from './environment.ts';
import { fenced, type TransactionMetadata } from './metadata.ts';
import { transactionRecord, type TransactionRecord } from './records.ts';

/** The record that decides the abort. @throws NoProducerIdError */
export function abortFenced(env: TransactionEnvironment, metadata: TransactionMetadata): TransactionRecord {
  const version = env.transactionVersion() >= 2 ? 2 : 0;
  const nextProducerId = producerIdAfter(env, metadata, version);
  return transactionRecord(fenced(metadata, version, nextProducerId, env.clock.now()));
}
