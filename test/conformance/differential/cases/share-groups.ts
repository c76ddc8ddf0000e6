/** Share groups (KIP-932): members, fetches and acknowledgements, offsets, states and dead letters. */
import { setTimeout as delay } from 'node:timers/promises';
import { batchPositions, decodeRecordsSync } from '../../../../protocol/records/iterate.ts';
import type { Body } from '../api-client.ts';
import { type Case, records, type Session } from '../session.ts';
import { awaitStable, ONE_SEGMENT, TransactionalProducer } from '../transactional-producer.ts';

const BROKER_RESOURCE = 4;
const GROUP_RESOURCE = 32;
/** Brokers see a topic in their metadata a little before their coordinators do. */
const METADATA_MS = 400;
/** Letters are written in the background. */
const LETTER_MS = 2500;
const POLL_MS = 100;
const MOST_POLLS = 150;

const GAP = 0;
const ACCEPT = 1;
const RELEASE = 2;
const REJECT = 3;
const RENEW = 4;

export type Said = readonly [firstOffset: number, lastOffset: number, ...types: number[]];

function batchOf([firstOffset, lastOffset, ...acknowledgeTypes]: Said): Body {
  return { firstOffset, lastOffset, acknowledgeTypes };
}

class ShareSteps {
  readonly session: Session;
  readonly groupId: string;
  /** What members were told last. */
  readonly #epochs = new Map<string, number>();
  readonly #held = new Map<string, number>();

  constructor(session: Session, groupId: string) {
    this.session = session;
    this.groupId = groupId;
  }

