/** Topologies of streams groups: which are taken, what they lack, and the topics that are made for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  beat,
  describeStreams,
  internalTopic,
  JOIN,
  openStreamsWorld,
  owns,
  statuses,
  subtopology,
  tasks,
  topology,
  WORD_COUNT,
} from '../support/streams-groups.ts';

test("topics of Kafka's own, bad names and a changelog with a number of partitions make no topology", async () => {
  const world = await openStreamsWorld();
  const numbered = { ...internalTopic('c'), partitions: 3 };
  for (const [parts, message] of [
    [{ sourceTopics: ['__consumer_offsets'] }, /internal topics __consumer_offsets/],
    [{ sourceTopics: ['what?'] }, /what\? are not valid topic names/],
    [{ sourceTopics: ['orders'], stateChangelogTopics: [numbered] }, /Changelog topic c must have an undefined/],
  ] as const) {
    const request = { topology: { epoch: 0, subtopologies: [subtopology('0', parts as object)] } };
    const refused = await beat(world.services, 'a', { ...JOIN, ...request });
    assert.equal(refused.errorCode, ErrorCode.STREAMS_INVALID_TOPOLOGY);
    assert.match(refused.errorMessage ?? '', message);
  }
});

test('a topology that is newer than the group, or other, is refused, also when the group is empty', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, topology: topology(1, ['orders']) });
  for (const other of [topology(2, ['orders']), topology(1, ['payments'])]) {
    const refused = await beat(world.services, 'b', { ...JOIN, topology: other });
    assert.equal(refused.errorCode, ErrorCode.INVALID_REQUEST);
    assert.equal(refused.errorMessage, 'Topology updates are not supported yet.');
  }
  await beat(world.services, 'a', { memberEpoch: -1 });
  const empty = await beat(world.services, 'b', { ...JOIN, topology: topology(2, ['orders']) });
  assert.equal(empty.errorCode, ErrorCode.INVALID_REQUEST);
  assert.equal((await beat(world.services, 'b', { ...JOIN, topology: topology(1, ['orders']) })).errorCode, 0);
});

test('a member with an older topology is told so', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, topology: topology(1, ['orders']), processId: 'a' });
  const behind = await beat(world.services, 'b', { ...JOIN, topology: topology(0, ['orders']), processId: 'b' });
  assert.equal(behind.errorCode, ErrorCode.NONE);
  assert.deepEqual(statuses(behind), [0]);
  assert.deepEqual(behind.activeTasks, []);
});

test('a negative topology epoch is an unknown error', async () => {
  const world = await openStreamsWorld();
  const refused = await beat(world.services, 'a', { ...JOIN, topology: topology(-1, ['orders']) });
  assert.equal(refused.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('missing source topics leave the group not ready until they come', async () => {
  const world = await openStreamsWorld();
  const joined = await beat(world.services, 'a', { ...JOIN, topology: topology(0, ['payments']) });
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, []);
  assert.deepEqual(statuses(joined), [1]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /Source topics payments are missing/);
  assert.equal((await describeStreams(world.services)).groupState, 'NotReady');
  await world.createTopic('payments');
  const ready = await beat(world.services, 'a', owns(2));
  assert.equal(ready.memberEpoch, 3);
  assert.deepEqual(ready.activeTasks, tasks('0', 0, 1, 2, 3));
  assert.deepEqual(statuses(ready), []);
  assert.equal((await describeStreams(world.services)).groupState, 'Stable');
});

test('topics that cannot be joined are a status, not an error', async () => {
  const world = await openStreamsWorld();
  const few = { name: 'few', partitionCount: 2, replicationFactor: 1, assignments: null, configs: new Map() };
  await world.metadata.createTopic(few);
  const group = { sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] };
  const joining = subtopology('0', { sourceTopics: ['orders', 'few'], copartitionGroups: [group] });
  const joined = await beat(world.services, 'a', { ...JOIN, topology: { epoch: 0, subtopologies: [joining] } });
  assert.equal(joined.errorCode, ErrorCode.NONE);
  assert.deepEqual(statuses(joined), [2]);
});

test('missing internal topics are made, and tasks come with the next heartbeat', async () => {
  const world = await openStreamsWorld();
  const joined = await beat(world.services, 'a', { ...JOIN, topology: WORD_COUNT });
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, []);
  assert.deepEqual(statuses(joined), [3]);
  const repartition = world.metadata.topic('app-words-repartition');
  const changelog = world.metadata.topic('app-counts-changelog');
  assert.equal(repartition?.partitions.length, 4);
  assert.deepEqual([...(repartition?.configs ?? [])], []);
  assert.equal(changelog?.partitions.length, 4);
  assert.deepEqual([...(changelog?.configs ?? [])], [['cleanup.policy', 'compact']]);

  const assigned = await beat(world.services, 'a', { memberEpoch: 2 });
  assert.equal(assigned.memberEpoch, 3);
  assert.deepEqual(assigned.activeTasks, [...tasks('0', 0, 1, 2, 3), ...tasks('1', 0, 1, 2, 3)]);
  assert.deepEqual(statuses(assigned), []);
});

test('internal topics that cannot be made are named with the reason', async () => {
  const world = await openStreamsWorld();
  const bad = internalTopic('app-changelog', { 'cleanup.policy': 'sometimes' });
  const parts = subtopology('0', { sourceTopics: ['orders'], stateChangelogTopics: [bad] });
  const joined = await beat(world.services, 'a', { ...JOIN, topology: { epoch: 0, subtopologies: [parts] } });
  assert.deepEqual(statuses(joined), [3]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /; Creation failed: app-changelog \(.*sometimes.*\)\.$/);
});
