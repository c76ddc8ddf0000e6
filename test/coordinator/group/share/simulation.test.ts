/**
 * Share groups under random joins, leaves, silence, new partitions and restarts of the broker. One seed again:
 * node --test --test-name-pattern='seed 7$' test/coordinator/group/share/simulation.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeShareGroupDescribeRequest } from '../../../../protocol/generated/share-group-describe-request.ts';
import {
  readShareGroupDescribeResponse,
  type ShareGroupDescribeResponse,
} from '../../../../protocol/generated/share-group-describe-response.ts';
import { writeShareGroupHeartbeatRequest } from '../../../../protocol/generated/share-group-heartbeat-request.ts';
import {
  readShareGroupHeartbeatResponse,
  type ShareGroupHeartbeatResponse,
} from '../../../../protocol/generated/share-group-heartbeat-response.ts';
import { seededRandom, type Random } from '../../../../src/base/random.ts';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { REWRITE_AGE_MS } from '../../../../src/coordinator/rewrite.ts';
import { shareGroupDescribeHandler } from '../../../../src/handlers/share-group-describe.ts';
import { shareGroupHeartbeatHandler } from '../../../../src/handlers/share-group-heartbeat.ts';
import { call } from '../../../support/admin-services.ts';
import { GroupWorld, settle } from '../../../support/groups.ts';

const HEARTBEAT_MS = 5000;
const SESSION_MS = 45_000;
const SETTINGS = { 'offsets.topic.num.partitions': '1', 'share.coordinator.state.topic.num.partitions': '1' };
const TOPICS = ['orders', 'invoices'];

const HEARTBEAT = {
  api: shareGroupHeartbeatHandler,
  write: writeShareGroupHeartbeatRequest,
  read: readShareGroupHeartbeatResponse,
};
const DESCRIBE = {
  api: shareGroupDescribeHandler,
  write: writeShareGroupDescribeRequest,
  read: readShareGroupDescribeResponse,
};

type Described = ShareGroupDescribeResponse['groups'][number];

class Member {
  readonly memberId: string;
  topics: readonly string[];
  epoch = 0;
  /** Names of partitions. */
  assigned: readonly string[] = [];

  constructor(memberId: string, topics: readonly string[]) {
    this.memberId = memberId;
    this.topics = topics;
  }
}

class Simulation {
  readonly random: Random;
  readonly members: Member[] = [];
  world: GroupWorld;
  #count = 0;
  #groupEpoch = 0;

  constructor(world: GroupWorld, random: Random) {
    this.world = world;
    this.random = random;
  }

  static async open(seed: number): Promise<Simulation> {
    const world = await GroupWorld.open(SETTINGS);
    await world.createTopic('invoices');
    return new Simulation(world, seededRandom(seed));
  }

