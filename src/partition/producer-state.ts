/**
 * What a partition remembers of producers with an id (KIP-98): per producer the current epoch, the last five batches and
 * the open transaction. A batch that is one of these is a duplicate and is answered with the original's offset; any other
 * batch must follow in sequence. A producer that is not known may start with any sequence.
 *
 * The state follows from the log: `replay` of every batch header rebuilds it.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  attributes,
  BatchAttribute,
  MAX_PRODUCER_EPOCH,
  baseOffset,
  baseSequence,
  hasProducerId,
  isTransactional,
  lastOffsetDelta,
  lastSequence,
  maxTimestamp,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts';
import { readMarker } from '../../protocol/records/markers.ts';
import { OpenTransactions } from './open-transactions.ts';
import type { AbortedTransaction } from '../storage/types.ts';
import { checkEpoch, checkSequence, checkTransaction, duplicateIn, staleEpoch } from './producer-checks.ts';
import {
  beginEpoch,
  copyOf,
  newEntry,
  nextBatch,
  NONE,
  type ProducerBatch,
  type ProducerEntry,
} from './producer-entry.ts';
import type { EndTransactionMarker } from './types.ts';
import { type TransactionVerification, type UnverifiedBatch, Verifications } from './verification.ts';

/** Attributes of batches that have to do with transactions. */
const OF_TRANSACTIONS = BatchAttribute.TRANSACTIONAL | BatchAttribute.CONTROL;

export class ProducerState {
  readonly #entries = new Map<bigint, ProducerEntry>();
  readonly #verifications = new Verifications();
  readonly transactions = new OpenTransactions();

  /** Known producers. */
  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<[bigint, ProducerEntry]> {
    return this.#entries.entries();
  }

  /** Puts back what a snapshot held. */
  restore(entries: Iterable<readonly [bigint, ProducerEntry]>): void {
    for (const [id, entry] of entries) this.#entries.set(id, entry);
    this.transactions.replaceOpen(this.#entries);
  }

  hasOpenTransaction(id: bigint, epoch: number): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.transactionStart >= 0 && entry.epoch === epoch;
  }

  /** See ProducerStore.isVerifying. */
  isVerifying(nowMs: number): boolean {
    return this.#verifications.areFresh(nowMs);
  }

  /** What the batch must be appended with once it is verified; null where its transaction is open already. */
  startVerification(batch: UnverifiedBatch, nowMs: number): TransactionVerification | null {
    if (this.hasOpenTransaction(batch.producerId, batch.producerEpoch)) return null;
    return this.#verifications.take(batch, nowMs);
  }

  /**
   * Checks a client's batch with a producer id. Gives the original when the batch was appended before, else null: it may
   * be appended.
   * @throws KafkaError INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER
   */
  check(bytes: Buffer, verification: TransactionVerification | null = null): ProducerBatch | null {
    const id = producerId(bytes, 0);
    const entry = this.#entries.get(id);
    const original = entry === undefined ? null : duplicateIn(entry, bytes);
    if (original !== null) return original;
    if (entry !== undefined) checkEpoch(entry, bytes);
    if (isTransactional(bytes, 0)) this.#checkVerified(bytes, verification);
    checkSequence(entry, bytes, this.#verifications.get(id) ?? null);
    if (entry !== undefined) checkTransaction(entry, bytes);
    return null;
  }

  /**
   * Checks a coordinator's batch with a producer id: sequences it has none, and without `verification` it knows by
   * itself that the transaction goes on.
   * @throws KafkaError INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH
   */
  checkCoordinator(bytes: Buffer, verification: TransactionVerification | null): void {
    const id = producerId(bytes, 0);
    const entry = this.#entries.get(id);
    if (entry !== undefined) checkEpoch(entry, bytes);
    if (verification !== null) this.#checkVerified(bytes, verification);
    if (entry !== undefined) checkTransaction(entry, bytes);
  }

  /**
   * Checks a marker. One for a producer that is not known, or without an open transaction, is taken too.
   * @throws KafkaError INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED
   */
  checkMarker({
    producerId: id,
    producerEpoch: epoch,
    coordinatorEpoch,
    transactionVersion,
  }: EndTransactionMarker): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    // From version 2 on each transaction has its own epoch: the same one can only repeat a marker, unless it is the last.
    const isBehind = epoch === entry.epoch && epoch < MAX_PRODUCER_EPOCH;
    const isLate = transactionVersion >= 2 && isBehind && entry.transactionStart >= 0;
    if (epoch < entry.epoch || isLate) throw staleEpoch(id, epoch, entry.epoch);
    if (coordinatorEpoch < entry.coordinatorEpoch) {
      throw new KafkaError(
        ErrorCode.TRANSACTION_COORDINATOR_FENCED,
        `The coordinator's epoch is ${coordinatorEpoch}, the newest seen for producer ${id} is ${entry.coordinatorEpoch}.`,
      );
    }
  }