  /** A group that begins at the log's start and assigns at once. */
  static async open(session: Session, configs: Readonly<Record<string, string>> = {}): Promise<ShareSteps> {
    const groupId = session.name('group');
    await session.awaitCoordinator(groupId);
    const values = { 'share.auto.offset.reset': 'earliest', 'share.assignment.interval.ms': '0', ...configs };
    const entries = Object.entries(values).map(([name, value]) => ({ name, configOperation: 0, value }));
    await session.quietly('IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: GROUP_RESOURCE, resourceName: groupId, configs: entries }],
    });
    await delay(METADATA_MS);
    return new ShareSteps(session, groupId);
  }

  async beat(step: string, memberId: string, memberEpoch: number, body: Body = {}): Promise<any> {
    const { groupId } = this;
    const request = { groupId, memberId, memberEpoch, rackId: null, subscribedTopicNames: null, ...body };
    const answer = await this.session.call(step, 'ShareGroupHeartbeat', 1, request);
    if (answer.errorCode === 0) this.#note(memberId, answer);
    return answer;
  }

  #note(memberId: string, { memberEpoch, assignment }: any): void {
    this.#epochs.set(memberId, memberEpoch);
    const told: ReadonlyArray<{ partitions: number[] }> | undefined = assignment?.topicPartitions;
    if (told === undefined) return;
    this.#held.set(
      memberId,
      told.reduce((sum, { partitions }) => sum + partitions.length, 0),
    );
  }

  join(step: string, memberId: string, ...subscribedTopicNames: string[]): Promise<any> {
    return this.beat(step, memberId, 0, { subscribedTopicNames });
  }

  /** Beats until the member has so many partitions; gives its epoch. */
  async awaitAssigned(memberId: string, count: number): Promise<number> {
    for (let polls = 0; polls < MOST_POLLS; polls++) {
      const memberEpoch = this.#epochs.get(memberId) ?? 0;
      const request = { groupId: this.groupId, memberId, memberEpoch, rackId: null, subscribedTopicNames: null };
      const answer = await this.session.quietly('ShareGroupHeartbeat', 1, request);
      if (answer.errorCode !== 0) throw new Error(`a heartbeat was answered ${answer.errorCode}`);
      this.#note(memberId, answer);
      if (this.#held.get(memberId) === count) return answer.memberEpoch;
      await delay(POLL_MS);
    }
    throw new Error(`${memberId} has ${this.#held.get(memberId)} partitions, not ${count}`);
  }

  /** A member with all of a topic's partitions. */
  async member(memberId: string, topic: string, count = 1): Promise<number> {
    const request = { groupId: this.groupId, memberId, memberEpoch: 0, rackId: null, subscribedTopicNames: [topic] };
    this.#note(memberId, await this.session.quietly('ShareGroupHeartbeat', 1, request));
    return this.awaitAssigned(memberId, count);
  }

  describe(step: string): Promise<any> {
    return this.session.call(step, 'ShareGroupDescribe', 1, {
      groupIds: [this.groupId],
      includeAuthorizedOperations: true,
    });
  }

  fetch(step: string, memberId: string, epoch: number, topicId: string, body: Body = {}, ...said: Said[]) {
    return this.session.call(step, 'ShareFetch', 2, this.#fetchRequest(memberId, epoch, topicId, body, said), memberId);
  }

  #fetchRequest(memberId: string, epoch: number, topicId: string, body: Body, said: readonly Said[]): Body {
    return {
      groupId: this.groupId,
      memberId,
      shareSessionEpoch: epoch,
      maxWaitMs: 5000,
      minBytes: 1,
      maxBytes: 1_000_000,
      maxRecords: 500,
      batchSize: 500,
      topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: said.map(batchOf) }] }],
      forgottenTopicsData: [],
      ...body,
    };
  }

  acknowledge(step: string, memberId: string, epoch: number, topicId: string, ...said: Said[]): Promise<any> {
    return this.acknowledgeWith(step, memberId, epoch, topicId, {}, ...said);
  }

  acknowledgeWith(step: string, memberId: string, epoch: number, topicId: string, body: Body, ...said: Said[]) {
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: said.map(batchOf) }];
    const topics = [{ topicId, partitions }];
    const request = { groupId: this.groupId, memberId, shareSessionEpoch: epoch, topics, ...body };
    return this.session.call(step, 'ShareAcknowledge', 2, request, memberId);
  }

  offsets(step: string, topics: readonly Body[] | null, version = 1): Promise<any> {
    const request = { groups: [{ groupId: this.groupId, topics }] };
    return this.session.call(step, 'DescribeShareGroupOffsets', version, request);
  }

  alter(step: string, topicName: string, ...offsets: number[]): Promise<any> {
    const partitions = offsets.map((startOffset, partitionIndex) => ({ partitionIndex, startOffset }));
    const request = { groupId: this.groupId, topics: [{ topicName, partitions }] };
    return this.session.call(step, 'AlterShareGroupOffsets', 0, request);
  }

  deleteOffsets(step: string, ...names: string[]): Promise<any> {
    const request = { groupId: this.groupId, topics: names.map((topicName) => ({ topicName })) };
    return this.session.call(step, 'DeleteShareGroupOffsets', 0, request);
  }
}

/** A topic with a record in each of some batches, and a member that has it. */
export async function readTopic(
  session: Session,
  counts: readonly number[],
  configs: Readonly<Record<string, string>> = {},
): Promise<{ steps: ShareSteps; topicId: string; topic: string; epoch: number }> {
  const { name: topic, topicId } = await session.createTopic('t', 1, ONE_SEGMENT);
  for (const count of counts) await session.produce(topic, records(count));
  const steps = await ShareSteps.open(session, configs);
  return { steps, topicId, topic, epoch: await steps.member('a', topic) };
}

