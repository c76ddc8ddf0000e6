/** ShareFetch and ShareAcknowledge on the wire, as Apache Kafka 4.4 answers them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { batchOf, Produce, produce, produceRequest } from '../support/data-apis.ts';
import { settle } from '../support/groups.ts';
import {
  acquiredOf,
  type FetchFields,
  initializeState,
  offsetsOf,
  onlyPartition,
  ShareMember,
} from '../support/share-apis.ts';
import { until } from '../support/run-clock.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';

const ACCEPT = 1;
const RELEASE = 2;
const REJECT = 3;
const RENEW = 4;

class World implements AsyncDisposable {
  readonly broker: TestBroker;
  readonly topicId: string;
  readonly clock: ManualClock;

  constructor(broker: TestBroker, topicId: string, clock: ManualClock) {
    this.broker = broker;
    this.topicId = topicId;
    this.clock = clock;
  }

  /** A broker with a topic of batches with as many records, whose state begins at 0. */
  static open(...batches: number[]): Promise<World> {
    return World.openWith({}, ...batches);
  }

  static async openWith(more: Readonly<Record<string, string>>, ...batches: number[]): Promise<World> {
    const clock = new ManualClock();
    const settings = { 'share.coordinator.state.topic.num.partitions': '1', ...more };
    const broker = await startTestBroker({ clock, settings });
    const world = new World(broker, await broker.createTopic('orders'), clock);
    await initializeState(broker.services, 'group', world.topicId);
    await world.produce(...batches);
    return world;
  }

  async produce(...batches: number[]): Promise<void> {
    const client = await this.broker.connect();
    for (const count of batches) {
      await produce(client, 'orders', 0, ...Array.from({ length: count }, (_, i) => `record ${i}`));
    }
  }

  async member(memberId = 'member', groupId = 'group'): Promise<ShareMember> {
    return new ShareMember(await this.broker.connect(), this.topicId, memberId, groupId);
  }

  /** Begins a fetch that finds nothing, and resolves when it waits. */
  async park(member: ShareMember, fields: FetchFields): Promise<void> {
    const timers = this.clock.pendingTimers;
    member.startFetch(fields);
    await until(() => this.clock.pendingTimers > timers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
  }
}

test('a member that never joined gets records, with the time it has for them', async () => {
  await using world = await World.open(3, 2);
  const member = await world.member();
  const response = await member.fetch();
  assert.deepEqual(acquiredOf(response), ['0-4#1']);
  assert.deepEqual(offsetsOf(response), [0, 1, 2, 3, 4]);
  assert.equal(response.acquisitionLockTimeoutMs, 30_000);
  assert.equal(await member.acknowledge([0, 4, ACCEPT]), 0);
});

