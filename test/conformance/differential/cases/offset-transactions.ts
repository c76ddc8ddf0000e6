/**
 * Offsets in transactions: random walks of commits in and outside of transactions, by the producer and by others that look
 * like it, for a group that only keeps offsets and those of both protocols with a member; after each step, what is
 * fetched.
 */
import { type Random, seededRandom } from '../../../../src/base/random.ts';
import type { Case, Session } from '../session.ts';
import { settle, type Joined } from './group-steps.ts';

const STEPS = 40;
const WALKS = 12;
/** First version with members; before it whoever has the transaction may commit. */
const MEMBERS_FROM = 3;
const TOPIC_IDS_FROM = 6;

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

class Walker {
  readonly #session: Session;
  readonly #random: Random;
  readonly #transactionalId: string;
  readonly #simple: string;
  readonly #live: string;
  readonly #modern: string;
  #topic: { readonly name: string; readonly topicId: string } = { name: '', topicId: '' };
  readonly #members = new Map<string, Joined>();
  #identity: Identity = { producerId: -1n, producerEpoch: -1 };
  #step = 0;

  constructor(session: Session, random: Random) {
    this.#session = session;
    this.#random = random;
    this.#transactionalId = session.name('id');
    this.#simple = session.name('simple');
    this.#live = session.name('live');
    this.#modern = session.name('modern');
  }