const memberCases: readonly Case[] = [
  {
    name: 'a share group is joined, described and left',
    run: async (session) => {
      // With more, it would be chance which of them move to the second member.
      const { name: topic } = await session.createTopic('t', 1);
      const steps = await ShareSteps.open(session);
      await steps.describe('before');
      await steps.join('join', 'a', topic);
      const epoch = await steps.awaitAssigned('a', 1);
      await steps.beat('beat', 'a', epoch);
      await steps.beat('beat with the same topics', 'a', epoch, { subscribedTopicNames: [topic] });
      await steps.describe('one member');
      await steps.join('a second', 'b', topic);
      await steps.awaitAssigned('a', 1);
      await steps.awaitAssigned('b', 1);
      await steps.describe('two members');
      await session.call('list', 'ListGroups', 5, { statesFilter: [], typesFilter: ['share'] });
      await session.call('delete', 'DeleteGroups', 2, { groupsNames: [steps.groupId] });
      await steps.beat('leave', 'a', -1);
      await steps.beat('leave again', 'a', -1);
      await steps.beat('beat after it', 'a', epoch);
      await steps.beat('the other leaves', 'b', -1);
      await steps.describe('empty');
      await session.call('delete it empty', 'DeleteGroups', 2, { groupsNames: [steps.groupId] });
      await steps.describe('after its deletion');
      await steps.join('join anew', 'a', topic);
    },
  },
  {
    name: 'heartbeats of share groups are refused',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const steps = await ShareSteps.open(session);
      await steps.beat('an unknown group', 'a', 1);
      await steps.beat('an unknown group left', 'a', -1);
      await steps.join('no member', '', topic);
      await steps.join('a blank member', ' ', topic);
      await steps.beat('no group', 'a', 0, { groupId: '', subscribedTopicNames: [topic] });
      await steps.beat('an empty rack', 'a', 0, { rackId: '', subscribedTopicNames: [topic] });
      await steps.beat('no topics', 'a', 0);
      await steps.join('an empty list', 'a');
      await steps.beat('epoch -2', 'a', -2);
      await steps.beat('epoch -3', 'a', -3);
      await steps.join('joined', 'b', topic);
      const epoch = await steps.awaitAssigned('b', 2);
      await steps.beat('a future epoch', 'b', epoch + 1);
      await steps.beat('an unknown member', 'z', epoch);
      await steps.beat('an unknown member left', 'z', -1);
      await steps.beat('another group type', 'b', 0, { groupId: steps.groupId, subscribedTopicNames: [topic] });
      const heartbeat = { groupId: steps.groupId, memberId: 'c', memberEpoch: 0, rebalanceTimeoutMs: 60_000 };
      await session.call('as a consumer', 'ConsumerGroupHeartbeat', 1, {
        ...heartbeat,
        subscribedTopicNames: [topic],
        topicPartitions: [],
      });
      await session.call('a commit', 'OffsetCommit', 9, {
        groupId: steps.groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
      });
      await session.call('described as a consumer group', 'ConsumerGroupDescribe', 1, { groupIds: [steps.groupId] });
      await session.call('described as a classic group', 'DescribeGroups', 6, { groups: [steps.groupId] });
    },
  },
  {
    name: 'what members of share groups subscribe to changes',
    run: async (session) => {
      const { name: first } = await session.createTopic('first', 2);
      const { name: second } = await session.createTopic('second', 1);
      const steps = await ShareSteps.open(session);
      const { memberEpoch } = await steps.join('a topic that is not there', 'a', session.name('later'));
      await steps.beat('beat', 'a', memberEpoch);
      await steps.describe('nothing to assign');
      await steps.beat('a topic that is there', 'a', memberEpoch, { subscribedTopicNames: [first] });
      let epoch = await steps.awaitAssigned('a', 2);
      await steps.beat('two topics', 'a', epoch, { subscribedTopicNames: [first, second] });
      epoch = await steps.awaitAssigned('a', 3);
      await steps.describe('both');
      await steps.beat('one topic again', 'a', epoch, { subscribedTopicNames: [second] });
      await steps.awaitAssigned('a', 1);
      await steps.describe('one');
    },
  },
];

