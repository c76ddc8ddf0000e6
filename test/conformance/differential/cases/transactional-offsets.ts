/** Offsets inside and outside transactions of one producer, in any order: what is pending, stored, dropped and overtaken. */
import { type Random, seededRandom } from '../../../../src/base/random.ts';
import type { Case, Session } from '../session.ts';

const STEPS = 50;
const WALKS = 8;

class Walker {
  readonly #session: Session;
  readonly #random: Random;
  readonly #topic: string;
  readonly #transactionalId: string;
  readonly #groups: readonly string[];
  #identity: { producerId: bigint; producerEpoch: number } = { producerId: -1n, producerEpoch: -1 };
  #step = 0;

  constructor(session: Session, random: Random, topic: string) {
    this.#session = session;
    this.#random = random;
    this.#topic = topic;
    this.#transactionalId = session.name('id');
    this.#groups = [session.name('g0'), session.name('g1')];
  }

  async begin(): Promise<void> {
    const transactionalId = this.#transactionalId;
    for (const group of this.#groups) await this.#session.awaitCoordinator(group);
    for (;;) {
      await this.#session.quietly('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [transactionalId] });
      const body = { transactionalId, transactionTimeoutMs: 60_000 };
      const answer = await this.#session.quietly('InitProducerId', 5, body);
      if (answer.errorCode !== 0) continue;
      this.#identity = answer;
      return;
    }
  }

  async step(): Promise<void> {
    this.#step++;
    const dice = this.#random.int(10);
    if (dice < 4) await this.#commitInside();
    else if (dice === 4) await this.#commitOutside();
    else if (dice === 5) await this.#add();
    else if (dice < 8) await this.#end();
    else await this.#fetch();
  }

  #group(): string {
    return this.#groups[this.#random.int(2)] ?? '';
  }

  /** Mostly the producer itself, else one of the epoch before or after. */
  #someone(): { producerId: bigint; producerEpoch: number } {
    const { producerId, producerEpoch } = this.#identity;
    return { producerId, producerEpoch: producerEpoch + ([0, 0, 0, 0, 0, 0, 1, -1][this.#random.int(8)] ?? 0) };
  }

  /** Topics of a commit: every step has an offset of its own. */
  #topics(): object[] {
    const name = this.#random.int(12) === 0 ? this.#session.name('nowhere') : this.#topic;
    const committed = { committedOffset: this.#step, committedLeaderEpoch: -1, committedMetadata: 'm' };
    return [{ name, partitions: [{ partitionIndex: this.#random.int(3), ...committed }] }];
  }

  async #commitInside(): Promise<void> {
    const version = [0, 1, 2, 3, 4, 5, 5, 5, 5, 5][this.#random.int(10)] ?? 5;
    const body = { transactionalId: this.#transactionalId, groupId: this.#group(), ...this.#someone() };
    const step = `${this.#step}: commit in the transaction v${version}`;
    await this.#session.call(step, 'TxnOffsetCommit', version, { ...body, topics: this.#topics() });
  }

  async #commitOutside(): Promise<void> {
    const body = { groupId: this.#group(), generationIdOrMemberEpoch: -1, memberId: '', topics: this.#topics() };
    await this.#session.call(`${this.#step}: commit`, 'OffsetCommit', 7, body);
  }

  async #add(): Promise<void> {
    const body = { transactionalId: this.#transactionalId, ...this.#someone(), groupId: this.#group() };
    await this.#session.call(`${this.#step}: add`, 'AddOffsetsToTxn', 4, body);
  }

  async #end(): Promise<void> {
    const version = this.#random.int(6);
    const committed = this.#random.int(2) === 0;
    const body = { transactionalId: this.#transactionalId, ...this.#someone(), committed };
    const step = `${this.#step}: ${committed ? 'commit' : 'abort'} v${version}`;
    const answer = await this.#session.call(step, 'EndTxn', version, body);
    if (answer.errorCode === 0 && version === 5) this.#identity = answer;
    await this.#settled();
  }

  /** Offsets count once the marker is there, and only then the transaction is complete. */
  async #settled(): Promise<void> {
    for (;;) {
      const body = { transactionalIds: [this.#transactionalId] };
      const { transactionStates } = await this.#session.quietly('DescribeTransactions', 0, body);
      if (!transactionStates[0].transactionState.startsWith('Prepare')) return;
    }
  }

  async #fetch(): Promise<void> {
    const requireStable = this.#random.int(2) === 0;
    const topics = this.#random.int(2) === 0 ? null : [{ name: this.#topic, partitionIndexes: [0, 1, 2] }];
    const body = { groups: [{ groupId: this.#group(), topics }], requireStable };
    await this.#session.call(`${this.#step}: fetch${requireStable ? ' what is stable' : ''}`, 'OffsetFetch', 8, body);
  }
}

async function walk(session: Session, seed: number): Promise<void> {
  const { name } = await session.createTopic('t', 3);
  const walker = new Walker(session, seededRandom(seed), name);
  await walker.begin();
  for (let step = 0; step < STEPS; step++) await walker.step();
}

export const transactionalOffsetCases: readonly Case[] = Array.from({ length: WALKS }, (_, seed) => ({
  name: `offsets are committed in and beside transactions (walk ${seed + 1})`,
  run: (session) => walk(session, seed + 1),
}));
