/**
 * Streams groups under random joins, leaves, crashes, pauses, lost writes and restarts of the broker. One seed again:
 * node --test --test-name-pattern='seed 7$' test/coordinator/group/streams/simulation.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { ConfigResourceType } from '../../../../src/metadata/types.ts';
import { GroupWorld, settle } from '../../../support/groups.ts';
import { MemoryEngine } from '../../../support/memory-engine.ts';
import { SimulatedStreamsMember } from '../../../support/streams-member.ts';
import { describeStreams, internalTopic, subtopology } from '../../../support/streams-groups.ts';

/** Four stateless tasks and four with state. */
const TOPOLOGY = {
  epoch: 0,
  subtopologies: [
    subtopology('0', { sourceTopics: ['orders'], repartitionSinkTopics: ['r'] }),
    subtopology('1', { repartitionSourceTopics: [internalTopic('r')], stateChangelogTopics: [internalTopic('c')] }),
  ],
};
const ALL_TASKS = ['0_0', '0_1', '0_2', '0_3', '1_0', '1_1', '1_2', '1_3'];
const STATEFUL_TASKS = ALL_TASKS.slice(4);
const HEARTBEAT_MS = 5000;
const SESSION_MS = 45_000;

class Simulation {
  readonly random: Random;
  readonly members: SimulatedStreamsMember[] = [];
  world: GroupWorld;
  /** Largest group epoch seen. */
  #groupEpoch = 0;
  #count = 0;

  constructor(world: GroupWorld, random: Random) {
    this.world = world;
    this.random = random;
  }

  static async open(seed: number): Promise<Simulation> {
    const random = seededRandom(seed);
    const world = await GroupWorld.open({
      'offsets.topic.num.partitions': '1',
      'group.streams.initial.rebalance.delay.ms': random.int(2) === 0 ? '0' : '3000',
    });
    const standbys = new Map([['streams.num.standby.replicas', String(random.int(3))]]);
    await world.metadata.alterDynamicConfigs(ConfigResourceType.GROUP, 'group', () => standbys);
    return new Simulation(world, random);
  }

  add(): void {
    const number = this.#count++;
    const instanceId = this.random.int(3) === 0 ? `instance-${number}` : null;
    const memberId = `member-${number}`;
    const processId = `process-${this.random.int(4)}`;
    this.members.push(new SimulatedStreamsMember({ memberId, processId, instanceId, topology: TOPOLOGY }));
  }

  /** Members go on where they are with another broker: what that forgot fences them. */
  adopt(members: readonly SimulatedStreamsMember[]): void {
    this.members.push(...members.map((member) => member.copy()));
    this.#count = this.members.length;
  }

  someone(): SimulatedStreamsMember | undefined {
    const alive = this.members.filter(({ isAlive }) => isAlive);
    return alive[this.random.int(Math.max(alive.length, 1))];
  }

  async beat(member: SimulatedStreamsMember | undefined): Promise<void> {
    await member?.beat(this.world.services);
  }

  /** Everybody lives for a while. */
  async live(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += HEARTBEAT_MS) {
      for (const member of this.members) {
        await this.beat(member);
        member.release();
      }
      await this.world.pass(HEARTBEAT_MS);
    }
  }

  /** No task is worked on twice by members that the group knows, and the group's epoch grows. */
  async check(): Promise<void> {
    const group = await describeStreams(this.world.services);
    if (group.errorCode !== 0) return;
    assert.ok(group.groupEpoch >= this.#groupEpoch, 'the group epoch went back');
    this.#groupEpoch = group.groupEpoch;
    const known = new Set(group.members.map(({ memberId }) => memberId));
    const owners = new Map<string, string>();
    for (const { memberId, active } of this.members.filter((it) => known.has(it.memberId))) {
      for (const task of active) {
        assert.equal(owners.get(task), undefined, `${task} is active at ${owners.get(task)} and at ${memberId}`);
        owners.set(task, memberId);
      }
    }
    const given = group.members.flatMap(({ assignment }) =>
      assignment.activeTasks.flatMap(({ subtopologyId, partitions }) => partitions.map((p) => `${subtopologyId}_${p}`)),
    );
    assert.equal(new Set(given).size, given.length, 'a task is assigned twice');
  }

  /** Lets things calm down: then everything is assigned, once, and everybody knows. */
  async rest(): Promise<void> {
    this.add();
    await this.live(SESSION_MS + 120_000);
    await this.check();
    const group = await describeStreams(this.world.services);
    assert.equal(group.groupState, 'Stable');
    const alive = this.members.filter(({ isAlive, isAway }) => isAlive && !isAway);
    assert.deepEqual(
      alive.map(({ memberId }) => memberId).sort(),
      group.members.map(({ memberId }) => memberId).sort(),
    );
    assert.deepEqual(alive.flatMap(({ active }) => [...active]).sort(), ALL_TASKS);
    for (const task of alive.flatMap(({ standby }) => [...standby])) assert.ok(STATEFUL_TASKS.includes(task));
    for (const { memberId, epoch } of alive) assert.equal(epoch, group.assignmentEpoch, memberId);
  }
}