test('the partition of a group that nobody ever joined has an error', async () => {
  await using world = await World.open(3);
  const response = await (await world.member('member', 'other')).fetch();
  assert.equal(response.errorCode, 0);
  assert.equal(onlyPartition(response)?.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('session epochs: 0 opens, wrong ones and unknown sessions are refused, -1 closes and gives back', async () => {
  await using world = await World.open(3);
  const [member, other] = [await world.member(), await world.member('other')];
  await member.fetch();
  assert.equal((await member.fetch({ shareSessionEpoch: 5 })).errorCode, ErrorCode.INVALID_SHARE_SESSION_EPOCH);
  assert.equal((await other.fetch({ shareSessionEpoch: 1 })).errorCode, ErrorCode.SHARE_SESSION_NOT_FOUND);
  const withAcknowledgement = await other.fetch({ shareSessionEpoch: 0 }, [0, 0, ACCEPT]);
  assert.equal(withAcknowledgement.errorCode, ErrorCode.INVALID_REQUEST);
  assert.deepEqual(await member.acquire({ shareSessionEpoch: -1 }, [0, 0, ACCEPT]), []);
  assert.equal((await member.fetch({ shareSessionEpoch: 1 })).errorCode, ErrorCode.SHARE_SESSION_NOT_FOUND);
  assert.deepEqual(await other.acquire({ shareSessionEpoch: 0 }), ['1-2#2']);
});

test('a group and a member id of 1 to 36 characters are needed', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  for (const fields of [{ groupId: null }, { memberId: null }, { memberId: '' }, { memberId: 'x'.repeat(37) }]) {
    assert.equal((await member.fetch(fields)).errorCode, ErrorCode.INVALID_REQUEST);
    assert.equal((await member.acknowledgeWith(fields)).errorCode, ErrorCode.INVALID_REQUEST);
  }
  assert.equal((await member.fetch({ memberId: 'x'.repeat(36) })).errorCode, 0);
});

test('epoch 0 while a session is open replaces it', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  await member.fetch();
  assert.equal((await member.fetch({ shareSessionEpoch: 0 })).errorCode, 0);
  assert.equal((await member.fetch({ shareSessionEpoch: 1 })).errorCode, 0);
});

test('unknown partitions and topics are partition errors', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  const topics = [{ topicId: world.topicId, partitions: [{ partitionIndex: 7 }] }];
  assert.equal(onlyPartition(await member.fetch({ topics }))?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const unknown = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAg', partitions: [{ partitionIndex: 0 }] }];
  const response = await member.fetch({ topics: unknown, shareSessionEpoch: 0 });
  assert.equal(onlyPartition(response)?.errorCode, ErrorCode.UNKNOWN_TOPIC_ID);
});

test('a partition with nothing new is in the first answer only', async () => {
  await using world = await World.open();
  const member = await world.member();
  assert.notEqual(onlyPartition(await member.fetch()), undefined);
  assert.equal(onlyPartition(await member.fetch()), undefined);
});

test('no records wanted: none come, and that is no error', async () => {
  await using world = await World.open(3);
  assert.deepEqual((await (await world.member()).fetch({ maxRecords: 0 })).responses, []);
});

test('mode 0 gives whole batches, mode 1 exactly as many records, another mode an error', async () => {
  await using world = await World.open(8, 2);
  const [member, other] = [await world.member(), await world.member('other')];
  assert.deepEqual(await member.acquire({ maxRecords: 5 }), ['0-7#1']);
  await member.acknowledge([0, 7, RELEASE]);
  const exact = await other.fetch({ maxRecords: 5, shareAcquireMode: 1 });
  assert.deepEqual(acquiredOf(exact), ['0-4#2']);
  assert.deepEqual(offsetsOf(exact), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await member.acquire({ shareAcquireMode: 1 }), ['5-7#2', '8-9#1']);
  const wrong = await other.fetch({ shareAcquireMode: 2 });
  assert.equal(wrong.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('only batches that hold acquired records are sent', async () => {
  await using world = await World.open(2, 2, 2);
  const [member, other] = [await world.member(), await world.member('other')];
  await member.fetch({ batchSize: 1 });
  await member.acknowledge([2, 3, RELEASE]);
  const again = await other.fetch();
  assert.deepEqual(acquiredOf(again), ['2-3#2']);
  assert.deepEqual(offsetsOf(again), [2, 3]);
});

test('closing the connection ends its sessions and gives back their records at once', async () => {
  await using world = await World.open(3);
  const [member, other] = [await world.member(), await world.member('other')];
  await other.fetch({ maxRecords: 0 });
  assert.deepEqual(await member.acquire(), ['0-2#1']);
  other.startFetch({ maxWaitMs: 5000 });
  member.client.close();
  assert.deepEqual(acquiredOf(await other.fetched()), ['0-2#2']);
  const again = await world.member();
  assert.equal((await again.fetch({ shareSessionEpoch: 1 })).errorCode, ErrorCode.SHARE_SESSION_NOT_FOUND);
});

test('a fetch waits for records, at most as long as it says', async () => {
  await using world = await World.open();
  const member = await world.member();
  await member.fetch();
  await world.park(member, { maxWaitMs: 5000 });
  await world.produce(2);
  assert.deepEqual(acquiredOf(await member.fetched()), ['0-1#1']);
  await world.park(member, { maxWaitMs: 5000 });
  world.clock.advance(5000);
  assert.deepEqual(acquiredOf(await member.fetched()), []);
});

test('a fetch waits for as many bytes as it says', async () => {
  await using world = await World.open(1);
  const member = await world.member();
  await world.park(member, { maxWaitMs: 5000, minBytes: 150 });
  await world.produce(1);
  assert.deepEqual(acquiredOf(await member.fetched()), ['0-1#1']);
});

test('what one partition brings beyond its share leaves less for the others', async () => {
  await using world = await World.open();
  const topicId = await world.broker.createTopic('wide', 3);
  const client = await world.broker.connect();
  for (const [index, size] of [8000, 2000, 2000].entries()) {
    await initializeState(world.broker.services, 'group', topicId, 0, index);
    await produce(client, 'wide', index, 'x'.repeat(size));
  }
  const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex }));
  const member = await world.member();
  const withRecords = async (): Promise<number[]> => {
    const topics = [{ topicId, partitions }];
    const { responses } = await member.fetch({ topics, minBytes: 9000, maxBytes: 9000 });
    const fetched = responses.flatMap((topic) => topic.partitions);
    return fetched.filter(({ records }) => (records?.length ?? 0) > 0).map(({ partitionIndex }) => partitionIndex);
  };
  assert.deepEqual(await withRecords(), [0]);
  assert.deepEqual(await withRecords(), [1, 2]);
});

test('a lock that runs out gives its records to who waits for them', async () => {
  await using world = await World.open(3);
  const [member, other] = [await world.member(), await world.member('other')];
  await member.fetch();
  await world.park(other, { maxWaitMs: 60_000 });
  world.clock.advance(30_000);
  assert.deepEqual(acquiredOf(await other.fetched()), ['0-2#2']);
});

test('two members that wait get different records', async () => {
  await using world = await World.open();
  const members = [await world.member('a'), await world.member('b')];
  for (const member of members) await world.park(member, { maxWaitMs: 60_000, maxRecords: 1 });
  await world.produce(1, 1);
  const acquired = await Promise.all(members.map(async (member) => acquiredOf(await member.fetched())));
  assert.deepEqual(acquired.flat().sort(), ['0-0#1', '1-1#1']);
});

test('wrong acknowledgements are errors of the partition, and use up a session epoch', async () => {
  await using world = await World.open(5, 5);
  const member = await world.member();
  await member.fetch();
  const { INVALID_REQUEST, INVALID_RECORD_STATE } = ErrorCode;
  const cases: readonly [code: number, ...said: [number, number, ...number[]][]][] = [
    [INVALID_REQUEST, [0, 4, 5]],
    [INVALID_REQUEST, [0, 4, ACCEPT, ACCEPT]],
    [INVALID_REQUEST, [4, 0, ACCEPT]],
    [INVALID_REQUEST, [3, 4, ACCEPT], [0, 1, ACCEPT]],
    [INVALID_REQUEST, [0, 4]],
    [INVALID_REQUEST, [0, 4, RENEW]],
    [INVALID_REQUEST, [8, 10, ACCEPT]],
    [INVALID_REQUEST, [0, 3, ACCEPT], [4, 20, ACCEPT]],
    [INVALID_RECORD_STATE, [0, 3, ACCEPT], [3, 4, ACCEPT]],
    [0, [-1, 1, ACCEPT]],
    [0, [0, 1, ACCEPT]],
    [0, [2, 4, REJECT]],
  ];
  for (const [code, ...said] of cases) {
    const { epoch } = member;
    const response = await member.acknowledgeWith({}, ...said);
    assert.equal(response.errorCode, 0);
    assert.equal(response.responses[0]?.partitions[0]?.errorCode, code, JSON.stringify(said));
    assert.equal(member.epoch, epoch + 1);
  }
  assert.deepEqual(await member.acquire({ shareSessionEpoch: -1 }), []);
});

test("records of others cannot be acknowledged, and ShareAcknowledge's session epoch is checked", async () => {
  await using world = await World.open(3);
  const [member, other] = [await world.member(), await world.member('other')];
  await member.fetch();
  await other.fetch();
  assert.equal(await other.acknowledge([0, 2, ACCEPT]), ErrorCode.INVALID_RECORD_STATE);
  const { INVALID_SHARE_SESSION_EPOCH, SHARE_SESSION_NOT_FOUND } = ErrorCode;
  assert.equal((await member.acknowledgeWith({ shareSessionEpoch: 0 })).errorCode, INVALID_SHARE_SESSION_EPOCH);
  assert.equal((await member.acknowledgeWith({ shareSessionEpoch: 9 })).errorCode, INVALID_SHARE_SESSION_EPOCH);
  assert.equal((await member.acknowledgeWith({ memberId: 'nobody' })).errorCode, SHARE_SESSION_NOT_FOUND);
});

test('a request that renews locks asks for nothing else', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  await member.fetch();
  const nothing = { isRenewAck: true, maxWaitMs: 0, minBytes: 0, maxBytes: 0, maxRecords: 0 };
  const { epoch } = member;
  assert.equal((await member.fetch({ ...nothing, maxRecords: 1 }, [0, 2, RENEW])).errorCode, ErrorCode.INVALID_REQUEST);
  assert.equal(member.epoch, epoch);
  world.clock.advance(20_000);
  const renewed = await member.fetch(nothing, [0, 1, RENEW]);
  assert.equal(onlyPartition(renewed)?.acknowledgeErrorCode, 0);
  world.clock.advance(20_000);
  assert.deepEqual(await (await world.member('other')).acquire(), ['2-2#2']);
  const withoutFlag = await member.fetch({}, [0, 1, RENEW]);
  assert.equal(withoutFlag.errorCode, 0);
  assert.equal(onlyPartition(withoutFlag)?.acknowledgeErrorCode, ErrorCode.INVALID_REQUEST);
  assert.equal(
    (await member.acknowledgeWith({ isRenewAck: true }, [0, 1, ACCEPT])).responses[0]?.partitions[0]?.errorCode,
    0,
  );
});

