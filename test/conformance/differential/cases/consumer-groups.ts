/**
 * Consumer groups (KIP-848): random walks of members of both protocols, with the range assignor, whose choice depends on
 * nothing but the members. Assignments are written down by topic name, since ids have no order.
 */
import assert from 'node:assert/strict';
import { writeConsumerProtocolSubscription } from '../../../../protocol/generated/consumer-protocol-subscription.ts';
import { readConsumerProtocolAssignment } from '../../../../protocol/generated/consumer-protocol-assignment.ts';
import { Reader } from '../../../../protocol/reader.ts';
import { Writer } from '../../../../protocol/writer.ts';
import { batchPositions, decodeRecordsSync } from '../../../../protocol/records/iterate.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { partitionFor } from '../../../../src/coordinator/java-hash.ts';
import type { Case, Session } from '../session.ts';

const STEPS = 250;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const GROUP_RESOURCE = 32;
/** Of __consumer_offsets, see BrokerProcess. */
const OFFSETS_PARTITIONS = 5;

interface Topic {
  readonly name: string;
  readonly topicId: string;
}

type Partitions = Record<string, number[]>;

/** A member of the consumer protocol; those with an instance id are static. */
interface Member {
  readonly memberId: string;
  readonly instanceId: string | null;
  epoch: number;
  assigned: Partitions;
}

/** A static member of the classic protocol: its id is the broker's, its place among the others is not. */
interface ClassicMember {
  readonly groupInstanceId: string;
  memberId: string;
  generationId: number;
}

class Walk {
  readonly #session: Session;
  readonly #random: Random;
  readonly #group: string;
  readonly #topics: readonly Topic[];
  readonly #members: readonly Member[];
  readonly #classics: readonly ClassicMember[];
  #step = 0;
  /** Where its records begin in the group's partition of __consumer_offsets. */
  #firstRecord = 0;

  constructor(session: Session, random: Random, topics: readonly Topic[]) {
    this.#session = session;
    this.#random = random;
    this.#group = session.name('walk');
    this.#topics = topics;
    const member = (memberId: string, instanceId: string | null): Member => ({
      memberId,
      instanceId,
      epoch: 0,
      assigned: {},
    });
    this.#members = [member('a', null), member('b', null), member('c', 'i5'), member('d', 'i5'), member('e', null)];
    this.#classics = ['i1', 'i9'].map((groupInstanceId) => ({ groupInstanceId, memberId: '', generationId: -1 }));
  }

