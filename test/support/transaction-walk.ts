/** Producers that do what producers and their coordinator may do to one partition, and what they must not do. */
import assert from 'node:assert/strict';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { BATCHES_PER_PRODUCER } from '../../src/partition/producer-entry.ts';
import type { Random } from '../../src/base/random.ts';
import type { AppendResult, PartitionLog } from '../../src/partition/types.ts';
import { CLIENT, NOW } from './partitions.ts';
import { type Appended, TransactionModel } from './transaction-model.ts';

const PRODUCERS = 4;

interface Batch {
  readonly id: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly isTransactional: boolean;
  readonly values: readonly string[];
}

export class TransactionWalk {
  readonly model = new TransactionModel();
  readonly #random: Random;
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** One thing that a producer, its coordinator, or a zombie of either does. `log` must be ready. */
  step(log: PartitionLog): void {
    const id = BigInt(1 + this.#random.int(PRODUCERS));
    const isOpen = this.model.transactions().open.has(id);
    const choice = this.#random.int(100);
    const isBusy = this.model.batchesOf(id, log.highWatermark) >= BATCHES_PER_PRODUCER;
    if (choice < 50 && isBusy) return;
    if (choice < 50) this.#write(log, this.#next(id, isOpen || this.#random.int(4) > 0));
    else if (choice < 60) this.#resend(log, id);
    else if (choice < 80) this.#end(log, id, isOpen || this.#random.int(8) === 0);
    else this.#misbehave(log, id, isOpen);
    const { open } = this.model.transactions();
    assert.equal(log.hasOpenTransaction(id, this.#epochOf(id)), open.has(id));
    const known = log.activeProducers().find(({ producerId }) => producerId === id);
    assert.equal(known?.transactionStart ?? -1, open.get(id) ?? -1);
  }

  #epochOf(id: bigint): number {
    return this.model.lastOf(id)?.epoch ?? 0;
  }

  #sequenceOf(id: bigint): number {
    const last = this.model.lastDataOf(id);
    return last === undefined || last.epoch !== this.#epochOf(id) ? 0 : last.sequence + last.values.length;
  }

  #next(id: bigint, isTransactional: boolean): Batch {
    const values = Array.from({ length: 1 + this.#random.int(3) }, () => `${id}:${this.#made++}`);
    return { id, epoch: this.#epochOf(id), sequence: this.#sequenceOf(id), isTransactional, values };
  }

  #append(log: PartitionLog, { id, epoch, sequence, isTransactional, values }: Batch, isVerified = true): AppendResult {
    const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: NOW }));
    const header = { producerId: id, producerEpoch: epoch, baseSequence: sequence, isTransactional };
    const unverified = { producerId: id, producerEpoch: epoch, baseSequence: sequence, supportsEpochBump: false };
    const verification = isTransactional && isVerified ? log.startVerification(unverified) : null;
    return log.append(plainSlice(buildBatch(records, header)), { ...CLIENT, verification });
  }

  #write(log: PartitionLog, batch: Batch): void {
    const { baseOffset, endOffset, duplicate } = this.#append(log, batch);
    assert.equal(duplicate, false);
    const { id, epoch, sequence, isTransactional, values } = batch;
    const kind = isTransactional ? 'transactional' : 'plain';
    this.model.add({ offset: baseOffset, endOffset, id, epoch, kind, sequence, values });
  }

  /** The answer to the last batch was lost on its way. */
  #resend(log: PartitionLog, id: bigint): void {
    const last = this.model.lastDataOf(id);
    const known = log.activeProducers().find(({ producerId }) => producerId === id);
    // After a failure the batches before those that were lost may be forgotten; but then nobody waits for them any more.
    if (last === undefined || known?.lastSequence !== last.sequence + last.values.length - 1) return;
    const batch = { ...last, isTransactional: last.kind === 'transactional' };
    const { duplicate, baseOffset } = this.#append(log, batch, false);
    assert.deepEqual([duplicate, baseOffset], [true, last.offset]);
  }

  #end(log: PartitionLog, id: bigint, mayEnd: boolean): void {
    if (!mayEnd) return;
    const transactionVersion = this.#random.int(2) === 0 ? 2 : 1;
    const epoch = this.#epochOf(id) + (transactionVersion === 2 ? 1 : this.#random.int(2));
    const outcome = this.#random.int(2) === 0 ? 'abort' : 'commit';
    const marker = { producerId: id, producerEpoch: epoch, coordinatorEpoch: 0, outcome, transactionVersion } as const;
    const { baseOffset, endOffset } = log.appendMarker(marker);
    const ended: Appended = { offset: baseOffset, endOffset, id, epoch, kind: outcome, sequence: -1, values: [] };
    this.model.add(ended);
  }

  /** What must be refused, and change nothing. */
  #misbehave(log: PartitionLog, id: bigint, isOpen: boolean): void {
    const good = this.#next(id, true);
    // Its epoch is sure to stay: a zombie of one that a failure brings back is none.
    const isFencing = good.epoch > 0 && log.highWatermark === log.logEndOffset;
    const marker = { producerId: id, coordinatorEpoch: 0, outcome: 'abort', transactionVersion: 2 } as const;
    const { INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER } = ErrorCode;
    const attempts: [boolean, number, () => unknown][] = [
      [isOpen, INVALID_TXN_STATE, () => this.#append(log, { ...good, isTransactional: false })],
      [!isOpen, INVALID_TXN_STATE, () => this.#append(log, good, false)],
      [isOpen, INVALID_PRODUCER_EPOCH, () => log.appendMarker({ ...marker, producerEpoch: good.epoch })],
      // Unverified: what waits for the coordinator's word holds back the producer's plain batches.
      [isFencing, INVALID_PRODUCER_EPOCH, () => this.#append(log, { ...good, epoch: good.epoch - 1 }, false)],
      [isOpen, OUT_OF_ORDER_SEQUENCE_NUMBER, () => this.#append(log, { ...good, sequence: good.sequence + 9 })],
    ];
    for (const [mayTry, code, attempt] of attempts) {
      if (!mayTry) continue;
      assert.throws(attempt, (error) => error instanceof KafkaError && error.code === code);
    }
    assert.equal(log.logEndOffset, this.model.endOffset);
  }
}