const acknowledgeCases: readonly Case[] = [
  {
    name: 'records are acquired and acknowledged',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [3, 2, 5]);
      await steps.fetch('all', 'a', 0, topicId);
      await steps.acknowledge('some', 'a', 1, topicId, [0, 2, ACCEPT], [3, 3, RELEASE], [4, 4, REJECT]);
      await steps.fetch('what was released', 'a', 2, topicId);
      await steps.acknowledge('each by its type', 'a', 3, topicId, [5, 9, ACCEPT, RELEASE, REJECT, GAP, RELEASE]);
      await steps.acknowledge('again', 'a', 4, topicId, [5, 5, ACCEPT]);
      await steps.fetch('again', 'a', 5, topicId, {}, [3, 3, ACCEPT]);
      await steps.offsets('offsets', null);
      await steps.fetch('close', 'a', -1, topicId, {}, [6, 6, ACCEPT]);
      await steps.fetch('a new session', 'a', 0, topicId);
      await steps.acknowledge('the rest', 'a', 1, topicId, [9, 9, ACCEPT]);
      await steps.offsets('offsets in the end', null);
      await steps.fetch('nothing', 'a', 2, topicId, { maxWaitMs: 10 });
    },
  },
  {
    name: 'acknowledgements that are refused',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [3, 3]);
      await steps.fetch('all', 'a', 0, topicId);
      let epoch = 1;
      const say = (step: string, ...said: Said[]) => steps.acknowledge(step, 'a', epoch++, topicId, ...said);
      await say('offsets that are not there', [6, 9, ACCEPT]);
      await say('more than is there', [4, 9, ACCEPT]);
      await say('first behind last', [2, 1, ACCEPT]);
      await say('overlapping', [0, 2, ACCEPT], [2, 3, ACCEPT]);
      await say('out of order', [3, 3, ACCEPT], [0, 0, ACCEPT]);
      await say('an unknown type', [0, 0, 5]);
      await say('a negative type', [0, 0, -1]);
      await say('no type', [0, 0]);
      await say('too many types', [0, 0, ACCEPT, ACCEPT]);
      await say('too few types', [0, 2, ACCEPT, ACCEPT]);
      await say('a negative offset', [-1, 0, ACCEPT]);
      await say('good beside bad', [0, 0, ACCEPT], [7, 7, ACCEPT]);
      await say('nothing');
      await say('renewed without a word', [0, 0, RENEW]);
      await steps.fetch('bad with a fetch', 'a', epoch++, topicId, { maxWaitMs: 10 }, [2, 1, ACCEPT]);
      await steps.fetch('not there with a fetch', 'a', epoch++, topicId, { maxWaitMs: 10 }, [7, 7, ACCEPT]);
      await say('all', [0, 5, ACCEPT]);
      await say('all again', [0, 5, ACCEPT]);
      await session.call('as nobody', 'ShareAcknowledge', 2, {
        groupId: steps.groupId,
        memberId: 'nobody',
        shareSessionEpoch: 1,
        topics: [],
      });
    },
  },
  {
    name: 'records of another member',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [4, 4]);
      await steps.fetch('a has some', 'a', 0, topicId, { maxRecords: 1 });
      await steps.fetch('b has others', 'b', 0, topicId);
      await steps.acknowledge('b of a', 'b', 1, topicId, [0, 0, ACCEPT]);
      await steps.acknowledge('a of b', 'a', 1, topicId, [4, 7, ACCEPT]);
      await steps.acknowledge('over both', 'a', 2, topicId, [0, 7, ACCEPT]);
      await steps.fetch('a closes', 'a', -1, topicId);
      await steps.fetch('b gets what a had', 'b', 2, topicId);
    },
  },
  {
    name: 'acquisition locks are renewed',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [4]);
      await steps.fetch('all', 'a', 0, topicId);
      const renew = { isRenewAck: true };
      await steps.acknowledgeWith('renewed', 'a', 1, topicId, renew, [0, 1, RENEW]);
      await steps.acknowledgeWith('renewed beside others', 'a', 2, topicId, renew, [
        0,
        3,
        RENEW,
        ACCEPT,
        RENEW,
        RELEASE,
      ]);
      const still = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, maxRecords: 0, isRenewAck: true };
      await steps.fetch('renewed with a fetch', 'a', 3, topicId, still, [0, 0, RENEW]);
      await steps.fetch('that would wait', 'a', 4, topicId, { ...still, maxWaitMs: 10 }, [0, 0, RENEW]);
      await steps.fetch('that wants records', 'a', 4, topicId, { ...still, maxRecords: 1 }, [0, 0, RENEW]);
      await steps.fetch('without saying so', 'a', 4, topicId, { ...still, isRenewAck: false }, [0, 0, RENEW]);
      await steps.acknowledgeWith('what was accepted', 'a', 5, topicId, renew, [1, 1, RENEW]);
    },
  },
  {
    name: 'locks are not renewed where the group does not allow it',
    run: async (session) => {
      const configs = { 'share.renew.acknowledge.enable': 'false' };
      const { steps, topicId } = await readTopic(session, [2], configs);
      await steps.fetch('all', 'a', 0, topicId);
      await steps.acknowledgeWith('renewed', 'a', 1, topicId, { isRenewAck: true }, [0, 0, RENEW]);
      await steps.acknowledge('accepted', 'a', 2, topicId, [0, 1, ACCEPT]);
    },
  },
  {
    name: 'records that are given back too often',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [6, 2], { 'share.delivery.count.limit': '3' });
      await steps.fetch('first', 'a', 0, topicId);
      await steps.acknowledge('back', 'a', 1, topicId, [0, 7, RELEASE]);
      await steps.fetch('second', 'a', 2, topicId);
      await steps.acknowledge('back again', 'a', 3, topicId, [0, 7, RELEASE]);
      await steps.fetch('third', 'a', 4, topicId);
      await steps.acknowledge('for the last time', 'a', 5, topicId, [0, 1, ACCEPT], [2, 7, RELEASE]);
      for (let epoch = 6; epoch < 20; epoch += 2) {
        await steps.fetch(`then ${epoch}`, 'a', epoch, topicId, { maxWaitMs: 50 });
        await steps.acknowledge(`back then ${epoch}`, 'a', epoch + 1, topicId, [2, 7, RELEASE]);
      }
      await steps.offsets('offsets', null);
    },
  },
];

