/**
 * Random logs for compaction: plain, idempotent and transactional batches, some compressed, with tombstones, headers, empty
 * keys and keys that come again. The same seed writes the same into either broker.
 */
import type { CompressionCodec } from '../../../protocol/records/batch.ts';
import { type BatchOptions, buildBatch, buildCompressedBatch } from '../../../protocol/records/build.ts';
import type { Random } from '../../../src/base/random.ts';
import type { Session } from './session.ts';
import { TransactionalProducer } from './transactional-producer.ts';

/** Writes batches of all kinds, with keys that come again. */
export class RandomLog {
  readonly #session: Session;
  readonly #random: Random;
  readonly #topic: string;
  readonly #transactions: TransactionalProducer[] = [];
  readonly #open = new Set<TransactionalProducer>();
  readonly #idempotent: Array<{ readonly id: bigint; sequence: number }> = [];
  #timeMs: number;

  /** @param nowMs records are of the hour before */
  constructor(session: Session, random: Random, topic: string, nowMs: number) {
    this.#session = session;
    this.#random = random;
    this.#topic = topic;
    this.#timeMs = nowMs - 3_600_000;
  }

  async begin(): Promise<void> {
    while (this.#idempotent.length < 2) {
      const body = { transactionalId: null, transactionTimeoutMs: 60_000 };
      const answer = await this.#session.quietly('InitProducerId', 4, body);
      // The coordinator may still be loading.
      if (answer.errorCode === 0) this.#idempotent.push({ id: BigInt(answer.producerId), sequence: 0 });
    }
    for (const speech of ['old', 'new', 'new'] as const) {
      const suffix = `${this.#topic}-${speech}-${this.#transactions.length}`;
      this.#transactions.push(await TransactionalProducer.open(this.#session, suffix, speech));
    }
  }

  /** Some dozens of batches; all transactions are decided at the end of most rounds. */
  async round(): Promise<void> {
    for (let left = 25 + this.#random.int(20); left > 0; left--) await this.#step();
    if (this.#random.int(4) > 0) for (const producer of this.#open) await this.#end(producer);
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const count = 1 + random.int(random.int(4) === 0 ? 12 : 4);
    const kind = random.int(10);
    if (kind < 4) await this.#session.produce(this.#topic, await this.#batch(count, {}));
    else if (kind < 7) await this.#produceIdempotent(count);
    else await this.#transact(count);
  }

  async #produceIdempotent(count: number): Promise<void> {
    const producer = this.#idempotent[this.#random.int(this.#idempotent.length)] as { id: bigint; sequence: number };
    const header = { producerId: producer.id, producerEpoch: 0, baseSequence: producer.sequence };
    await this.#session.produce(this.#topic, await this.#batch(count, header));
    producer.sequence += count;
  }

  async #transact(count: number): Promise<void> {
    const producer = this.#transactions[this.#random.int(this.#transactions.length)] as TransactionalProducer;
    if (this.#open.has(producer) && this.#random.int(3) === 0) {
      await this.#end(producer);
      return;
    }
    this.#open.add(producer);
    await producer.writeBatch(this.#topic, 0, count, (header) => this.#batch(count, header));
  }

  async #end(producer: TransactionalProducer): Promise<void> {
    this.#open.delete(producer);
    await producer.end(this.#random.int(2) === 0);
    // Markers come after the answer, and what is written next must not come between.
    await awaitOpen(this.#session, this.#topic, this.#open);
  }

  #batch(count: number, options: BatchOptions): Promise<Buffer> {
    const random = this.#random;
    const records = Array.from({ length: count }, () => {
      this.#timeMs += random.int(2000) - 400;
      return {
        key: Buffer.from(random.int(20) === 0 ? '' : `key-${random.int(30)}`),
        value: random.int(5) === 0 ? null : random.bytes(random.int(80)),
        headers: random.int(4) === 0 ? [{ key: 'h', value: random.int(2) === 0 ? null : random.bytes(3) }] : [],
        timestampMs: random.int(25) === 0 ? -1 : this.#timeMs,
      };
    });
    const compression = random.int(3) === 0 ? random.int(5) : 0;
    if (compression === 0) return Promise.resolve(buildBatch(records, options));
    return buildCompressedBatch(records, { ...options, compression: compression as CompressionCodec });
  }
}

/** Waits until only those transactions are undecided. */
async function awaitOpen(session: Session, topic: string, open: ReadonlySet<TransactionalProducer>): Promise<void> {
  for (;;) {
    const answer = await session.quietly('DescribeProducers', 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
    const undecided = answer.topics[0].partitions[0].activeProducers.filter(
      (producer: { currentTxnStartOffset: bigint | number }) => Number(producer.currentTxnStartOffset) >= 0,
    );
    if (undecided.length === open.size) return;
  }
}
