/**
 * Random commits, transactions, deletions, failures of the disk, rewrites and restarts, compared with a simple model.
 * One seed again: SEED=17 node --test test/coordinator/group/offsets/simulation.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { deleteGroup } from '../../../../src/coordinator/group/delete-group.ts';
import { REWRITE_AGE_MS } from '../../../../src/coordinator/rewrite.ts';
import { GroupWorld, settle } from '../../../support/groups.ts';
import { OffsetModel } from '../../../support/offset-model.ts';
import type { Event } from '../../../support/offset-model.ts';

const SEEDS = 300;
const SEEDS_PER_TEST = 50;
const ACTIONS_PER_SEED = 40;
/** Seeds that once found an error. */
const FOUND = [347, 704, 1910];
const SETTINGS = { 'offsets.topic.num.partitions': '1', 'offsets.retention.minutes': '2147483647' };

const GROUPS = ['a', 'b', 'c'];
const TOPICS = ['orders', 'other'];
const PRODUCERS = [1n, 2n, 3n].map((producerId) => ({ producerId, producerEpoch: 0 }));

const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.int(choices.length)] as T;

function randomEvent(random: Random): Event {
  const [groupId, topic, producer] = [pick(random, GROUPS), pick(random, TOPICS), pick(random, PRODUCERS)];
  const partitions = [0, 1, 2, 3].filter(() => random.int(3) === 0);
  if (partitions.length === 0) partitions.push(random.int(4));
  const offsets = Object.fromEntries(partitions.map((partition) => [partition, random.int(1_000_000)]));
  const what = random.int(20);
  if (what < 6) return { kind: 'commit', groupId, topic, offsets };
  if (what < 13) return { kind: 'commit in transaction', groupId, topic, offsets, producer };
  if (what < 18) return { kind: 'end', producer, outcome: pick(random, ['commit', 'abort']) };
  if (what < 19) return { kind: 'forget', groupId, topic, partition: random.int(4) };
  return { kind: 'forget', groupId, topic: null, partition: null };
}

/** Does what the event says; resolves when it is stored. */
async function perform(world: GroupWorld, event: Event): Promise<unknown> {
  switch (event.kind) {
    case 'commit':
      return world.commit(event.offsets, event);
    case 'commit in transaction': {
      const { producer, offsets, ...options } = event;
      return world.commitInTransaction(producer, offsets, options);
    }
    case 'end':
      return world.endTransaction(event.producer, event.outcome);
    case 'forget': {
      const { groupId, topic, partition } = event;
      if (topic === null || partition === null)
        return world.coordinator.write(groupId, (env) => deleteGroup(env, groupId));
      const topics = [{ name: topic, partitions: [{ partitionIndex: partition }] }];
      return world.apis.offsetDelete({ groupId, topics });
    }
  }
}

/** A group that is not there has nothing to forget. */
async function performed(world: GroupWorld, event: Event): Promise<void> {
  await perform(world, event).catch((error: { readonly code?: number }) => {
    if (error.code !== ErrorCode.GROUP_ID_NOT_FOUND) throw error;
  });
}

/** Several events at once, of which only the first reach the disk. */
async function cutOff(world: GroupWorld, model: OffsetModel, random: Random): Promise<void> {
  const { engine } = world;
  engine.autoCommit = false;
  const batches: (Event | null)[] = [];
  const answers: Promise<unknown>[] = [];
  const rewriteAt = random.int(8);
  for (let i = 0; i < 1 + random.int(5); i++) {
    if (i === rewriteAt) await world.pass(REWRITE_AGE_MS + 20_000);
    // Begins a rewrite that is due, which would come in between else.
    world.coordinator.atOnce('a', () => {});
    while (batches.length < engine.queued.length) batches.push(null);
    const event = randomEvent(random);
    answers.push(performed(world, event).catch(() => {}));
    if (engine.queued.length > batches.length) batches.push(event);
  }
  const stored = random.int(engine.queued.length + 1);
  for (const event of batches.slice(0, stored)) if (event !== null) model.apply(event);
  engine.commit(stored);
  await settle();
  engine.fail();
  await settle();
  engine.autoCommit = true;
  await Promise.all(answers);
}

async function check(world: GroupWorld, model: OffsetModel): Promise<void> {
  for (const groupId of GROUPS) {
    const member = { groupId, memberId: null, memberEpoch: -1 };
    const { topics: all = [] } = await world.apis.offsetFetch({ ...member, topics: null });
    const found = all.flatMap(({ name, partitions = [] }) =>
      partitions.map(({ partitionIndex, committedOffset }) => [`${name} ${partitionIndex}`, committedOffset]),
    );
    assert.deepEqual(Object.fromEntries(found.sort()), model.offsetsOf(groupId), `offsets of ${groupId}`);
    const topics = TOPICS.map((name) => ({ name, topicId: '', partitionIndexes: [0, 1, 2, 3] }));
    const stable = await world.apis.offsetFetch({ ...member, topics }, true);
    const unstable = (stable.topics ?? []).flatMap(({ name, partitions = [] }) =>
      partitions
        .filter(({ errorCode }) => errorCode === ErrorCode.UNSTABLE_OFFSET_COMMIT)
        .map(({ partitionIndex }) => `${name} ${partitionIndex}`),
    );
    assert.deepEqual(unstable.sort(), model.pendingOf(groupId), `pending offsets of ${groupId}`);
  }
}

async function simulate(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const model = new OffsetModel();
  let world = await GroupWorld.open(SETTINGS);
  await world.createTopic('other');
  for (let i = 0; i < ACTIONS_PER_SEED; i++) {
    const what = random.int(20);
    if (what < 15) {
      const event = randomEvent(random);
      await performed(world, event);
      model.apply(event);
    } else if (what < 17) await cutOff(world, model, random);
    else if (what < 18) await world.pass(REWRITE_AGE_MS + 20_000);
    else world = await world.restart();
    await check(world, model);
  }
  await check(await world.restart(), model);
}

async function simulateAll(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    try {
      await simulate(seed);
    } catch (cause) {
      throw new Error(`again: SEED=${seed} node --test test/coordinator/group/offsets/simulation.test.ts`, { cause });
    }
  }
}

const only = process.env['SEED'];
if (only === undefined) {
  for (let first = 1; first <= SEEDS; first += SEEDS_PER_TEST) {
    const seeds = Array.from({ length: SEEDS_PER_TEST }, (_, index) => first + index);
    test(`offsets are what the model says (seeds ${seeds[0]} to ${seeds.at(-1)})`, () => simulateAll(seeds));
  }
}
test('offsets are what the model says (seeds that found something)', () => {
  return simulateAll(only === undefined ? FOUND : [Number(only)]);
});