const fetchCases: readonly Case[] = [
  {
    name: 'sessions of share groups',
    run: async (session) => {
      const { steps, topicId, topic } = await readTopic(session, [2]);
      await steps.acknowledge('no session', 'a', 1, topicId, [0, 0, ACCEPT]);
      await steps.fetch('no session either', 'a', 1, topicId);
      await steps.fetch('closed without one', 'a', -1, topicId);
      await steps.fetch('opened with words', 'a', 0, topicId, {}, [0, 0, ACCEPT]);
      await steps.acknowledge('words open none', 'a', 0, topicId, [0, 0, ACCEPT]);
      await steps.fetch('opened', 'a', 0, topicId);
      await steps.fetch('a future epoch', 'a', 7, topicId);
      await steps.fetch('an old epoch', 'a', 0, topicId, { maxWaitMs: 10 });
      await steps.fetch('goes on', 'a', 1, topicId, { maxWaitMs: 10, topics: [] });
      await session.produce(topic, records(2));
      await steps.fetch('what is new', 'a', 2, topicId, { topics: [] });
      const forgottenTopicsData = [{ topicId, partitions: [0] }];
      await steps.fetch('forgotten', 'a', 3, topicId, { maxWaitMs: 10, topics: [], forgottenTopicsData });
      await session.produce(topic, records(1));
      await steps.fetch('nothing is left', 'a', 4, topicId, { maxWaitMs: 10, topics: [] });
      await steps.acknowledge('closed', 'a', -1, topicId);
      await steps.fetch('after it', 'a', 5, topicId);
      await steps.fetch('no member', '', 0, topicId);
      await steps.fetch('no group', 'a', 0, topicId, { groupId: '' });
      await steps.fetch('another group', 'a', 0, topicId, { groupId: session.name('other'), maxWaitMs: 1000 });
    },
  },
  {
    name: 'partitions that a share fetch cannot read',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [2]);
      const unknown = 'fnlWo3TyTbm6wBoIGyzaXg';
      const ask = (id: string, partitionIndex: number) => ({
        topics: [{ topicId: id, partitions: [{ partitionIndex, acknowledgementBatches: [] }] }],
        maxWaitMs: 10,
      });
      await steps.fetch('no such partition', 'a', 0, topicId, ask(topicId, 3));
      await steps.fetch('no such topic', 'a', 0, topicId, ask(unknown, 0));
      await steps.fetch('one that is there', 'a', 0, topicId, { maxWaitMs: 1000 });
      await steps.acknowledge('of no such topic', 'a', 1, unknown, [0, 0, ACCEPT]);
      const other = await session.createTopic('other');
      await steps.fetch('one without a state', 'a', 2, other.topicId, { maxWaitMs: 100 });
      await steps.acknowledge('of one without a state', 'a', 3, other.topicId, [0, 0, ACCEPT]);
    },
  },
  {
    name: 'how many records a share fetch acquires',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [4, 4, 4, 4]);
      await steps.fetch('a batch at least', 'a', 0, topicId, { maxRecords: 1 });
      await steps.fetch('two batches', 'a', 1, topicId, { maxRecords: 5 });
      await steps.acknowledge('back', 'a', 2, topicId, [0, 11, RELEASE]);
      await steps.fetch('exactly', 'a', 3, topicId, { maxRecords: 5, shareAcquireMode: 1 });
      await steps.fetch('exactly the next', 'a', 4, topicId, { maxRecords: 2, shareAcquireMode: 1 });
      await steps.acknowledge('back again', 'a', 5, topicId, [0, 6, RELEASE]);
      await steps.fetch('cut into small ones', 'a', 6, topicId, { batchSize: 2 });
      await steps.fetch('an unknown mode', 'a', 7, topicId, { shareAcquireMode: 2, maxWaitMs: 10 });
      await steps.fetch('no records', 'a', 8, topicId, { maxRecords: 0, maxWaitMs: 10 });
      await steps.fetch('no bytes', 'a', 8, topicId, { maxBytes: 0, maxWaitMs: 10 });
      await steps.fetch('the rest', 'a', 8, topicId, { maxBytes: 0, maxWaitMs: 10, maxRecords: 100 });
    },
  },
  {
    name: 'as many records as a share partition may have in flight',
    run: async (session) => {
      const configs = { 'share.partition.max.record.locks': '100' };
      const { steps, topicId } = await readTopic(session, [60, 60, 60], configs);
      await steps.fetch('until there are enough', 'a', 0, topicId);
      await steps.fetch('no more', 'a', 1, topicId, { maxWaitMs: 50 });
      await steps.acknowledge('not the first', 'a', 2, topicId, [60, 99, ACCEPT]);
      await steps.fetch('still no more', 'a', 3, topicId, { maxWaitMs: 50 });
      await steps.acknowledge('the first', 'a', 4, topicId, [0, 59, ACCEPT]);
      await steps.fetch('the rest', 'a', 5, topicId);
    },
  },
  {
    name: 'a share group reads from where it is to begin',
    run: async (session) => {
      const { name: topic, topicId } = await session.createTopic('t');
      await session.produce(topic, records(5));
      const steps = await ShareSteps.open(session, { 'share.auto.offset.reset': 'latest' });
      await steps.member('a', topic);
      await steps.fetch('nothing new', 'a', 0, topicId, { maxWaitMs: 200 });
      await session.produce(topic, records(2));
      await steps.fetch('what is new', 'a', 1, topicId);
      await steps.offsets('offsets', null);
      await session.call('deleted', 'DeleteRecords', 2, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 6 }] }],
        timeoutMs: 1000,
      });
      await steps.acknowledge('over the start of the log', 'a', 2, topicId, [5, 6, RELEASE]);
      await steps.fetch('what is left', 'a', 3, topicId);
    },
  },
];

