/** Transactional ids: random walks of requests that are right, late, early and a stranger's, and what is stored of them. */
import { javaHash } from '../../../../src/coordinator/java-hash.ts';
import { type Random, seededRandom } from '../../../../src/base/random.ts';
import { Reader } from '../../../../protocol/reader.ts';
import { readTransactionLogValue } from '../../../../protocol/generated/transaction-log-value.ts';
import { batchPositions, decodeRecordsSync } from '../../../../protocol/records/iterate.ts';
import { records, type Case, type Session } from '../session.ts';

const STEPS = 60;
const WALKS = 12;
const STATE_PARTITIONS = 5;

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

class Walker {
  readonly #session: Session;
  readonly #random: Random;
  readonly transactionalId: string;
  readonly #topic: string;
  readonly #sequences = new Map<string, number>();
  #identity: Identity = { producerId: -1n, producerEpoch: -1 };
  #step = 0;

  constructor(session: Session, random: Random, topic: string) {
    this.#session = session;
    this.#random = random;
    this.#topic = topic;
    this.transactionalId = session.name('id');
  }

  /** Waits until nothing is on its way: markers are written after the answer. Gives where the id stands. */
  async settled(): Promise<any> {
    const body = { transactionalIds: [this.transactionalId] };
    for (;;) {
      const { transactionStates } = await this.#session.quietly('DescribeTransactions', 0, body);
      if (!transactionStates[0].transactionState.startsWith('Prepare')) return transactionStates[0];
    }
  }

  async find(): Promise<void> {
    for (const [keyType, key] of [
      [1, this.transactionalId],
      [0, 'g0'],
    ] as const) {
      for (;;) {
        const body = { keyType, coordinatorKeys: [key] };
        const { coordinators } = await this.#session.quietly('FindCoordinator', 4, body);
        if (coordinators[0].errorCode === 0) break;
      }
    }
    // Loading.
    for (;;) {
      const { transactionStates } = await this.#session.quietly('DescribeTransactions', 0, {
        transactionalIds: [this.transactionalId],
      });
      if (![14, 15, 16].includes(transactionStates[0].errorCode)) break;
    }
  }

  async step(): Promise<void> {
    this.#step++;
    const dice = this.#identity.producerEpoch < 0 ? 0 : this.#random.int(12);
    if (dice === 0) await this.#init();
    else if (dice <= 2) await this.#add();
    else if (dice === 3) await this.#addOffsets();
    else if (dice <= 6) await this.#write();
    else if (dice <= 10) await this.#end();
    else await this.#describe();
    await this.settled();
  }

  /** Mostly the producer itself, else one of an epoch before or after, or a stranger. */
  #someone(): Identity {
    const { producerId, producerEpoch } = this.#identity;
    const epochs = [0, 0, 0, 0, 0, -1, 1, -2][this.#random.int(8)] ?? 0;
    return { producerId: this.#random.int(25) === 0 ? 999_999n : producerId, producerEpoch: producerEpoch + epochs };
  }

  async #init(): Promise<void> {
    const isNew = this.#random.int(2) === 0;
    const version = isNew ? this.#random.int(6) : 3 + this.#random.int(3);
    const who = isNew ? { producerId: -1n, producerEpoch: -1 } : this.#someone();
    const { transactionalId } = this;
    const body = { transactionalId, transactionTimeoutMs: 60_000, ...(version >= 3 && who) };
    const answer = await this.#session.call(this.#name(`init v${version}`), 'InitProducerId', version, body);
    if (answer.errorCode === 0) this.#identity = answer;
  }

  async #add(): Promise<void> {
    const version = this.#random.int(6);
    const who = this.#someone();
    const { transactionalId } = this;
    const topics = [{ name: this.#topic, partitions: [this.#random.int(4)] }];
    const old = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: who.producerId,
      v3AndBelowProducerEpoch: who.producerEpoch,
      v3AndBelowTopics: topics,
    };
    const verifyOnly = this.#random.int(3) === 0;
    const body = version < 4 ? old : { transactions: [{ transactionalId, ...who, verifyOnly, topics }] };
    await this.#session.call(this.#name(`add v${version}`), 'AddPartitionsToTxn', version, body);
  }

  async #addOffsets(): Promise<void> {
    const version = this.#random.int(5);
    const body = { transactionalId: this.transactionalId, ...this.#someone(), groupId: 'g0' };
    await this.#session.call(this.#name(`add offsets v${version}`), 'AddOffsetsToTxn', version, body);
  }

  async #write(): Promise<void> {
    const version = [8, 9, 10, 11, 12, 12, 12, 12][this.#random.int(8)] ?? 12;
    const index = this.#random.int(3);
    const who = this.#someone();
    const place = `${who.producerId} ${who.producerEpoch} ${index}`;
    const baseSequence = (this.#sequences.get(place) ?? 0) + (this.#random.int(8) === 0 ? 1 : 0);
    const isTransactional = this.#random.int(10) > 0;
    const answer = await this.#session.call(this.#name(`write v${version}`), 'Produce', version, {
      transactionalId: this.transactionalId,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [
        {
          name: this.#topic,
          partitionData: [{ index, records: records(1, { ...who, baseSequence, isTransactional }) }],
        },
      ],
    });
    if (answer.responses[0].partitionResponses[0].errorCode === 0) this.#sequences.set(place, baseSequence + 1);
  }

  async #end(): Promise<void> {
    const version = this.#random.int(6);
    const body = { transactionalId: this.transactionalId, ...this.#someone(), committed: this.#random.int(2) === 0 };
    const name = this.#name(`${body.committed ? 'commit' : 'abort'} v${version}`);
    const answer = await this.#session.call(name, 'EndTxn', version, body);
    if (answer.errorCode === 0 && version === 5) this.#identity = answer;
  }

  async #describe(): Promise<void> {
    const { errorCode, transactionState, producerEpoch, transactionStartTimeMs, topics } = await this.settled();
    // Partitions come in the order of a hash set.
    const partitions = topics.flatMap((topic: any) =>
      topic.partitions.map((index: number) => `${topic.topic} ${index}`),
    );
    const answer = { errorCode, transactionState, producerEpoch, hasBegun: transactionStartTimeMs !== -1n };
    this.#session.transcript.push({
      step: this.#name('describe'),
      answer: { ...answer, partitions: partitions.sort() },
    });
  }

  #name(what: string): string {
    return `${this.#step}: ${what}`;
  }
}

