/** Which states of partitions a share group notes, where deletions are cut off and where topics and members come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { alterShareGroupOffsets } from '../../../../src/coordinator/group/share/alter-offsets.ts';
import { deleteAllStates, deleteShareGroupOffsets } from '../../../../src/coordinator/group/share/delete-offsets.ts';
import { describeOffsets } from '../../../../src/coordinator/group/share/describe-offsets.ts';
import { shareGroup } from '../../../../src/coordinator/group/share/find.ts';
import { statesRecord } from '../../../../src/coordinator/group/share/records.ts';
import {
  NO_STATES,
  type StatePartitions,
  type StateTopics,
} from '../../../../src/coordinator/group/share/state-partitions.ts';
import { initialize } from '../../../../src/coordinator/share/operations.ts';
import { answer, replayed } from '../../../../src/coordinator/types.ts';
import { GroupWorld, settle } from '../../../support/groups.ts';
import { ask } from '../../../support/handler-client.ts';
import { ShareGroupHeartbeat } from '../../../support/share-group-apis.ts';

const SETTINGS = { 'offsets.topic.num.partitions': '1', 'share.coordinator.state.topic.num.partitions': '1' };
const PARTITIONS = [0, 1, 2, 3];

class Shares {
  readonly world: GroupWorld;
  readonly topicId: string;

  constructor(world: GroupWorld) {
    this.world = world;
    this.topicId = world.metadata.topic('orders')?.id ?? '';
  }

  /** A group without members, which has states of all partitions of the topics. */
  static async open(...topics: string[]): Promise<Shares> {
    const world = await GroupWorld.open(SETTINGS);
    for (const topic of topics) if (topic !== 'orders') await world.createTopic(topic);
    const shares = new Shares(world);
    await shares.alter(...topics);
    return shares;
  }

  async alter(...topics: string[]): Promise<void> {
    const { groups, shareStates } = this.world.services;
    const partitions = PARTITIONS.map((partitionIndex) => ({ partitionIndex, startOffset: 0 }));
    const request = { groupId: 'group', topics: topics.map((topicName) => ({ topicName, partitions })) };
    await alterShareGroupOffsets(groups, shareStates, request);
  }

  /** Gives the error codes. */
  async deleteOffsets(...topics: string[]): Promise<(number | undefined)[]> {
    const { groups, shareStates } = this.world.services;
    const request = { groupId: 'group', topics: topics.map((topicName) => ({ topicName })) };
    const { responses } = await deleteShareGroupOffsets(groups, shareStates, request);
    return (responses ?? []).map(({ errorCode }) => errorCode);
  }

  async join(...topics: string[]): Promise<void> {
    await this.#beat(0, topics.length === 0 ? ['orders'] : topics);
    for (let i = 0; i < 10; i++) await settle();
  }

  leave(): Promise<void> {
    return this.#beat(-1, null);
  }

  async #beat(memberEpoch: number, subscribedTopicNames: string[] | null): Promise<void> {
    const request = { groupId: 'group', memberId: 'member', memberEpoch, rackId: null, subscribedTopicNames };
    assert.equal((await ask(this.world.services, ShareGroupHeartbeat, 1, request)).errorCode, 0);
  }

  /** What the group notes, or undefined without a group. */
  noted(): Promise<StatePartitions | undefined> {
    return this.world.coordinator.read('group', (env) => shareGroup(env, 'group')?.states);
  }

  async note(states: Partial<StatePartitions>): Promise<void> {
    await this.world.coordinator.write('group', () =>
      replayed([statesRecord('group', { ...NO_STATES, ...states })], undefined),
    );
  }

  /** Begins a state of the topic that a group which has just been made is not allowed to begin anew. */
  async beginNewerState(partition: number): Promise<void> {
    const { shareStates } = this.world.services;
    const key = { groupId: 'group', topicId: this.topicId, partition };
    await shareStates.runWhenReady(key, (shard) => initialize(shard, key, { stateEpoch: 99, startOffset: 0 }));
  }

  /** As after a deletion of which only the beginning was stored. */
  async noteDeleting(): Promise<void> {
    await this.note({ deleting: new Map([[this.topicId, 'orders']]) });
  }

  /** The partitions of which there is a state. */
  async withState(): Promise<number[]> {
    const found: number[] = [];
    for (const partition of PARTITIONS) {
      const key = { groupId: 'group', topicId: this.topicId, partition };
      const isThere = await this.world.services.shareStates.run(key, (shard) => answer(shard.state(key) !== undefined));
      if (isThere) found.push(partition);
    }
    return found;
  }
}

test('a deletion of offsets that was cut off is done when it is asked for again', async () => {
  const shares = await Shares.open('orders');
  assert.deepEqual(await shares.withState(), PARTITIONS);
  await shares.noteDeleting();
  assert.deepEqual(await shares.deleteOffsets('orders'), [undefined]);
  assert.deepEqual(await shares.withState(), []);
  assert.deepEqual(await shares.noted(), NO_STATES);
});

test('what the share coordinator does not do is told of a topic, and what it does not tell is no error', async () => {
  const shares = await Shares.open('orders');
  const { services } = shares.world;
  await services.shareStates.close();
  const { partitions } = await describeOffsets(services, 'group', { topicName: 'orders', partitions: [0] });
  assert.deepEqual(partitions, [{ partitionIndex: 0, startOffset: -1, leaderEpoch: 0, lag: -1 }]);
  assert.deepEqual(await shares.deleteOffsets('orders'), [ErrorCode.COORDINATOR_NOT_AVAILABLE]);
  assert.deepEqual(await shares.noted(), { ...NO_STATES, deleting: new Map([[shares.topicId, 'orders']]) });
});