type Action = (simulation: Simulation) => Promise<unknown> | void;

const ACTIONS: readonly Action[] = [
  (simulation) => {
    if (simulation.members.filter(({ isAlive }) => isAlive).length < 6) simulation.add();
  },
  (simulation) => simulation.someone()?.crash(),
  (simulation) => simulation.someone()?.leave(simulation.world.services),
  (simulation) => simulation.someone()?.comeBack(),
  (simulation) => simulation.someone()?.release(),
  (simulation) => simulation.beat(simulation.someone()),
  (simulation) => simulation.beat(simulation.someone()),
  (simulation) => simulation.beat(simulation.someone()),
  ({ world, random }) => world.pass(random.int(20_000)),
  (simulation) => simulation.live(simulation.random.int(15_000)),
  (simulation) => simulation.live(9000),
  async ({ world, random, members }) => {
    // What is on its way to the disk is lost, and with it the answers.
    world.engine.autoCommit = false;
    const lost = members.filter(() => random.int(2) === 0).map((member) => member.beat(world.services));
    await settle();
    world.engine.fail();
    world.engine.autoCommit = true;
    await Promise.all(lost);
  },
  async (simulation) => {
    // Heartbeats that overlap: none sees the other's answer.
    await Promise.all(simulation.members.map((member) => simulation.beat(member)));
  },
  async (simulation) => {
    if (simulation.random.int(3) === 0) simulation.world = await simulation.world.restart();
  },
];

async function run(seed: number): Promise<Simulation> {
  const simulation = await Simulation.open(seed);
  for (let i = 0; i < 3; i++) simulation.add();
  for (let i = 0; i < 60; i++) {
    await ACTIONS[simulation.random.int(ACTIONS.length)]?.(simulation);
    await settle();
    await simulation.check();
  }
  return simulation;
}

for (let seed = 1; seed <= 200; seed++) {
  test(`random interleavings leave a working group behind, seed ${seed}`, async () => {
    const simulation = await run(seed);
    await simulation.rest();
  });
}

/** The broker as it is after a crash with `count` batches of __consumer_offsets on the disk. */
async function cutOff(world: GroupWorld, count: number): Promise<GroupWorld> {
  const stream = world.metadata.topic('__consumer_offsets')?.partitions.at(0)?.stream;
  const engine = new MemoryEngine();
  for (const [id, { batches, logStartOffset, logEndOffset, snapshot }] of world.engine.streams) {
    const kept = id === stream ? batches.slice(0, count) : batches;
    const end = id === stream ? (kept.at(-1)?.endOffset ?? logStartOffset) : logEndOffset;
    engine.streams.set(id, { batches: kept, logStartOffset, logEndOffset: end, snapshot });
  }
  const storage = { catalog: world.storage.catalog, engine, clock: new ManualClock(world.clock.now()) };
  const next = await GroupWorld.start(storage, { 'offsets.topic.num.partitions': '1' });
  await next.coordinator.whenLoaded();
  return next;
}

for (let seed = 1001; seed <= 1004; seed++) {
  test(`a start from any record boundary gives a group that works, seed ${seed}`, async () => {
    const { world, members } = await run(seed);
    await world.coordinator.close();
    const stream = world.metadata.topic('__consumer_offsets')?.partitions.at(0)?.stream ?? -1;
    const batches = world.engine.streams.get(stream)?.batches.length ?? 0;
    assert.ok(batches > 10, `only ${batches} batches`);
    for (let count = 0; count <= batches; count++) {
      const next = new Simulation(await cutOff(world, count), seededRandom(seed));
      next.adopt(members);
      await next.rest();
      await next.world.coordinator.close();
    }
  });
}
