/** Groups of all protocols share one space of ids: which kind of member may come where, as Kafka 4.4 was seen to answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/errors.ts';
import { ConsumerWorld, JOIN } from '../../support/consumer-world.ts';
import { settle } from '../../support/groups.ts';
import { ask } from '../../support/handler-client.ts';
import { ShareGroupHeartbeat } from '../../support/share-group-apis.ts';
import { JOIN as JOIN_STREAMS, beat as beatStreams } from '../../support/streams-groups.ts';

const SETTINGS = {
  'offsets.topic.num.partitions': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
};

/** An assignment of nothing in the consumers' format: what a consumer group can be made of. */
const NO_PARTITIONS = '\0'.repeat(10);

type Newcomer = (world: ConsumerWorld) => Promise<number>;

/** A member of each protocol that comes; gives the error code. */
const COMES = {
  classic: async (world: ConsumerWorld): Promise<number> => {
    const joined = world.join();
    await settle();
    return joined.value.errorCode ?? 0;
  },
  consumer: async (world: ConsumerWorld): Promise<number> => (await world.beat('consumer', JOIN)).errorCode,
  streams: async (world: ConsumerWorld): Promise<number> =>
    (await beatStreams(world.services, 'streams', JOIN_STREAMS)).errorCode,
  share: (world: ConsumerWorld): Promise<number> => beatShare(world, 0),
} satisfies Readonly<Record<string, Newcomer>>;

async function beatShare({ services }: ConsumerWorld, memberEpoch: number): Promise<number> {
  const subscribedTopicNames = memberEpoch === 0 ? ['orders'] : null;
  const request = { groupId: 'group', memberId: 'share', memberEpoch, rackId: null, subscribedTopicNames };
  return (await ask(services, ShareGroupHeartbeat, 1, request)).errorCode;
}

/** Makes a group with one member of the protocol. */
const MAKES: Readonly<Record<keyof typeof COMES, (world: ConsumerWorld) => Promise<void>>> = {
  classic: async (world) => {
    const { memberId, joined } = await world.joinTwice();
    await world.pass(0);
    await world.sync(memberId, joined.value.generationId ?? 0, { [memberId]: NO_PARTITIONS }).promise;
  },
  consumer: async (world) => assert.equal(await COMES.consumer(world), 0),
  streams: async (world) => assert.equal(await COMES.streams(world), 0),
  share: async (world) => assert.equal(await COMES.share(world), 0),
};

/** The member goes. */
const LEAVES: Readonly<Record<keyof typeof COMES, (world: ConsumerWorld) => Promise<unknown>>> = {
  classic: async (world) => {
    const [memberId = ''] = await world.members();
    return world.leave({ memberId });
  },
  consumer: (world) => world.beat('consumer', { memberEpoch: -1 }),
  streams: (world) => beatStreams(world.services, 'streams', { memberEpoch: -1 }),
  share: (world) => beatShare(world, -1),
};

const OTHER = ErrorCode.GROUP_ID_NOT_FOUND;
const INCONSISTENT = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
/** A new member of the classic protocol is given its id first. */
const ADMITTED = ErrorCode.MEMBER_ID_REQUIRED;

type Answers = Readonly<Record<keyof typeof COMES, number>>;

const LIVE: Readonly<Record<keyof typeof COMES, Answers>> = {
  classic: { classic: ADMITTED, consumer: 0, streams: OTHER, share: OTHER },
  consumer: { classic: ADMITTED, consumer: 0, streams: OTHER, share: OTHER },
  streams: { classic: INCONSISTENT, consumer: OTHER, streams: 0, share: OTHER },
  share: { classic: INCONSISTENT, consumer: OTHER, streams: OTHER, share: 0 },
};

const EMPTY: Readonly<Record<keyof typeof COMES, Answers>> = {
  classic: { classic: ADMITTED, consumer: 0, streams: 0, share: OTHER },
  consumer: { classic: ADMITTED, consumer: 0, streams: OTHER, share: OTHER },
  streams: { classic: ADMITTED, consumer: OTHER, streams: 0, share: OTHER },
  share: { classic: INCONSISTENT, consumer: OTHER, streams: OTHER, share: 0 },
};

const TYPES = Object.keys(COMES) as (keyof typeof COMES)[];

