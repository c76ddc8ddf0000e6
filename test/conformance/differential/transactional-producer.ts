/** A transactional producer as a differential case drives it, request by request. */
import assert from 'node:assert/strict';
import type { BatchOptions } from '../../../protocol/records/build.ts';
import { records, type Session } from './session.ts';

/** As clients speak: `old` adds partitions by itself and keeps its epoch, `new` does neither (KIP-890). */
export type Speech = 'old' | 'new';

/** Markers are of today, records are not: Kafka would begin a segment between them, and a fetch ends with its segment. */
export const ONE_SEGMENT = { 'segment.ms': '1000000000000000' };

/** Of a transaction: longer than any case takes, also one over a restart of the broker. */
const TIMEOUT_MS = 600_000;
const CONCURRENT_TRANSACTIONS = 51;
/** The coordinator is loading, not there yet or elsewhere; Produce says so with NOT_ENOUGH_REPLICAS. */
const RETRIABLE: ReadonlySet<number> = new Set([14, 15, 16, 19, CONCURRENT_TRANSACTIONS]);

export class TransactionalProducer {
  #session: Session;
  readonly #speech: Speech;
  readonly #transactionalId: string;
  readonly #sequences = new Map<string, number>();
  readonly #added = new Set<string>();
  id = -1n;
  epoch = -1;

  private constructor(session: Session, suffix: string, speech: Speech) {
    this.#session = session;
    this.#speech = speech;
    this.#transactionalId = session.name(suffix);
  }

  static async open(session: Session, suffix: string, speech: Speech): Promise<TransactionalProducer> {
    const producer = new TransactionalProducer(session, suffix, speech);
    await producer.init();
    return producer;
  }

  /** Goes on over another session, as after a restart of the broker. */
  moveTo(session: Session): void {
    this.#session = session;
  }

  /** A new epoch, which ends what the one before left open. */
  async init(): Promise<void> {
    const body = { transactionalId: this.#transactionalId, transactionTimeoutMs: TIMEOUT_MS };
    const answer = await this.#retried(async () => {
      await this.#session.quietly('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [this.#transactionalId] });
      return this.#session.quietly('InitProducerId', 4, body);
    });
    this.id = BigInt(answer.producerId);
    this.#added.clear();
    this.#continueWith(answer.producerEpoch);
  }

  /** A batch inside the transaction; its answer is not written down. */
  write(topic: string, index = 0, count = 1): Promise<void> {
    return this.writeBatch(topic, index, count, async (header) => records(count, header));
  }

  /** As `write`, with a batch of `count` records that `build` makes. */
  async writeBatch(
    topic: string,
    index: number,
    count: number,
    build: (header: BatchOptions) => Promise<Buffer>,
  ): Promise<void> {
    const place = `${topic}-${index}`;
    if (this.#speech === 'old' && !this.#added.has(place)) await this.#add(topic, index);
    const baseSequence = this.#sequences.get(place) ?? 0;
    const batch = await build({ producerId: this.id, producerEpoch: this.epoch, baseSequence, isTransactional: true });
    await this.#retried(async () => {
      const answer = await this.#session.quietly('Produce', this.#speech === 'old' ? 11 : 12, {
        transactionalId: this.#transactionalId,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, partitionData: [{ index, records: batch }] }],
      });
      return answer.responses[0].partitionResponses[0];
    });
    this.#sequences.set(place, baseSequence + count);
  }

  /** Ends the transaction; the markers follow. */
  async end(committed: boolean): Promise<void> {
    const body = { transactionalId: this.#transactionalId, producerId: this.id, producerEpoch: this.epoch, committed };
    const version = this.#speech === 'old' ? 3 : 5;
    const answer = await this.#retried(() => this.#session.quietly('EndTxn', version, body));
    this.#added.clear();
    if (this.#speech === 'old') return;
    this.id = BigInt(answer.producerId);
    this.#continueWith(answer.producerEpoch);
  }

  async #add(topic: string, index: number): Promise<void> {
    const body = {
      v3AndBelowTransactionalId: this.#transactionalId,
      v3AndBelowProducerId: this.id,
      v3AndBelowProducerEpoch: this.epoch,
      v3AndBelowTopics: [{ name: topic, partitions: [index] }],
    };
    for (;;) {
      const answer = await this.#session.quietly('AddPartitionsToTxn', 3, body);
      const { partitionErrorCode } = answer.resultsByTopicV3AndBelow[0].resultsByPartition[0];
      if (partitionErrorCode === CONCURRENT_TRANSACTIONS) continue;
      assert.equal(partitionErrorCode, 0);
      break;
    }
    this.#added.add(`${topic}-${index}`);
  }

  #continueWith(epoch: number): void {
    this.epoch = epoch;
    this.#sequences.clear();
  }

  async #retried(call: () => Promise<any>): Promise<any> {
    for (;;) {
      const answer = await call();
      if (RETRIABLE.has(answer.errorCode)) continue;
      assert.equal(answer.errorCode, 0);
      return answer;
    }
  }
}

/** Waits until what read_committed may read ends there: markers come after the answer to the end of a transaction. */
export async function awaitStable(session: Session, topic: string, offset: number, index = 0): Promise<void> {
  for (;;) {
    const partitions = [{ partitionIndex: index, timestamp: -1 }];
    const body = { replicaId: -1, isolationLevel: 1, topics: [{ name: topic, partitions }] };
    const answer = await session.quietly('ListOffsets', 6, body);
    if (answer.topics[0].partitions[0].offset >= offset) return;
  }
}