const offsetCases: readonly Case[] = [
  {
    name: 'offsets of share groups are described, changed and deleted',
    run: async (session) => {
      const { steps, topic, epoch } = await readTopic(session, [5]);
      const all = [{ topicName: topic, partitions: [0] }];
      for (const version of [0, 1]) await steps.offsets(`v${version}`, all, version);
      await steps.offsets('all', null);
      await steps.offsets('others', [...all, { topicName: 'no', partitions: [0] }]);
      await steps.alter('while it has members', topic, 1);
      await steps.deleteOffsets('while it has members', topic);
      await steps.beat('leave', 'a', -1);
      await steps.alter('changed', topic, 3);
      await steps.offsets('after it', all);
      await steps.alter('partitions that are not there', topic, 1, 1);
      await steps.alter('a topic that is not there', 'no', 1);
      await steps.alter('a negative offset', topic, -1);
      await steps.offsets('after these', all);
      await steps.deleteOffsets('a topic that is not there', 'no');
      await steps.deleteOffsets('deleted', topic);
      await steps.deleteOffsets('deleted again', topic);
      await steps.offsets('when deleted', all);
      await steps.offsets('all when deleted', null);
      await steps.describe('the group');
      await steps.beat('an old member', 'a', epoch);
    },
  },
  {
    name: 'offsets of share groups that are not there',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t');
      const steps = await ShareSteps.open(session);
      await steps.offsets('described', [{ topicName: topic, partitions: [0] }]);
      await steps.offsets('all described', null);
      await steps.deleteOffsets('deleted', topic);
      await steps.alter('changed', topic, 2);
      await steps.offsets('described then', [{ topicName: topic, partitions: [0] }]);
      await steps.describe('the group');
    },
  },
];

