/**
 * Appends what operations of a state machine come to: records become batches, each goes to the log first and is applied to
 * the state second, so that a refused append leaves the state untouched.
 */
import type { Clock } from '../base/clock.ts';
import { plainSlice } from '../base/counted.ts';
import type { PartitionLog } from '../partition/types.ts';
import type { TransactionVerification } from '../partition/verification.ts';
import type { KafkaError } from '../../protocol/errors.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { coordinatorError } from './errors.ts';
import { firstOffsetHeaders } from './first-offset.ts';
import type { InFlightAppends } from './in-flight.ts';
import type { Settle } from './settled-within.ts';
import { type Encoded, splitBatches } from './split-batches.ts';
import type { LiveRecords, RecordCodec, RecordPosition, TransactionalProducer, Undo } from './types.ts';

/** The newest Produce version: its rules are those of the broker's own appends. */
const PRODUCE_VERSION = 13;

/** How records are appended. */
export interface Batching<T> {
  /** In whose transaction, or null. */
  readonly producer: TransactionalProducer | null;
  /** For a transaction that is not open in the log yet; null: the operation knows that it goes on. */
  readonly verification?: TransactionVerification | null;
  /** Where the records stood first, if that matters. */
  readonly offsets?: readonly number[] | undefined;
  readonly isSplit: boolean;
  /** What an appended record does to the state; gives what takes it back. */
  readonly apply: (record: T, position: RecordPosition) => Undo;
}

export class ShardAppends<T> {
  readonly #log: PartitionLog;
  readonly #clock: Clock;
  readonly #inFlight: InFlightAppends;
  readonly #codec: RecordCodec<T>;

  constructor(log: PartitionLog, clock: Clock, inFlight: InFlightAppends, codec: RecordCodec<T>) {
    this.#log = log;
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#codec = codec;
  }

  /** Settles when the records, and all before them, are committed; with an error when one is not. */
  append(records: readonly T[], settle: Settle, batching: Batching<T>): void {
    if (records.length === 0) {
      this.#inFlight.wait(settle);
      return;
    }
    let encoded: readonly Encoded<T>[];
    try {
      encoded = records.map((record, index) => {
        const headers = firstOffsetHeaders(batching.offsets?.[index]);
        return { record, headers, ...this.#codec.encode(record) };
      });
    } catch (cause) {
      settle(coordinatorError(cause));
      return;
    }
    const batches = batching.isSplit ? splitBatches(encoded) : [encoded];
    const batchSettled = settledOnce(batches.length, settle);
    for (const batch of batches) this.#appendBatch(batch, batchSettled, batching);
  }

  /** As `append`, for the live records of all that is in the state. */
  appendLive(live: readonly LiveRecords<T>[], settle: Settle, apply: (record: T) => Undo): void {
    const allSettled = settledOnce(live.length + 1, settle);
    for (const { records, producer, offsets } of live) {
      this.append(records, allSettled, { producer, offsets, isSplit: true, apply });
    }
    this.#inFlight.wait(allSettled);
  }

  #appendBatch(records: readonly Encoded<T>[], settle: Settle, batching: Batching<T>): void {
    const { producer, verification = null, apply } = batching;
    const timestampMs = this.#clock.now();
    let baseOffset: number;
    let endOffset: number;
    try {
      const inTransaction = producer === null ? {} : { ...producer, baseSequence: 0, isTransactional: true };
      const batch = buildBatch(
        records.map(({ key, value, headers }) => ({ key, value, headers, timestampMs })),
        inTransaction,
      );
      const options = { origin: 'coordinator', produceVersion: PRODUCE_VERSION, verification } as const;
      ({ baseOffset, endOffset } = this.#log.append(plainSlice(batch), options));
    } catch (cause) {
      settle(coordinatorError(cause));
      return;
    }
    const undos = records.map(({ record }, index) => apply(record, { offset: baseOffset + index, producer }));
    this.#inFlight.add(endOffset, undos, settle);
  }
}

/** Settles when `count` others have, with the first of their errors. */
function settledOnce(count: number, settle: Settle): Settle {
  let left = count;
  let failure: KafkaError | null = null;
  return (error) => {
    failure ??= error;
    if (--left === 0) settle(failure);
  };
}