  /** The transaction that a marker at `offset` aborts; null if the producer has none open. */
  abortedBy(id: bigint, offset: number): AbortedTransaction | null {
    const firstOffset = this.#entries.get(id)?.transactionStart ?? NONE;
    if (firstOffset < 0) return null;
    const lastStableOffset = Math.min(this.transactions.firstOffsetBeside(id), offset + 1);
    return { producerId: id, firstOffset, lastOffset: offset, lastStableOffset };
  }

  /** Remembers a batch, or marker, that was appended and may yet fail. Its base offset is set. */
  appended(bytes: Buffer): void {
    if (!hasProducerId(bytes, 0)) return;
    const id = producerId(bytes, 0);
    const kind = attributes(bytes, 0) & OF_TRANSACTIONS;
    if (kind === 0) {
      this.#addData(id, bytes);
      return;
    }
    this.#verifications.void(id);
    if ((kind & BatchAttribute.CONTROL) !== 0) {
      const former = this.#entries.get(id) ?? null;
      this.#entries.set(id, afterMarker(former, bytes));
      this.transactions.endPending({ offset: baseOffset(bytes, 0), producerId: id, former });
    } else this.#addTransactional(id, bytes);
  }

  /** Remembers a committed batch from its header, which is the whole batch for a marker, without any check. */
  replay(header: Buffer): void {
    if (!hasProducerId(header, 0)) return;
    const id = producerId(header, 0);
    const kind = attributes(header, 0) & OF_TRANSACTIONS;
    if (kind === 0) this.#addData(id, header);
    else if ((kind & BatchAttribute.CONTROL) !== 0) {
      this.#entries.set(id, afterMarker(this.#entries.get(id) ?? null, header));
      this.transactions.end(id);
    } else this.#addTransactional(id, header);
  }

  /**
   * Takes back all batches from `offset` on: they were lost. A producer of which nothing is left must go on from its
   * first lost batch: what it has under way behind that must not be taken for its beginning.
   */
  rollBack(offset: number): void {
    for (const { producerId: id, former } of this.transactions.takeLost(offset)) {
      if (former === null) this.#entries.delete(id);
      else this.#entries.set(id, former);
    }
    for (const entry of this.#entries.values()) {
      if (entry.transactionStart >= offset) entry.transactionStart = NONE;
      const { batches } = entry;
      const kept = batches.findIndex(({ baseOffset: at }) => at >= offset);
      if (kept < 0) continue;
      if (kept === 0) entry.firstSequence = batches[0]?.firstSequence ?? 0;
      batches.length = kept;
    }
    this.transactions.replaceOpen(this.#entries);
  }

  /** Forgets producers without an open transaction whose newest timestamp is `expirationMs` old; gives how many. */
  expire(nowMs: number, expirationMs: number): number {
    this.#verifications.expire(nowMs, expirationMs);
    let expired = 0;
    for (const [id, entry] of this.#entries) {
      if (entry.transactionStart >= 0 || nowMs - entry.lastTimestampMs < expirationMs) continue;
      this.#entries.delete(id);
      expired++;
    }
    return expired;
  }

  #addTransactional(id: bigint, header: Buffer): void {
    const entry = this.#addData(id, header);
    if (entry.transactionStart >= 0) return;
    entry.transactionStart = baseOffset(header, 0);
    this.transactions.begin(id, entry.transactionStart);
  }

  #addData(id: bigint, header: Buffer): ProducerEntry {
    const epoch = producerEpoch(header, 0);
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = newEntry(epoch);
      this.#entries.set(id, entry);
    } else beginEpoch(entry, epoch);
    entry.lastTimestampMs = timeOf(header);
    const batch = nextBatch(entry);
    batch.firstSequence = baseSequence(header, 0);
    batch.lastSequence = lastSequence(header, 0);
    batch.baseOffset = baseOffset(header, 0);
    batch.endOffset = batch.baseOffset + lastOffsetDelta(header, 0) + 1;
    batch.timestampMs = entry.lastTimestampMs;
    return entry;
  }

  /** Checks that the batch's transaction is open, or its verification valid. @throws KafkaError INVALID_TXN_STATE */
  #checkVerified(bytes: Buffer, verification: TransactionVerification | null): void {
    const id = producerId(bytes, 0);
    if (this.hasOpenTransaction(id, producerEpoch(bytes, 0))) return;
    if (verification !== null && verification === this.#verifications.get(id)) return;
    throw new KafkaError(ErrorCode.INVALID_TXN_STATE, 'Record was not part of an ongoing transaction');
  }
}

/** The producer once the marker in the control batch `bytes` has ended its transaction. */
function afterMarker(former: ProducerEntry | null, bytes: Buffer): ProducerEntry {
  const epoch = producerEpoch(bytes, 0);
  const entry = former === null ? newEntry(epoch) : copyOf(former);
  beginEpoch(entry, epoch);
  entry.lastTimestampMs = timeOf(bytes);
  entry.transactionStart = NONE;
  entry.coordinatorEpoch = readMarker(bytes)?.coordinatorEpoch ?? entry.coordinatorEpoch;
  return entry;
}

/** Clients may put any 64 bits there. */
function timeOf(header: Buffer): number {
  return Math.max(NONE, Math.min(maxTimestamp(header, 0), Number.MAX_SAFE_INTEGER));
}