/** The records of the id, but for times and the order of partitions. */
async function stored(session: Session, transactionalId: string): Promise<void> {
  const partition = Math.abs(javaHash(transactionalId)) % STATE_PARTITIONS;
  const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 10_000_000 }];
  const body = {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 10_000_000,
    topics: [{ topic: '__transaction_state', partitions }],
  };
  const answer = await session.quietly('Fetch', 12, body);
  const bytes = Buffer.from(answer.responses[0].partitions[0].records);
  let firstId = -1n;
  for (const at of batchPositions(bytes)) {
    for (const { key, value } of decodeRecordsSync(bytes, at)) {
      if (value === null || !key?.toString().endsWith(transactionalId)) continue;
      const reader = new Reader(value);
      const version = reader.int16();
      const fields = readTransactionLogValue(reader, version);
      if (firstId < 0n) firstId = fields.producerId;
      const { transactionPartitions, transactionLastUpdateTimestampMs: _time, ...rest } = fields;
      const sorted = transactionPartitions?.map(({ topic, partitionIds }) => [topic, partitionIds.toSorted()]).sort();
      const numbers = Object.entries(rest).map(([name, field]) => [
        name,
        typeof field === 'bigint' && field >= 0n ? Number(field - firstId) : Number(field),
      ]);
      const times = { transactionStartTimestampMs: fields.transactionStartTimestampMs === -1 ? 'none' : 'some' };
      const answered = {
        version,
        bytes: value.length,
        ...Object.fromEntries(numbers),
        ...times,
        partitions: sorted ?? null,
      };
      session.transcript.push({ step: `record ${session.transcript.length}`, answer: answered });
    }
  }
}

async function walk(session: Session, seed: number): Promise<void> {
  const { name } = await session.createTopic('t', 3);
  const walker = new Walker(session, seededRandom(seed), name);
  await walker.find();
  for (let step = 0; step < STEPS; step++) await walker.step();
  await stored(session, walker.transactionalId);
}

export const transactionCases: readonly Case[] = Array.from({ length: WALKS }, (_, seed) => ({
  name: `a transactional id is taken through anything (walk ${seed + 1})`,
  run: (session) => walk(session, seed + 1),
}));
