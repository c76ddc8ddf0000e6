/** Groups of simulated consumers under random joins, crashes, leaves, pauses and restarts of the broker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { SimulatedMember, checkGroup } from '../../../support/group-member.ts';
import { GroupWorld, settle } from '../../../support/groups.ts';

const HEARTBEAT_MS = 3000;

/** Lets all live members do what consumers do for a while. */
async function live(world: GroupWorld, members: readonly SimulatedMember[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += HEARTBEAT_MS) {
    for (let round = 0; round < 3; round++) {
      for (const member of members) member.step();
      await settle();
    }
    await world.pass(HEARTBEAT_MS);
  }
}

/** Every partition has exactly one owner among the live members, all in one generation. */
function checkStable(members: readonly SimulatedMember[]): void {
  const alive = members.filter(({ isAlive }) => isAlive);
  assert.equal(new Set(alive.map(({ generationId }) => generationId)).size, 1);
  assert.deepEqual(alive.flatMap(({ partitions }) => partitions ?? [9]).sort(), [0, 1, 2, 3]);
}

test('three groups in a chain rebalance side by side, and nobody that lives loses its place', async () => {
  const world = await GroupWorld.open({
    'offsets.topic.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '3000',
  });
  const groups = ['etl-1', 'etl-2', 'etl-3'].map((groupId) => [new SimulatedMember(world.apis, groupId)]);
  for (let round = 0; round < 6; round++) {
    for (const members of groups) {
      members.push(new SimulatedMember(world.apis, members[0]?.groupId ?? ''));
      if (round > 2) await members[round - 3]?.leave();
    }
    const everybody = groups.flat();
    await live(world, everybody, 30_000);
    for (const members of groups) {
      checkGroup(members);
      checkStable(members);
    }
  }
  for (const member of groups.flat()) {
    assert.ok(!member.errors.includes(ErrorCode.UNKNOWN_MEMBER_ID), 'a live member was not known');
    assert.ok(!member.errors.includes(ErrorCode.ILLEGAL_GENERATION), 'a live member had the wrong generation');
  }
});

type Action = (world: GroupWorld, members: SimulatedMember[], random: Random) => Promise<GroupWorld | void>;

const someone = (members: readonly SimulatedMember[], random: Random): SimulatedMember | undefined =>
  members[random.int(Math.max(members.length, 1))];

const ACTIONS: readonly Action[] = [
  async (world, members, random) => {
    const instance = random.int(3) === 0 ? `instance-${random.int(3)}` : null;
    if (members.filter(({ isAlive }) => isAlive).length >= 6) return;
    members.push(new SimulatedMember(world.apis, 'group', instance));
  },
  async (_world, members, random) => someone(members, random)?.crash(),
  async (_world, members, random) => someone(members, random)?.leave(),
  async (world, _members, random) => world.pass(random.int(20_000)),
  async (world, members, random) => live(world, members, random.int(15_000)),
  async (world, members) => live(world, members, 9000),
  async (_world, members, random) => someone(members, random)?.step(),
  async (world) => {
    // Whatever is on its way to the disk is lost.
    world.engine.autoCommit = false;
    await world.pass(100);
    world.engine.fail();
    world.engine.autoCommit = true;
    await settle();
  },
  async (world, members, random) => {
    // A disk that hangs for longer than requests wait.
    world.engine.autoCommit = false;
    await live(world, members, 3000 + random.int(9000));
    world.engine.commit();
    world.engine.autoCommit = true;
    await settle();
  },
  async (world, members, random) => {
    if (random.int(4) > 0) return undefined;
    const restarted = await world.restart();
    for (const member of members) member.apis = restarted.apis;
    return restarted;
  },
];

async function simulate(seed: number): Promise<void> {
  const random = seededRandom(seed);
  let world = await GroupWorld.open({ 'group.initial.rebalance.delay.ms': random.int(2) === 0 ? '0' : '3000' });
  const members: SimulatedMember[] = [];
  for (let i = 0; i < 40; i++) {
    const action = ACTIONS[random.int(ACTIONS.length)] as Action;
    world = (await action(world, members, random)) ?? world;
    await settle();
    checkGroup(members);
  }
  const survivor = new SimulatedMember(world.apis, 'group');
  members.push(survivor);
  await live(world, members, 400_000);
  checkGroup(members);
  checkStable(members);
  for (const member of members) assert.equal(member.isBusy, false, 'a request was never answered');
}

for (let seed = 1; seed <= 25; seed++) {
  test(`random interleavings leave a working group behind (seed ${seed})`, () => simulate(seed));
}
