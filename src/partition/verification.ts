/**
 * Transactional batches of clients are appended only while the transaction coordinator knows of them (KIP-890): else no
 * marker would ever end their transaction. Who brings the first batch of a transaction takes a verification, asks the
 * coordinator, and appends with it. Whatever ends or begins a transaction of the producer meanwhile makes it void, so
 * that an old word of the coordinator is not taken for the next transaction.
 */

/** Who has not heard of the coordinator for this long has given up. */
const FRESH_MS = 60_000;

/** A client's batch that begins a transaction in a partition. */
export interface UnverifiedBatch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** -1 for none. */
  readonly baseSequence: number;
  /** The client's requests are those of transaction version 2: it starts at sequence 0 wherever it is not known. */
  readonly supportsEpochBump: boolean;
}

/** Valid for as long as it is the producer's own in the partition. */
export class TransactionVerification {
  readonly createdMs: number;
  readonly supportsEpochBump: boolean;
  #epoch: number;
  #lowestSequence: number;

  constructor({ producerEpoch, baseSequence, supportsEpochBump }: UnverifiedBatch, nowMs: number) {
    this.createdMs = nowMs;
    this.supportsEpochBump = supportsEpochBump;
    this.#epoch = producerEpoch;
    this.#lowestSequence = baseSequence;
  }

  /** The lowest sequence of the newest epoch that was to be verified: what is above it must not be appended first. */
  get lowestSequence(): number {
    return this.#lowestSequence;
  }

  /** Another batch waits for the same word. */
  join({ producerEpoch, baseSequence }: UnverifiedBatch): void {
    if (producerEpoch < this.#epoch || (producerEpoch === this.#epoch && baseSequence >= this.#lowestSequence)) return;
    this.#epoch = producerEpoch;
    this.#lowestSequence = baseSequence;
  }
}

/** The verifications under way in a partition, by producer. */
export class Verifications {
  /** Null in the many partitions that no transaction ever comes to. */
  #byProducer: Map<bigint, TransactionVerification> | null = null;

  /** The producer's verification, a new one if there is none. */
  take(batch: UnverifiedBatch, nowMs: number): TransactionVerification {
    this.#byProducer ??= new Map();
    const existing = this.#byProducer.get(batch.producerId);
    if (existing !== undefined) {
      existing.join(batch);
      return existing;
    }
    const made = new TransactionVerification(batch, nowMs);
    this.#byProducer.set(batch.producerId, made);
    return made;
  }

  get(producerId: bigint): TransactionVerification | undefined {
    return this.#byProducer?.get(producerId);
  }

  /** A transaction of the producer began or ended: what was asked before counts no more. */
  void(producerId: bigint): void {
    this.#byProducer?.delete(producerId);
  }

  /** True if somebody may still append with one. */
  areFresh(nowMs: number): boolean {
    for (const { createdMs } of this.#byProducer?.values() ?? []) if (nowMs - createdMs < FRESH_MS) return true;
    return false;
  }

  /** Forgets those of `expirationMs` ago, whose batch never came. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [id, { createdMs }] of this.#byProducer ?? []) {
      if (nowMs - createdMs >= expirationMs) this.void(id);
    }
  }
}
