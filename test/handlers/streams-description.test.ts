/** Streams groups as they are described, listed, deleted and turned into groups of other types. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  beat,
  CHANGELOG,
  describeStreams,
  internalTopic,
  JOIN,
  openStreamsWorld,
  tasks,
  topology,
  WORD_COUNT,
} from '../support/streams-groups.ts';

test('a group is described with its topology, members, targets and offsets', async () => {
  const world = await openStreamsWorld();
  const request = { ...JOIN, topology: WORD_COUNT, processId: 'p', taskOffsets: [], taskEndOffsets: [] };
  await beat(world.services, 'a', request);
  await beat(world.services, 'a', { memberEpoch: 2 });
  const offset = { subtopologyId: '1', partition: 2, offset: 70 };
  await beat(world.services, 'a', {
    memberEpoch: 3,
    taskOffsets: [offset],
    taskEndOffsets: [{ ...offset, offset: 90 }],
  });
  const group = await describeStreams(world.services);
  assert.deepEqual([group.groupState, group.groupEpoch, group.assignmentEpoch], ['Stable', 3, 3]);
  assert.equal(group.assignorName, 'sticky');
  assert.equal(group.topologyDescriptionStatus, 0);
  const changelog = { ...CHANGELOG, partitions: 4 };
  assert.deepEqual(group.topology, {
    epoch: 0,
    subtopologies: [
      {
        subtopologyId: '0',
        sourceTopics: ['orders'],
        repartitionSinkTopics: ['app-words-repartition'],
        stateChangelogTopics: [],
        repartitionSourceTopics: [],
      },
      {
        subtopologyId: '1',
        sourceTopics: [],
        repartitionSinkTopics: [],
        stateChangelogTopics: [changelog],
        repartitionSourceTopics: [{ ...internalTopic('app-words-repartition'), partitions: 4 }],
      },
    ],
  });
  const assignment = {
    activeTasks: [...tasks('0', 0, 1, 2, 3), ...tasks('1', 0, 1, 2, 3)],
    standbyTasks: [],
    warmupTasks: [],
  };
  assert.deepEqual(group.members, [
    {
      memberId: 'a',
      memberEpoch: 3,
      instanceId: null,
      rackId: null,
      clientId: '',
      clientHost: '/10.0.0.7',
      topologyEpoch: 0,
      processId: 'p',
      userEndpoint: null,
      clientTags: [],
      taskOffsets: [offset],
      taskEndOffsets: [{ ...offset, offset: 90 }],
      assignment,
      targetAssignment: assignment,
      isClassic: false,
    },
  ]);
  const asked = await describeStreams(world.services, 'group', { includeTopologyDescription: true });
  assert.equal(asked.topologyDescriptionStatus, 1);
});

test('what is no streams group is not described', async () => {
  const world = await openStreamsWorld();
  const missing = await describeStreams(world.services, 'other');
  assert.deepEqual([missing.errorCode, missing.errorMessage], [ErrorCode.GROUP_ID_NOT_FOUND, 'Group other not found.']);
  assert.equal((await describeStreams(world.services, '')).errorCode, ErrorCode.INVALID_GROUP_ID);
  await world.stable({ groupId: 'classic' });
  const classic = await describeStreams(world.services, 'classic');
  assert.equal(classic.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(classic.errorMessage, 'Group classic is not a streams group.');
});

test('a group is listed with its state, and deleted when nobody is in it', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, topology: topology(0, ['payments']) });
  const listed = { groupId: 'group', protocolType: 'streams', groupState: 'NotReady', groupType: 'streams' };
  assert.deepEqual(await world.apis.listGroups(['notready'], ['Streams']), [listed]);
  assert.deepEqual(await world.apis.listGroups([], ['classic']), []);
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NON_EMPTY_GROUP);
  await beat(world.services, 'a', { memberEpoch: -1 });
  assert.equal((await describeStreams(world.services)).topology?.epoch, 0);
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  assert.equal((await describeStreams(world.services)).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  // Now another topology is welcome.
  const other = await beat(world.services, 'a', { ...JOIN, topology: topology(7, ['orders']) });
  assert.equal(other.errorCode, ErrorCode.NONE);
  const next = await world.restart();
  assert.equal((await describeStreams(next.services)).topology?.epoch, 7);
});

test('an empty classic group becomes a streams group with its offsets, and back', async () => {
  const world = await openStreamsWorld();
  await world.commit({ 0: 5 });
  const joined = await beat(world.services, 'a', JOIN);
  assert.equal(joined.errorCode, ErrorCode.NONE);
  assert.deepEqual(await world.committed(), { 0: 5 });
  const live = world.join();
  await world.pass(0);
  assert.equal(live.value.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  await beat(world.services, 'a', { memberEpoch: -1 });
  await world.stable();
  assert.equal(await world.state(), 'Stable');
  const refused = await beat(world.services, 'a', JOIN);
  assert.equal(refused.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(refused.errorMessage, 'Group group is not a streams group.');
  const next = await world.restart();
  assert.equal(await next.state(), 'Stable');
});