test('version 1 knows no renewal', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  member.version = 1;
  await member.fetch();
  assert.equal(await member.acknowledge([0, 2, RENEW]), ErrorCode.INVALID_REQUEST);
});

test('acknowledgements come with the next fetch, which may give back what they release', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  await member.fetch();
  const response = await member.fetch({ maxWaitMs: 1000 }, [0, 2, ACCEPT, RELEASE, RELEASE]);
  assert.deepEqual(acquiredOf(response), ['1-2#2']);
});

test('a bad record is isolated, and given up after its last delivery', async () => {
  await using world = await World.open(8);
  const member = await world.member();
  const seen: string[] = [];
  let acquired = onlyPartition(await member.fetch())?.acquiredRecords ?? [];
  while (acquired.length > 0) {
    seen.push(
      ...acquired.map(({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset}#${deliveryCount}`),
    );
    for (const { firstOffset, lastOffset } of acquired) await member.acknowledge([firstOffset, lastOffset, RELEASE]);
    acquired = onlyPartition(await member.fetch())?.acquiredRecords ?? [];
  }
  const singles = (first: number): string[] => [0, 1, 2, 3].map((i) => `${first + i}-${first + i}#5`);
  assert.deepEqual(seen, ['0-7#1', '0-7#2', '0-7#3', '0-3#4', ...singles(0), '4-7#4', ...singles(4)]);
});

test('a group that begins some time ago waits for records that are no older, and misses none of them', async () => {
  await using world = await World.openWith({}, 3);
  const { services } = world.broker;
  await services.metadata.alterDynamicConfigs(
    32,
    'later',
    () => new Map([['share.auto.offset.reset', 'by_duration:PT1H']]),
  );
  await initializeState(services, 'later', world.topicId, -1);
  world.clock.advance(3_600_001);
  const member = await world.member('member', 'later');
  assert.equal(onlyPartition(await member.fetch())?.errorCode, ErrorCode.OFFSET_NOT_AVAILABLE);
  await world.park(member, { maxWaitMs: 500 });
  world.clock.advance(500);
  assert.equal(onlyPartition(await member.fetched())?.errorCode, ErrorCode.OFFSET_NOT_AVAILABLE);
  const young = produceRequest('orders', 0, batchOf(['a', 'b'], world.clock.now()));
  await member.client.call(Produce, 9, young);
  assert.deepEqual(acquiredOf(await member.fetch()), ['3-4#1']);
});

test('a partition whose state cannot be read is answered when the time is up', async () => {
  await using world = await World.open();
  const member = await world.member('member', 'nobody');
  await world.park(member, { maxWaitMs: 500 });
  await settle();
  world.clock.advance(500);
  assert.equal(onlyPartition(await member.fetched())?.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('records that the log has deleted are passed over', async () => {
  await using world = await World.open(3, 3);
  const member = await world.member();
  await world.broker.services.partitions.get('orders', 0)?.deleteRecords(4);
  await member.fetch();
  assert.deepEqual(await member.acquire(), ['4-5#1']);
});

test('a partition whose log begins later does not cost the records of others', async () => {
  await using world = await World.open(3);
  const topicId = await world.broker.createTopic('pairs', 2);
  const topics = [{ topicId, partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }];
  for (const index of [0, 1]) await initializeState(world.broker.services, 'group', topicId, 0, index);
  const [member, client] = [await world.member(), await world.broker.connect()];
  await member.fetch({ topics });
  for (const index of [0, 1]) await produce(client, 'pairs', index, 'first', 'second', 'third');
  await world.broker.services.partitions.get('pairs', 0)?.deleteRecords(2);
  const response = await member.fetch({ topics, shareSessionEpoch: 0 });
  const found = response.responses[0]?.partitions.find(({ partitionIndex }) => partitionIndex === 1);
  assert.equal(found?.acquiredRecords.length, 1);
});

test('while share groups are off nothing is served', async () => {
  await using world = await World.open(3);
  const member = await world.member();
  await member.fetch();
  const off = new Map([['share.version', { level: 0, upgradeType: 2 }]]);
  await world.broker.services.features.update(off, false);
  assert.equal((await member.fetch()).errorCode, ErrorCode.UNSUPPORTED_VERSION);
  assert.equal((await member.acknowledgeWith({})).errorCode, ErrorCode.UNSUPPORTED_VERSION);
});

test('a member for whom there is no session waits as long as it would for records, and not once it is gone', async () => {
  await using world = await World.openWith({ 'group.share.max.share.sessions': '1' }, 3);
  await (await world.member()).fetch();
  const [other, gone] = [await world.member('other'), await world.member('gone')];
  const timers = world.clock.pendingTimers;
  await world.park(other, { maxWaitMs: 500 });
  await world.park(gone, { maxWaitMs: 0x7fffffff });
  world.clock.advance(500);
  assert.equal((await other.fetched()).errorCode, ErrorCode.SHARE_SESSION_LIMIT_REACHED);
  gone.client.close();
  await until(() => world.clock.pendingTimers === timers);
});

test('a group whose members have all ended their sessions is not kept in memory', async () => {
  await using world = await World.open(3);
  const [first, second] = [await world.member('first'), await world.member('second')];
  const { sharePartitions } = world.broker.services;
  const isServed = (): boolean =>
    sharePartitions.find({ groupId: 'group', topicId: world.topicId, partition: 0 }) !== undefined;
  await first.fetch();
  await second.fetch();
  await first.fetch({ shareSessionEpoch: -1 });
  assert.equal(isServed(), true);
  await second.acknowledgeWith({ shareSessionEpoch: -1 });
  assert.equal(isServed(), false);
  assert.deepEqual(await second.acquire({ shareSessionEpoch: 0 }), ['0-2#2']);
});
