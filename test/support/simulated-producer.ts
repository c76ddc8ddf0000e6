/** A transactional producer as clients are: it retries, gives up when it is fenced, and notes what it was told. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeTxnOffsetCommitRequest } from '../../protocol/generated/txn-offset-commit-request.ts';
import { readTxnOffsetCommitResponse } from '../../protocol/generated/txn-offset-commit-response.ts';
import { InitProducerId, Produce } from './data-apis.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  EndTxn,
  type Identity,
  transactionalBatch,
} from './transactional-client.ts';

const TxnOffsetCommit = {
  apiKey: ApiKey.TxnOffsetCommit,
  write: writeTxnOffsetCommitRequest,
  read: readTxnOffsetCommitResponse,
};

export const TOPIC = 't';
export const PARTITIONS = 3;
export const TIMEOUT_MS = 5000;

/** What a producer knows of one of its transactions. */
export interface SimulatedTransaction {
  readonly label: string;
  readonly transactionalId: string;
  /** Values that were acknowledged, by partition. */
  readonly acknowledged: Map<number, string[]>;
  /** Offset of the group that was acknowledged, or null. */
  offset: number | null;
  /** Whether a commit was ever asked for. */
  asked: 'nothing' | 'commit' | 'abort';
  outcome: 'unknown' | 'committed' | 'aborted';
}