const transactionCases: readonly Case[] = ['read_committed', 'read_uncommitted'].map((level) => ({
  name: `share groups and transactions, ${level}`,
  run: async (session) => {
    const { steps, topicId, topic } = await readTopic(session, [2], { 'share.isolation.level': level });
    const producer = await TransactionalProducer.open(session, 'writer', 'new');
    await producer.write(topic, 0, 3);
    await steps.fetch('in a transaction', 'a', 0, topicId);
    await producer.end(false);
    await awaitStable(session, topic, 6);
    await producer.write(topic, 0, 2);
    await producer.end(true);
    await awaitStable(session, topic, 9);
    await session.produce(topic, records(1));
    await delay(METADATA_MS);
    await steps.fetch('after it', 'a', 1, topicId);
    await steps.acknowledge('aborted and markers, too', 'a', 2, topicId, [0, 9, ACCEPT]);
    await steps.acknowledge('what there is', 'a', 3, topicId, [0, 1, ACCEPT], [6, 7, RELEASE], [9, 9, ACCEPT]);
    await steps.fetch('again', 'a', 4, topicId, { maxWaitMs: 50 });
    await steps.offsets('offsets', null);
  },
}));

/** How many of them share a batch is a matter of time. */
function lettersOf(records: Uint8Array): unknown {
  const bytes = Buffer.from(records);
  return [...batchPositions(bytes)].flatMap((at) =>
    decodeRecordsSync(bytes, at).map(({ offset, key, value, headers }) => ({
      offset,
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
      headers: headers.map((header) => `${header.key.toString()}: ${header.value?.toString() ?? ''}`),
    })),
  );
}

const deadLetterCases: readonly Case[] = ['false', 'true'].map((isCopied) => ({
  name: `dead letters of share groups${isCopied === 'true' ? ' with the records' : ''}`,
  run: async (session) => {
    const dead = await session.createTopic('dlq', 1, { 'errors.deadletterqueue.group.enable': 'true' });
    await session.quietly('IncrementalAlterConfigs', 1, {
      resources: [
        {
          resourceType: BROKER_RESOURCE,
          resourceName: '',
          configs: [{ name: 'errors.deadletterqueue.topic.name.prefix', configOperation: 0, value: 'd' }],
        },
      ],
    });
    const { steps, topicId } = await readTopic(session, [3, 4], {
      'share.delivery.count.limit': '2',
      'errors.deadletterqueue.topic.name': dead.name,
      'errors.deadletterqueue.copy.record.enable': isCopied,
    });
    await steps.fetch('all', 'a', 0, topicId);
    await steps.acknowledge('rejected', 'a', 1, topicId, [
      0,
      6,
      ACCEPT,
      REJECT,
      RELEASE,
      ACCEPT,
      REJECT,
      REJECT,
      ACCEPT,
    ]);
    await delay(LETTER_MS);
    await steps.fetch('again', 'a', 2, topicId);
    await steps.acknowledge('given back', 'a', 3, topicId, [2, 2, RELEASE]);
    await delay(LETTER_MS);
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }];
    const fetch = { maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, topics: [{ topicId: dead.topicId, partitions }] };
    const fetched = await session.quietly('Fetch', 13, fetch);
    session.transcript.push({ step: 'letters', answer: lettersOf(fetched.responses[0].partitions[0].records) });
    await steps.offsets('offsets', null);
  },
}));