/** What becomes of the group: the type it has after a newcomer was let in, or still has. */
async function typeOf(world: ConsumerWorld): Promise<string | undefined> {
  return (await world.apis.listGroups())[0]?.groupType;
}

for (const type of TYPES) {
  test(`members of other protocols come to a ${type} group as Kafka lets them`, async () => {
    for (const [isEmpty, answers] of [
      [false, LIVE[type]],
      [true, EMPTY[type]],
    ] as const) {
      for (const newcomer of TYPES) {
        const world = await ConsumerWorld.open(SETTINGS);
        await MAKES[type](world);
        if (isEmpty) await LEAVES[type](world);
        assert.equal(await typeOf(world), type);
        const errorCode = await COMES[newcomer](world);
        const what = `${newcomer} to ${isEmpty ? 'an empty' : 'a live'} ${type} group`;
        assert.equal(errorCode, answers[newcomer], what);
        const isLetIn = errorCode === 0 || errorCode === ADMITTED;
        // A classic member of a live consumer group makes no classic group of it.
        const becomes = isLetIn && (isEmpty || newcomer !== 'classic') ? newcomer : type;
        assert.equal(await typeOf(world), becomes, what);
        const restarted = await world.restart();
        assert.equal(await typeOf(restarted), becomes, `${what}, after a restart`);
        await restarted.coordinator.close();
      }
    }
  });
}

test('the id of a classic member that comes to a group of another protocol is not repeated', async () => {
  for (const type of ['streams', 'share'] as const) {
    const world = await ConsumerWorld.open(SETTINGS);
    await MAKES[type](world);
    const joined = world.join({ memberId: 'former' });
    await settle();
    assert.deepEqual([joined.value.errorCode, joined.value.memberId], [INCONSISTENT, '']);
  }
});

test('a group that only keeps offsets gives way to consumer and streams groups, and keeps them', async () => {
  for (const newcomer of ['consumer', 'streams'] as const) {
    const world = await ConsumerWorld.open(SETTINGS);
    await world.commit({ 0: 5 });
    assert.equal(await COMES[newcomer](world), 0);
    assert.equal(await typeOf(world), newcomer);
    assert.deepEqual(await world.committed(), { 0: 5 });
  }
  const world = await ConsumerWorld.open(SETTINGS);
  await world.commit({ 0: 5 });
  assert.equal(await COMES.share(world), OTHER);
});

test('groups of every protocol are listed, filtered by type and state in any case', async () => {
  const world = await ConsumerWorld.open(SETTINGS);
  await MAKES.consumer(world);
  await world.commit({ 0: 1 }, { groupId: 'plain' });
  const consumer = { groupId: 'group', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' };
  const classic = { groupId: 'plain', protocolType: '', groupState: 'Empty', groupType: 'classic' };
  assert.deepEqual(await world.apis.listGroups(), [consumer, classic]);
  assert.deepEqual(await world.apis.listGroups([], ['CONSUMER']), [consumer]);
  assert.deepEqual(await world.apis.listGroups(['stable']), [consumer]);
  assert.deepEqual(await world.apis.listGroups(['EMPTY'], ['Classic']), [classic]);
  assert.deepEqual(await world.apis.listGroups([], ['unknown']), []);
});

test('DescribeGroups tells of classic groups only', async () => {
  const world = await ConsumerWorld.open(SETTINGS);
  await MAKES.consumer(world);
  const missing = { groupId: 'group', groupState: 'Dead' };
  assert.deepEqual(await world.apis.describeGroup('group', 5), { ...missing, errorCode: 0 });
  const errorMessage = 'Group group is not a classic group.';
  const errorCode = ErrorCode.GROUP_ID_NOT_FOUND;
  assert.deepEqual(await world.apis.describeGroup('group', 6), { ...missing, errorCode, errorMessage });
});

test('a heartbeat to a group that is not there names its kind', async () => {
  const { services } = await ConsumerWorld.open(SETTINGS);
  const beat = { groupId: 'none', memberId: 'member', memberEpoch: 5, rackId: null, subscribedTopicNames: null };
  const share = await ask(services, ShareGroupHeartbeat, 1, beat);
  const streams = await beatStreams(services, 'member', { groupId: 'none', memberEpoch: 5 });
  const texts = ['Share group none not found.', 'Streams group none not found.'];
  assert.deepEqual([share.errorMessage, streams.errorMessage], texts);
});
