/** Steps of the cases of share groups (KIP-932). */
import { setTimeout as delay } from 'node:timers/promises';
import type { Body } from '../api-client.ts';
import { records, type Session } from '../session.ts';
import { ONE_SEGMENT } from '../transactional-producer.ts';

export const BROKER_RESOURCE = 4;
export const GROUP_RESOURCE = 32;
export const POLL_MS = 100;
export const MOST_POLLS = 900;

export const GAP = 0;
export const ACCEPT = 1;
export const RELEASE = 2;
export const REJECT = 3;
export const RENEW = 4;

export type Said = readonly [firstOffset: number, lastOffset: number, ...types: number[]];

function batchOf([firstOffset, lastOffset, ...acknowledgeTypes]: Said): Body {
  return { firstOffset, lastOffset, acknowledgeTypes };
}

/** What is done in the cases of share groups, one step a call. */
export class ShareSteps {
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
    await session.published();
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

  /** Looks until the group has so many records of its topic left: Kafka is done with a dead letter after it is written. */
  async awaitLag(lag: number): Promise<void> {
    for (let polls = 0; polls < MOST_POLLS; polls++) {
      const answer = await this.session.quietly('DescribeShareGroupOffsets', 1, {
        groups: [{ groupId: this.groupId, topics: null }],
      });
      if (Number(answer.groups[0]?.topics[0]?.partitions[0]?.lag) === lag) return;
      await delay(POLL_MS);
    }
    throw new Error(`the lag is not ${lag}`);
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