const stateCases: readonly Case[] = [
  {
    name: 'states of share groups',
    run: async (session) => {
      const { topicId } = await session.createTopic('t');
      const groupId = session.name('group');
      const coordinator = { keyType: 2, coordinatorKeys: [`${groupId}:${topicId}:0`] };
      for (;;) {
        const found = await session.quietly('FindCoordinator', 6, coordinator);
        if (found.coordinators[0].errorCode === 0) break;
      }
      await delay(METADATA_MS);
      const of = (fields: Body): Body => ({
        groupId,
        topics: [{ topicId, partitions: [{ partition: 0, ...fields }] }],
      });
      const initialize = (step: string, fields: Body) => session.call(step, 'InitializeShareGroupState', 0, of(fields));
      const read = (step: string, leaderEpoch: number) =>
        session.call(step, 'ReadShareGroupState', 0, of({ leaderEpoch }));
      const write = (step: string, fields: Body) => session.call(step, 'WriteShareGroupState', 1, of(fields));
      const summary = (step: string) => session.call(step, 'ReadShareGroupStateSummary', 1, of({ leaderEpoch: 0 }));
      const remove = (step: string) => session.call(step, 'DeleteShareGroupState', 0, of({}));
      const batch = (firstOffset: number, lastOffset: number, deliveryState: number, deliveryCount: number): Body => {
        return { firstOffset, lastOffset, deliveryState, deliveryCount };
      };
      const numbers = { stateEpoch: 1, leaderEpoch: 3, startOffset: 5, deliveryCompleteCount: 2 };
      await read('none', 0);
      await summary('none summed up');
      await write('none written', { ...numbers, stateBatches: [] });
      await remove('none deleted');
      await initialize('no state epoch', { stateEpoch: -1, startOffset: 5 });
      await initialize('begun', { stateEpoch: 1, startOffset: 5 });
      await summary('begun summed up');
      await read('begun read', 3);
      await read('read by an older leader', 2);
      await read('read by the same', 3);
      await write('written', { ...numbers, stateBatches: [batch(5, 9, 0, 1), batch(10, 12, 2, 1)] });
      await read('what was written', 3);
      await summary('what was written, summed up');
      await write('over it', { ...numbers, startOffset: 7, stateBatches: [batch(8, 11, 4, 2)] });
      await read('what is left', 3);
      await write('an older leader', { ...numbers, leaderEpoch: 2, stateBatches: [] });
      await write('a newer leader', { ...numbers, leaderEpoch: 4, stateBatches: [] });
      await write('an older state', { ...numbers, stateEpoch: 0, stateBatches: [] });
      await write('a newer state', { ...numbers, stateEpoch: 2, startOffset: -1, stateBatches: [batch(20, 21, 0, 3)] });
      await read('after these', 4);
      await summary('after these, summed up');
      await initialize('an older epoch', { stateEpoch: 0, startOffset: 1 });
      await initialize('anew', { stateEpoch: 4, startOffset: -1 });
      await summary('anew, summed up');
      await read('anew, read', 5);
      await remove('deleted');
      await read('when deleted', 5);
      await remove('deleted again');
    },
  },
];

export const shareGroupCases: readonly Case[] = [
  ...memberCases,
  ...acknowledgeCases,
  ...fetchCases,
  ...offsetCases,
  ...transactionCases,
  ...deadLetterCases,
  ...stateCases,
];