test('with a group goes what a deletion of offsets that was cut off has left', async () => {
  const shares = await Shares.open('orders');
  await shares.noteDeleting();
  await deleteAllStates(shares.world.services.groups, shares.world.services.shareStates, 'group');
  assert.deepEqual(await shares.withState(), []);
});

test('all states are deleted though one deletion is refused, and can be asked for again', async () => {
  const shares = await Shares.open('orders');
  const { groups, shareStates } = shares.world.services;
  const { topicId } = shares;
  const partitions = new Set([-1, ...PARTITIONS]);
  const noted = new Map([[topicId, { name: 'orders', partitions, sinceMs: 0 }]]);
  for (const remove of [
    () => assert.rejects(deleteAllStates(groups, shareStates, 'group'), { code: ErrorCode.INVALID_REQUEST }),
    async () => assert.deepEqual(await shares.deleteOffsets('orders'), [ErrorCode.INVALID_REQUEST]),
  ]) {
    await shares.alter('orders');
    await shares.note({ initialized: noted });
    await remove();
    assert.deepEqual(await shares.withState(), []);
    assert.deepEqual(await shares.noted(), { ...NO_STATES, deleting: new Map([[topicId, 'orders']]) });
  }
});

test('partitions that are just being given a state keep it when offsets are deleted', async () => {
  const shares = await Shares.open('orders');
  const { topicId } = shares;
  const part = (...partitions: number[]): StateTopics =>
    new Map([[topicId, { name: 'orders', partitions: new Set(partitions), sinceMs: 0 }]]);
  await shares.note({ initialized: part(0, 1), initializing: part(2, 3) });
  assert.deepEqual(await shares.deleteOffsets('orders'), [undefined]);
  assert.deepEqual(await shares.withState(), [2, 3]);
  assert.deepEqual(await shares.noted(), { ...NO_STATES, initializing: part(2, 3) });
});

test('what a member begins anew while the rest is deleted stays', async () => {
  const shares = await Shares.open('orders', 'others');
  const { engine } = shares.world;
  engine.autoCommit = false;
  const deleted = shares.deleteOffsets('orders', 'others');
  await settle();
  engine.commit();
  await settle();
  const joined = shares.join();
  for (let i = 0; i < 20; i++) {
    await settle();
    engine.commit();
  }
  engine.autoCommit = true;
  await joined;
  assert.deepEqual(await deleted, [undefined, undefined]);
  assert.deepEqual(await shares.withState(), PARTITIONS);
  const noted = await shares.noted();
  assert.deepEqual([...(noted?.initialized.keys() ?? [])], [shares.topicId]);
});

test('a topic that gets states again is not being deleted any more', async () => {
  for (const begin of ['join', 'alter'] as const) {
    const shares = await Shares.open('orders');
    await shares.noteDeleting();
    await (begin === 'join' ? shares.join() : shares.alter('orders'));
    const noted = await shares.noted();
    assert.deepEqual([noted?.deleting.size, noted?.initialized.size], [0, 1], begin);
  }
});

test('what is named twice is deleted once, and a group that noted nothing tells nothing of topics', async () => {
  const shares = await Shares.open('orders');
  assert.deepEqual(await shares.deleteOffsets('orders', 'orders'), [undefined]);
  assert.deepEqual(await shares.deleteOffsets('orders'), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
  const empty = new Shares(await GroupWorld.open(SETTINGS));
  await empty.join('nothing');
  await empty.leave();
  assert.deepEqual(await empty.deleteOffsets('orders'), []);
});

test('altering offsets makes a group only where a topic is known', async () => {
  const shares = await Shares.open();
  await shares.alter('nothing');
  assert.equal(await shares.noted(), undefined);
  await shares.alter('orders');
  assert.notEqual(await shares.noted(), undefined);
});

test('all partitions are given a state though one is refused, and none is noted then', async () => {
  const world = await GroupWorld.open(SETTINGS);
  await world.createTopic('others');
  const shares = new Shares(world);
  await shares.beginNewerState(0);
  await shares.join('others', 'orders');
  assert.deepEqual(await shares.withState(), PARTITIONS);
  assert.deepEqual(await shares.noted(), NO_STATES);
});

test('a topic that is deleted while its states begin is not noted', async () => {
  const shares = new Shares(await GroupWorld.open(SETTINGS));
  const { engine, metadata } = shares.world;
  const topic = { name: 'single', partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
  await metadata.createTopic(topic);
  await shares.alter('orders');
  engine.autoCommit = false;
  const joined = shares.join('single');
  await settle();
  engine.commit();
  await joined;
  // The only state is on its way to the disk.
  await metadata.deleteTopic('single');
  for (let i = 0; i < 4; i++) {
    await shares.world.pass(0);
    engine.commit();
  }
  engine.autoCommit = true;
  const noted = await shares.noted();
  assert.deepEqual([noted?.initializing.size, [...(noted?.initialized.keys() ?? [])]], [0, [shares.topicId]]);
});

test('a topic that was deleted just before a crash is forgotten', async () => {
  const { world } = await Shares.open('orders');
  await world.metadata.deleteTopic('orders');
  const restarted = new Shares(await world.restart());
  assert.equal((await restarted.noted())?.initialized.size, 1);
  await restarted.world.pass(0);
  assert.deepEqual(await restarted.noted(), NO_STATES);
});