  async run(): Promise<void> {
    await this.#session.awaitCoordinator(this.#group);
    await this.#session.quietly('IncrementalAlterConfigs', 1, {
      resources: [
        {
          resourceType: GROUP_RESOURCE,
          resourceName: this.#group,
          configs: [{ name: 'consumer.assignment.interval.ms', configOperation: 0, value: '0' }],
        },
      ],
    });
    await this.#session.published();
    await this.#begin();
    for (this.#step = 0; this.#step < STEPS; this.#step++) await this.#act();
    await this.#writeRecords();
  }

  /** What the group has in the log: types and lengths of its records, with a minus those of tombstones. */
  async #writeRecords(): Promise<void> {
    const index = partitionFor(this.#group, OFFSETS_PARTITIONS);
    const partitions = [{ partition: index, fetchOffset: this.#firstRecord, partitionMaxBytes: 20_000_000 }];
    const topics = [{ topic: '__consumer_offsets', partitions }];
    const fetched = await this.#session.quietly('Fetch', 12, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 20_000_000,
      topics,
    });
    const bytes = Buffer.from(fetched.responses[0].partitions[0].records);
    const found: string[] = [];
    for (const at of batchPositions(bytes)) {
      for (const { key, value } of decodeRecordsSync(bytes, at)) {
        if (key === null || !key.includes(this.#group)) continue;
        found.push(`${value === null ? '-' : ''}${key.readInt16BE(0)}${value === null ? '' : ` ${value.length}`}`);
      }
    }
    assert.ok(found.length > STEPS / 4, `only ${found.length} records`);
    // The records of one kind within an operation come in the order of a hash map.
    this.#write('records', inAnyOrder(found));
  }

  /** The first member joins: what the group writes comes behind what the log ends with now. */
  async #begin(): Promise<void> {
    const partitions = [{ partitionIndex: partitionFor(this.#group, OFFSETS_PARTITIONS), timestamp: -1 }];
    const topics = [{ name: '__consumer_offsets', partitions }];
    const ends = await this.#session.quietly('ListOffsets', 6, { replicaId: -1, topics });
    this.#firstRecord = Number(ends.topics[0].partitions[0].offset);
    const member = this.#members[0] as Member;
    const joined = await this.#session.quietly('ConsumerGroupHeartbeat', 1, {
      groupId: this.#group,
      memberId: member.memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: [this.#topics[0]?.name ?? ''],
      topicPartitions: [],
      serverAssignor: 'range',
    });
    member.epoch = joined.memberEpoch;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.int(items.length)] as T;
  }

  #chance(percent: number): boolean {
    return this.#random.int(100) < percent;
  }

  async #act(): Promise<void> {
    const dice = this.#random.int(100);
    if (dice < 55) await this.#beat(this.#pick(this.#members));
    else if (dice < 63) await this.#leave(this.#pick(this.#members.slice(1)));
    else if (dice < 75) await this.#classic(this.#pick(this.#classics));
    else if (dice < 83) await this.#commit();
    else if (dice < 88) await this.#fetch();
    else await this.#describe();
  }

  #write(what: string, answer: unknown): void {
    this.#session.transcript.push({ step: `${this.#step}: ${what}`, answer });
  }

  #byName(listed: ReadonlyArray<{ topicId: string; partitions: number[] }>): Partitions {
    const entries = listed.map(({ topicId, partitions }) => [
      String(this.#topics.findIndex((topic) => topic.topicId === topicId)),
      [...partitions].sort((a, b) => a - b),
    ]);
    return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))) as Partitions;
  }

  #listed(partitions: Partitions): { topicId: string; partitions: number[] }[] {
    return Object.entries(partitions).map(([index, numbers]) => ({
      topicId: this.#topics[Number(index)]?.topicId ?? '',
      partitions: numbers,
    }));
  }

  #subscription(): string[] {
    return this.#topics.map(({ name }) => name).filter(() => this.#chance(65));
  }

  async #beat(member: Member): Promise<void> {
    const isJoin = member.epoch <= 0 || this.#chance(3);
    const stray = this.#chance(6) ? this.#random.int(3) - 1 : 0;
    const memberEpoch = isJoin ? 0 : Math.max(member.epoch + stray, 1);
    const owned = this.#chance(75) ? this.#listed(member.assigned) : null;
    const body: Record<string, unknown> = { memberEpoch, instanceId: member.instanceId, topicPartitions: owned };
    if (isJoin) Object.assign(body, { rebalanceTimeoutMs: 60_000, topicPartitions: [], serverAssignor: 'range' });
    if (isJoin || this.#chance(8)) body['subscribedTopicNames'] = this.#subscription();
    if (this.#chance(5))
      Object.assign(body, { rebalanceTimeoutMs: 60_000, subscribedTopicNames: this.#subscription() });
    if (this.#chance(4)) body['topicPartitions'] = isJoin ? [] : this.#listed({ 0: [0, 1] });
    await this.#send(member, body);
  }

  async #leave(member: Member): Promise<void> {
    const isForAWhile = member.instanceId !== null && this.#chance(60);
    await this.#send(member, { memberEpoch: isForAWhile ? -2 : -1, instanceId: member.instanceId });
  }

  async #send(member: Member, body: object): Promise<void> {
    const { memberId } = member;
    const request = { groupId: this.#group, memberId, ...body };
    const answer = await this.#session.quietly('ConsumerGroupHeartbeat', 1, request);
    const { errorCode, memberEpoch, heartbeatIntervalMs } = answer;
    const assignment = answer.assignment === null ? null : this.#byName(answer.assignment.topicPartitions);
    const asked = JSON.stringify(body, (key, value) => (key === 'topicPartitions' ? undefined : value));
    this.#write(`${memberId} ${asked}`, {
      errorCode,
      memberId: answer.memberId,
      memberEpoch,
      heartbeatIntervalMs,
      assignment,
    });
    if (errorCode !== 0) {
      if (errorCode !== 42) Object.assign(member, { epoch: 0, assigned: {} });
      return;
    }
    member.epoch = Math.max(memberEpoch, 0);
    if (memberEpoch <= 0) member.assigned = {};
    if (assignment !== null) member.assigned = assignment;
  }

  async #classic(member: ClassicMember): Promise<void> {
    const dice = this.#random.int(100);
    if (member.generationId < 0 || dice < 40) await this.#joinClassic(member);
    else if (dice < 80) await this.#heartbeatClassic(member);
    else await this.#leaveClassic(member);
  }

  async #joinClassic(member: ClassicMember): Promise<void> {
    const { groupInstanceId } = member;
    const writer = new Writer();
    writer.int16(1);
    writeConsumerProtocolSubscription(writer, { topics: this.#subscription() }, 1);
    const joined = await this.#session.quietly('JoinGroup', 7, {
      groupId: this.#group,
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.#chance(30) ? '' : member.memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: writer.toBuffer() }],
    });
    const { errorCode, generationId, leader, protocolName } = joined;
    this.#write(`${groupInstanceId} joins`, { errorCode, generationId, leader, protocolName });
    if (errorCode !== 0) {
      Object.assign(member, { memberId: '', generationId: -1 });
      return;
    }
    Object.assign(member, { memberId: joined.memberId, generationId });
    const { memberId } = member;
    const synced = await this.#session.quietly('SyncGroup', 5, {
      groupId: this.#group,
      generationId,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    });
    this.#write(`${groupInstanceId} syncs`, {
      errorCode: synced.errorCode,
      assignment: this.#assigned(synced.assignment),
    });
  }

  #assigned(bytes: Uint8Array): Partitions | null {
    if (bytes.length === 0) return null;
    const reader = new Reader(Buffer.from(bytes));
    const { assignedPartitions } = readConsumerProtocolAssignment(reader, reader.int16());
    const named = assignedPartitions.map(({ topic, partitions }) => ({
      topicId: this.#topics.find(({ name }) => name === topic)?.topicId ?? '',
      partitions,
    }));
    return this.#byName(named);
  }

  async #heartbeatClassic({ memberId, groupInstanceId, generationId }: ClassicMember): Promise<void> {
    const body = { groupId: this.#group, generationId, memberId, groupInstanceId };
    this.#write(`${groupInstanceId} beats`, (await this.#session.quietly('Heartbeat', 4, body)).errorCode);
  }

  async #leaveClassic(member: ClassicMember): Promise<void> {
    const { groupInstanceId } = member;
    const memberId = this.#chance(50) ? '' : member.memberId;
    const answer = await this.#session.quietly('LeaveGroup', 5, {
      groupId: this.#group,
      members: [{ memberId, groupInstanceId }],
    });
    this.#write(
      `${groupInstanceId} leaves`,
      answer.members.map(({ errorCode }: { errorCode: number }) => errorCode),
    );
    Object.assign(member, { memberId: '', generationId: -1 });
  }

  async #commit(): Promise<void> {
    const member = this.#pick(this.#members);
    const version = this.#chance(20) ? 8 : 9;
    const generationIdOrMemberEpoch = member.epoch + (this.#chance(60) ? 0 : this.#random.int(6) - 4);
    const topics = this.#topics
      .filter(() => this.#chance(40))
      .map(({ name }) => ({
        name,
        partitions: [{ partitionIndex: this.#random.int(4), committedOffset: this.#step }],
      }));
    const answer = await this.#session.quietly('OffsetCommit', version, {
      groupId: this.#group,
      generationIdOrMemberEpoch,
      memberId: member.memberId,
      topics,
    });
    const codes = answer.topics.flatMap((topic: { partitions: { errorCode: number }[] }) => topic.partitions);
    this.#write(`${member.memberId} commits v${version} at ${generationIdOrMemberEpoch}`, codes);
  }

  async #fetch(): Promise<void> {
    const member = this.#pick(this.#members);
    const memberEpoch = member.epoch + (this.#chance(60) ? 0 : this.#random.int(4) - 2);
    const request = { groupId: this.#group, memberId: member.memberId, memberEpoch, topics: null };
    const { groups } = await this.#session.quietly('OffsetFetch', 9, { groups: [request] });
    this.#write(`${member.memberId} fetches at ${memberEpoch}`, [groups[0].errorCode, groups[0].topics.length]);
  }

  async #describe(): Promise<void> {
    const { groups } = await this.#session.quietly('ConsumerGroupDescribe', 1, { groupIds: [this.#group] });
    const { errorCode, groupState, groupEpoch, assignmentEpoch, assignorName, members } = groups[0];
    const isClassic = (id: string): boolean => this.#classics.some(({ memberId }) => memberId === id);
    const described = members.map((member: any) => ({
      who: isClassic(member.memberId) ? member.instanceId : member.memberId,
      memberEpoch: member.memberEpoch,
      memberType: member.memberType,
      topics: [...member.subscribedTopicNames].map((name: string) => name.slice(-2)).sort(),
      assignment: this.#byName(member.assignment.topicPartitions),
      target: this.#byName(member.targetAssignment.topicPartitions),
    }));
    described.sort((a: { who: string }, b: { who: string }) => (a.who < b.who ? -1 : 1));
    this.#write('describe', { errorCode, groupState, groupEpoch, assignmentEpoch, assignorName, described });
  }
}

/** Neighbours of one type, sorted. */
function inAnyOrder(records: readonly string[]): string[] {
  const typeOf = (record: string): string => record.split(' ')[0] ?? '';
  const runs: string[][] = [];
  for (const record of records) {
    const run = runs.at(-1);
    if (run !== undefined && typeOf(run[0] ?? '') === typeOf(record)) run.push(record);
    else runs.push([record]);
  }
  return runs.flatMap((run) => run.sort());
}

export const consumerGroupCases: readonly Case[] = SEEDS.map((seed) => ({
  name: `consumer groups: a walk of members of both protocols, ${seed}`,
  async run(session) {
    const topics = [
      await session.createTopic('t0', 4),
      await session.createTopic('t1', 3),
      await session.createTopic('t2', 1),
    ];
    await new Walk(session, seededRandom(seed), topics).run();
  },
}));