/** An answer that is worth another try. */
const RETRIABLE: ReadonlySet<number> = new Set([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

/** The producer is of no use any more. */
class Fatal extends Error {}

/** Shared by all producers of a run. */
export interface SimulationLog {
  readonly transactions: SimulatedTransaction[];
  /** By transactional id: the producer that was initialized last. */
  readonly newest: Map<string, SimulatedProducer>;
  nextOffset: number;
}

export class SimulatedProducer {
  readonly name: string;
  readonly transactionalId: string;
  readonly #cluster: SimulatedCluster;
  readonly #log: SimulationLog;
  /** Speaks the protocol whose epoch grows with each transaction. */
  readonly #isNew: boolean;
  #identity: Identity = { producerId: -1n, producerEpoch: -1 };
  readonly #sequences = new Map<number, number>();
  isDone = false;

  constructor(cluster: SimulatedCluster, log: SimulationLog, name: string, transactionalId: string, isNew: boolean) {
    this.#cluster = cluster;
    this.#log = log;
    this.name = name;
    this.transactionalId = transactionalId;
    this.#isNew = isNew;
  }

  /** Goes through its life. Never rejects, unless a rule is broken. */
  async run(transactions: number): Promise<void> {
    try {
      await this.#initialize();
      for (let i = 0; i < transactions; i++) {
        if (this.#cluster.chance(12)) return; // crashes
        await this.#transaction(`${this.name}-${i}`);
      }
    } catch (error) {
      if (!(error instanceof Fatal)) throw error;
    } finally {
      this.isDone = true;
    }
  }

  async #initialize(): Promise<void> {
    const { transactionalId } = this;
    const request = { transactionalId, transactionTimeoutMs: TIMEOUT_MS, producerId: -1n, producerEpoch: -1 };
    const answer = await this.#insist(
      () => this.#cluster.call(InitProducerId, 5, request, { late: false }),
      ({ errorCode }) => errorCode,
    );
    if (answer.errorCode !== 0) throw new Fatal();
    this.#log.newest.set(transactionalId, this);
    this.#goOnWith(answer);
  }

  #goOnWith({ producerId, producerEpoch }: Identity): void {
    const { producerEpoch: former } = this.#identity;
    this.#identity = { producerId, producerEpoch };
    if (producerEpoch !== former) this.#sequences.clear();
  }

  async #transaction(label: string): Promise<void> {
    const { transactionalId } = this;
    const transaction: SimulatedTransaction = {
      label,
      transactionalId,
      acknowledged: new Map(),
      offset: null,
      asked: 'nothing',
      outcome: 'unknown',
    };
    this.#log.transactions.push(transaction);
    const { random } = this.#cluster;
    let isSound = true;
    for (let left = 1 + random.int(5); isSound && left > 0; left--) {
      isSound = await this.#write(transaction, random.int(PARTITIONS));
    }
    if (isSound && random.int(3) === 0) isSound = await this.#commitOffset(transaction);
    if (this.#cluster.chance(15)) return this.#sleep();
    await this.#end(transaction, isSound && random.int(4) > 0);
  }

  /** Holds the transaction open for so long that it may be aborted; the producer is of no use then. */
  async #sleep(): Promise<void> {
    this.#cluster.clock.advance(TIMEOUT_MS);
    for (let i = 0; i < 20; i++) await this.#cluster.turn();
    throw new Fatal();
  }

  async #write(transaction: SimulatedTransaction, partition: number): Promise<boolean> {
    const { transactionalId } = this;
    if (!this.#isNew && !(await this.#add(partition))) return false;
    const sequence = this.#sequences.get(partition) ?? 0;
    const value = `${transaction.label} ${partition} ${sequence}`;
    const partitionData = [{ index: partition, records: transactionalBatch(this.#identity, sequence, value) }];
    const request = { acks: -1, timeoutMs: 30_000, transactionalId, topicData: [{ name: TOPIC, partitionData }] };
    const answer = await this.#insist(
      () => this.#cluster.call(Produce, this.#isNew ? 12 : 11, request, { late: this.#isNew }),
      ({ responses }) => responses[0]?.partitionResponses[0]?.errorCode ?? -1,
    );
    if (!this.#isGood(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1)) return false;
    this.#sequences.set(partition, sequence + 1);
    const values = transaction.acknowledged.get(partition) ?? [];
    transaction.acknowledged.set(partition, [...values, value]);
    return true;
  }

  async #add(partition: number): Promise<boolean> {
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.#identity.producerId,
      v3AndBelowProducerEpoch: this.#identity.producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions: [partition] }],
    };
    const codeOf = (answer: ReturnType<typeof AddPartitionsToTxn.read>): number =>
      answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1;
    const answer = await this.#insist(() => this.#cluster.call(AddPartitionsToTxn, 3, request, { late: true }), codeOf);
    return this.#isGood(codeOf(answer));
  }

  async #commitOffset(transaction: SimulatedTransaction): Promise<boolean> {
    const { transactionalId } = this;
    const groupId = transactionalId;
    const offset = this.#log.nextOffset++;
    if (!this.#isNew) {
      const request = { transactionalId, ...this.#identity, groupId };
      const added = await this.#insist(
        () => this.#cluster.call(AddOffsetsToTxn, 3, request, { late: false }),
        ({ errorCode }) => errorCode,
      );
      if (!this.#isGood(added.errorCode)) return false;
    }
    const partitions = [
      { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' },
    ];
    const request = { transactionalId, groupId, ...this.#identity, topics: [{ name: TOPIC, partitions }] };
    const codeOf = (answer: ReturnType<typeof TxnOffsetCommit.read>): number =>
      answer.topics[0]?.partitions[0]?.errorCode ?? -1;
    const answer = await this.#insist(
      () => this.#cluster.call(TxnOffsetCommit, this.#isNew ? 5 : 3, request, { late: this.#isNew }),
      codeOf,
    );
    if (!this.#isGood(codeOf(answer))) return false;
    transaction.offset = offset;
    return true;
  }

  async #end(transaction: SimulatedTransaction, committed: boolean): Promise<void> {
    transaction.asked = committed ? 'commit' : 'abort';
    const { transactionalId } = this;
    const request = { transactionalId, ...this.#identity, committed };
    const answer = await this.#insist(
      async () => {
        const newest = this.#log.newest.get(transactionalId);
        const ended = await this.#cluster.call(EndTxn, this.#isNew ? 5 : 3, request, { late: this.#isNew });
        if (ended?.errorCode === 0 && newest !== this) {
          throw new Error(`${this.name} ended a transaction after ${newest?.name} had taken its place`);
        }
        return ended;
      },
      ({ errorCode }) => errorCode,
    );
    const { errorCode } = answer;
    if (errorCode !== 0) {
      // An older client has nothing to abort when nothing of it arrived.
      if (errorCode === ErrorCode.INVALID_TXN_STATE && !this.#isNew && transaction.acknowledged.size === 0) return;
      throw new Fatal();
    }
    transaction.outcome = committed ? 'committed' : 'aborted';
    if (this.#isNew) this.#goOnWith(answer);
  }

  /** Whether it went well; what did not leaves a transaction that can only be aborted. */
  #isGood(code: number): boolean {
    if (code === ErrorCode.INVALID_PRODUCER_EPOCH || code === ErrorCode.PRODUCER_FENCED) throw new Fatal();
    if (code === 0) return true;
    // Sequences may have a gap now, which older clients can only close with a new epoch.
    if (!this.#isNew) throw new Fatal();
    return false;
  }

  /** Asks until there is an answer that another try would not change. */
  async #insist<R>(send: () => Promise<R | null>, codeOf: (answer: R) => number): Promise<R> {
    for (let tries = 0; tries < 200; tries++) {
      const answer = await send();
      if (answer !== null && !RETRIABLE.has(codeOf(answer))) return answer;
    }
    throw new Fatal();
  }
}
