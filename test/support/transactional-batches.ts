/** Transactional batches and markers for tests of partitions. */
import type { Slice } from '../../src/base/counted.ts';
import type { AppendResult, EndTransactionMarker, PartitionLog } from '../../src/partition/types.ts';
import { CLIENT, batch } from './partitions.ts';

export interface TransactionalBatch {
  readonly id?: bigint;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly count?: number;
  readonly timestampMs?: number;
}

export function transactional(options: TransactionalBatch = {}): Slice {
  const { id = 7n, epoch = 0, sequence = 0, count = 1, timestampMs } = options;
  const header = { producerId: id, producerEpoch: epoch, baseSequence: sequence, isTransactional: true };
  return batch(count, header, timestampMs);
}

/** A client's batch, verified where that is asked for. */
export async function write(log: PartitionLog, options: TransactionalBatch = {}): Promise<AppendResult> {
  await log.ready();
  const { id = 7n, epoch = 0, sequence = 0 } = options;
  const unverified = { producerId: id, producerEpoch: epoch, baseSequence: sequence, supportsEpochBump: false };
  return log.append(transactional(options), { ...CLIENT, verification: log.startVerification(unverified) });
}

export function marker(values: Partial<EndTransactionMarker> = {}): EndTransactionMarker {
  const defaults = { producerId: 7n, producerEpoch: 0, coordinatorEpoch: 0, outcome: 'commit', transactionVersion: 1 };
  return { ...(defaults as EndTransactionMarker), ...values };
}

export function abort(log: PartitionLog, id: bigint, epoch = 0): AppendResult {
  return log.appendMarker(marker({ producerId: id, producerEpoch: epoch, outcome: 'abort' }));
}

export function commit(log: PartitionLog, id: bigint, epoch = 0): AppendResult {
  return log.appendMarker(marker({ producerId: id, producerEpoch: epoch }));
}