  async begin(): Promise<void> {
    this.#topic = await this.#session.createTopic('t', 3);
    this.#members.set(this.#live, await settle(this.#session, this.#live, { sessionTimeoutMs: 300_000 }));
    this.#members.set(this.#modern, await this.#joinModern());
    await this.#session.awaitCoordinator(this.#simple);
    const body = { keyType: 1, coordinatorKeys: [this.#transactionalId] };
    while ((await this.#session.quietly('FindCoordinator', 4, body)).coordinators[0].errorCode !== 0);
    await this.#init();
  }

  /** The first member of a consumer group, with all partitions. */
  async #joinModern(): Promise<Joined> {
    await this.#session.awaitCoordinator(this.#modern);
    const memberId = 'member';
    const { memberEpoch } = await this.#session.quietly('ConsumerGroupHeartbeat', 1, {
      groupId: this.#modern,
      memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 300_000,
      subscribedTopicNames: [this.#topic.name],
      topicPartitions: [],
    });
    return { memberId, generationId: memberEpoch };
  }

  async step(): Promise<void> {
    this.#step++;
    const dice = this.#random.int(20);
    if (dice < 8) await this.#commitInTransaction();
    else if (dice < 11) await this.#commit();
    else if (dice < 15) await this.#end();
    else if (dice < 17) await this.#addOffsets();
    else if (dice < 18) await this.#init();
    else if (dice < 19) await this.#deleteOffset();
    else await this.#session.call(this.#name('delete the group'), 'DeleteGroups', 2, { groupsNames: [this.#simple] });
    await this.#settled();
    await this.#fetch();
  }

  /** Markers are written after the answer. */
  async #settled(): Promise<void> {
    const body = { transactionalIds: [this.#transactionalId] };
    for (;;) {
      const { transactionStates } = await this.#session.quietly('DescribeTransactions', 0, body);
      if (!transactionStates[0].transactionState.startsWith('Prepare')) return;
    }
  }

  async #init(): Promise<void> {
    const body = { transactionalId: this.#transactionalId, transactionTimeoutMs: 60_000 };
    for (;;) {
      const { errorCode, producerId, producerEpoch } = await this.#session.quietly('InitProducerId', 4, body);
      if (errorCode !== 0) continue;
      this.#identity = { producerId, producerEpoch };
      return;
    }
  }

  async #addOffsets(): Promise<void> {
    const version = this.#random.int(5);
    const body = { transactionalId: this.#transactionalId, ...this.#someone(), groupId: this.#group() };
    await this.#session.call(this.#name(`add offsets v${version}`), 'AddOffsetsToTxn', version, body);
  }

  async #commitInTransaction(): Promise<void> {
    const version = this.#random.int(7);
    const groupId = this.#group();
    const body = {
      transactionalId: this.#transactionalId,
      groupId,
      ...this.#someone(),
      ...(version >= MEMBERS_FROM && this.#speaker(groupId)),
      topics: [this.#offsets(version >= TOPIC_IDS_FROM)],
    };
    await this.#session.call(this.#name(`commit in the transaction v${version}`), 'TxnOffsetCommit', version, body);
  }

  async #commit(): Promise<void> {
    const groupId = this.#group();
    const version = 8 + this.#random.int(2);
    const nobody = { generationIdOrMemberEpoch: -1, memberId: '' };
    const body = { groupId, ...nobody, ...this.#itself(groupId), topics: [this.#offsets(false)] };
    await this.#session.call(this.#name(`commit v${version}`), 'OffsetCommit', version, body);
  }

  async #end(): Promise<void> {
    const version = 3 + this.#random.int(3);
    const committed = this.#random.int(3) > 0;
    const body = { transactionalId: this.#transactionalId, ...this.#identity, committed };
    const answer = await this.#session.call(this.#name(`end v${version}`), 'EndTxn', version, body);
    if (version >= 5 && answer.errorCode === 0) {
      this.#identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    }
  }

  async #deleteOffset(): Promise<void> {
    const partitions = [{ partitionIndex: this.#random.int(3) }];
    const body = { groupId: this.#group(), topics: [{ name: this.#topic.name, partitions }] };
    await this.#session.call(this.#name('delete an offset'), 'OffsetDelete', 0, body);
  }

  async #fetch(): Promise<void> {
    const topics = [{ name: this.#topic.name, partitionIndexes: [0, 1, 2] }];
    for (const requireStable of [false, true]) {
      for (const groupId of [this.#simple, this.#live, this.#modern]) {
        const what = `${requireStable ? 'stable' : 'all'} offsets of ${groupId}`;
        const body = { groups: [{ groupId, topics }], requireStable };
        await this.#session.call(this.#name(what), 'OffsetFetch', 8, body);
      }
    }
  }

  #group(): string {
    return [this.#simple, this.#simple, this.#live, this.#modern][this.#random.int(4)] as string;
  }

  /** Mostly the producer itself, else one of an epoch before or after, or a stranger. */
  #someone(): Identity {
    const { producerId, producerEpoch } = this.#identity;
    const epochs = this.#random.int(8) === 0 ? 1 - 2 * this.#random.int(2) : 0;
    return { producerId: this.#random.int(25) === 0 ? 999_999n : producerId, producerEpoch: producerEpoch + epochs };
  }

  /** The group's member, if it has one. */
  #itself(groupId: string): { readonly memberId?: string; readonly generationIdOrMemberEpoch?: number } {
    const member = this.#members.get(groupId);
    return member === undefined ? {} : { memberId: member.memberId, generationIdOrMemberEpoch: member.generationId };
  }

  /** Mostly nobody or the member itself, else one that is not quite. */
  #speaker(groupId: string): object {
    const itself = this.#itself(groupId);
    const epoch = itself.generationIdOrMemberEpoch ?? 0;
    const choices = [
      {},
      itself,
      itself,
      { ...itself, generationIdOrMemberEpoch: epoch + 1 },
      { ...itself, generationIdOrMemberEpoch: Math.max(0, epoch - 1) },
      { ...itself, generationIdOrMemberEpoch: -1 },
      { ...itself, memberId: 'nobody' },
      { ...itself, groupInstanceId: 'instance' },
    ];
    return this.#random.int(2) === 0 ? {} : (choices[this.#random.int(choices.length)] as object);
  }

  #offsets(isById: boolean): object {
    const { name, topicId } = this.#topic;
    const partitions = [0, 1, 2]
      .filter(() => this.#random.int(2) === 0)
      .map((partitionIndex) => ({
        partitionIndex: this.#random.int(20) === 0 ? 9 : partitionIndex,
        committedOffset: this.#random.int(1000),
        committedMetadata: 'note',
      }));
    return { ...(isById ? { topicId } : { name }), partitions };
  }

  #name(what: string): string {
    return `step ${this.#step}: ${what}`;
  }
}

export const offsetTransactionCases: readonly Case[] = Array.from({ length: WALKS }, (_, seed) => ({
  name: `offsets in transactions: random walk ${seed}`,
  async run(session) {
    const walker = new Walker(session, seededRandom(seed));
    await walker.begin();
    for (let i = 0; i < STEPS; i++) await walker.step();
  },
}));