  async beat(member: Member, fields: { readonly memberEpoch?: number } = {}): Promise<void> {
    const { memberId, epoch, topics } = member;
    const memberEpoch = fields.memberEpoch ?? epoch;
    const response: ShareGroupHeartbeatResponse = await call(this.world.services, HEARTBEAT, 1, {
      groupId: 'group',
      memberId,
      memberEpoch,
      rackId: null,
      subscribedTopicNames: memberEpoch < 0 ? null : [...topics],
    });
    if (response.errorCode !== 0) {
      // Only who was silent for too long, or whose broker lost its last change, has to begin anew.
      assert.ok([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH].includes(response.errorCode as never));
      member.epoch = 0;
      member.assigned = [];
      return;
    }
    assert.ok(response.memberEpoch >= epoch || memberEpoch < 0, 'an epoch went back');
    member.epoch = response.memberEpoch;
    if (response.assignment === null) return;
    member.assigned = response.assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
      partitions.map((index) => `${this.world.metadata.topicById(topicId)?.name}${index}`),
    );
  }

  /** All members beat, and what follows from it happens. */
  async round(ms = HEARTBEAT_MS): Promise<void> {
    for (const member of this.members) await this.beat(member);
    await this.world.pass(ms);
    await settle();
  }

  async describe(): Promise<Described> {
    const request = { groupIds: ['group'], includeAuthorizedOperations: false };
    const { groups } = await call(this.world.services, DESCRIBE, 1, request);
    const group = groups[0] as Described;
    if (group.errorCode === 0) {
      assert.ok(group.groupEpoch >= this.#groupEpoch, 'the group epoch went back');
      this.#groupEpoch = group.groupEpoch;
    }
    return group;
  }

  async step(): Promise<void> {
    const { random, members } = this;
    const member = members[random.int(Math.max(members.length, 1))];
    switch (random.int(8)) {
      case 0:
      case 1: {
        const topics = TOPICS.filter(() => random.int(2) === 0);
        members.push(new Member(`member-${this.#count++}`, topics.length === 0 ? ['orders'] : topics));
        return;
      }
      case 2:
        if (member === undefined) return;
        members.splice(members.indexOf(member), 1);
        if (member.epoch > 0) await this.beat(member, { memberEpoch: -1 });
        return;
      case 3:
        if (member !== undefined) members.splice(members.indexOf(member), 1);
        return;
      case 4:
        if (member !== undefined) member.topics = TOPICS;
        return;
      case 5:
        await this.restart();
        return;
      case 6: {
        const topic = TOPICS[random.int(2)] as string;
        const count = this.world.metadata.topic(topic)?.partitions.length ?? 0;
        if (count < 7) await this.world.metadata.createPartitions(topic, count + 1);
        return;
      }
      default:
        await this.round();
    }
  }

  /** What was told before the restart is told after it. */
  async restart(): Promise<void> {
    const before = await this.describe();
    this.world = await this.world.restart();
    await this.world.services.shareStates.whenLoaded();
    assert.deepEqual(await this.describe(), before);
  }

  /** All that is subscribed has somebody, once nothing changes any more. */
  async check(): Promise<void> {
    for (let i = 0; i < 4 + SESSION_MS / HEARTBEAT_MS; i++) await this.round();
    const group = await this.describe();
    if (this.members.length === 0) {
      assert.ok(group.errorCode !== 0 || group.groupState === 'Empty');
      return;
    }
    assert.equal(group.groupState, 'Stable');
    assert.deepEqual(
      group.members.map(({ memberId, memberEpoch }) => [memberId, memberEpoch]).toSorted(),
      this.members.map(({ memberId }) => [memberId, group.groupEpoch]).toSorted(),
    );
    const wanted = new Set(this.members.flatMap(({ topics }) => topics));
    const all = [...wanted].flatMap((topic) =>
      (this.world.metadata.topic(topic)?.partitions ?? []).map(({ index }) => topic + index),
    );
    assert.deepEqual([...new Set(this.members.flatMap(({ assigned }) => assigned))].toSorted(), all.toSorted());
    for (const { assigned } of this.members) assert.ok(assigned.length > 0, 'a member has nothing');
  }
}

for (let seed = 1; seed <= 12; seed++) {
  test(`share groups keep what they promise, seed ${seed}`, async () => {
    const simulation = await Simulation.open(seed);
    for (let i = 0; i < 40; i++) {
      await simulation.step();
      if (i % 20 === 19) await simulation.check();
    }
    await simulation.restart();
    await simulation.check();
  });
}

test('a share group survives a restart after its log was written anew', async () => {
  const simulation = await Simulation.open(1);
  simulation.members.push(new Member('a', ['orders']), new Member('b', TOPICS));
  await simulation.check();
  const log = () => simulation.world.partitions.get('__consumer_offsets', 0);
  const endOffset = log()?.logEndOffset ?? 0;
  for (let passedMs = 0; passedMs < REWRITE_AGE_MS + 60_000; passedMs += 40_000) await simulation.round(40_000);
  assert.ok((log()?.logStartOffset ?? 0) >= endOffset, 'the log was not written anew');
  await simulation.restart();
  await simulation.check();
});
