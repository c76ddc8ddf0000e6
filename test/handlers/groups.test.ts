/** The APIs of classic groups as clients see them: bytes in and bytes out, in every version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, errorText } from '../../protocol/errors.ts';
import * as deleteGroupsRequest from '../../protocol/generated/delete-groups-request.ts';
import * as deleteGroupsResponse from '../../protocol/generated/delete-groups-response.ts';
import * as describeGroupsRequest from '../../protocol/generated/describe-groups-request.ts';
import * as describeGroupsResponse from '../../protocol/generated/describe-groups-response.ts';
import * as findCoordinatorRequest from '../../protocol/generated/find-coordinator-request.ts';
import * as findCoordinatorResponse from '../../protocol/generated/find-coordinator-response.ts';
import * as heartbeatRequest from '../../protocol/generated/heartbeat-request.ts';
import * as heartbeatResponse from '../../protocol/generated/heartbeat-response.ts';
import * as joinGroupRequest from '../../protocol/generated/join-group-request.ts';
import * as joinGroupResponse from '../../protocol/generated/join-group-response.ts';
import * as leaveGroupRequest from '../../protocol/generated/leave-group-request.ts';
import * as leaveGroupResponse from '../../protocol/generated/leave-group-response.ts';
import * as listGroupsRequest from '../../protocol/generated/list-groups-request.ts';
import * as listGroupsResponse from '../../protocol/generated/list-groups-response.ts';
import * as offsetCommitRequest from '../../protocol/generated/offset-commit-request.ts';
import * as offsetCommitResponse from '../../protocol/generated/offset-commit-response.ts';
import * as offsetDeleteRequest from '../../protocol/generated/offset-delete-request.ts';
import * as offsetDeleteResponse from '../../protocol/generated/offset-delete-response.ts';
import * as offsetFetchRequest from '../../protocol/generated/offset-fetch-request.ts';
import * as offsetFetchResponse from '../../protocol/generated/offset-fetch-response.ts';
import * as syncGroupRequest from '../../protocol/generated/sync-group-request.ts';
import * as syncGroupResponse from '../../protocol/generated/sync-group-response.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { deleteGroupsHandler } from '../../src/handlers/delete-groups.ts';
import { describeGroupsHandler } from '../../src/handlers/describe-groups.ts';
import { findCoordinatorHandler } from '../../src/handlers/find-coordinator.ts';
import { heartbeatHandler } from '../../src/handlers/heartbeat.ts';
import { joinGroupHandler } from '../../src/handlers/join-group.ts';
import { leaveGroupHandler } from '../../src/handlers/leave-group.ts';
import { listGroupsHandler } from '../../src/handlers/list-groups.ts';
import { offsetCommitHandler } from '../../src/handlers/offset-commit.ts';
import { offsetDeleteHandler } from '../../src/handlers/offset-delete.ts';
import { offsetFetchHandler } from '../../src/handlers/offset-fetch.ts';
import { syncGroupHandler } from '../../src/handlers/sync-group.ts';
import type { AnyApiHandler } from '../../src/handlers/types.ts';
import { GroupWorld, SESSION_MS, settle, subscription } from '../support/groups.ts';
import { testContext } from '../support/test-services.ts';

interface Api<Request, Response> {
  readonly handler: AnyApiHandler;
  readonly write: (writer: Writer, request: Request, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

const api = <Request, Response>(
  handler: AnyApiHandler,
  write: Api<Request, Response>['write'],
  read: Api<Request, Response>['read'],
): Api<Request, Response> => ({ handler, write, read });

const Find = api(
  findCoordinatorHandler,
  findCoordinatorRequest.writeFindCoordinatorRequest,
  findCoordinatorResponse.readFindCoordinatorResponse,
);
const Join = api(joinGroupHandler, joinGroupRequest.writeJoinGroupRequest, joinGroupResponse.readJoinGroupResponse);
const Sync = api(syncGroupHandler, syncGroupRequest.writeSyncGroupRequest, syncGroupResponse.readSyncGroupResponse);
const Beat = api(heartbeatHandler, heartbeatRequest.writeHeartbeatRequest, heartbeatResponse.readHeartbeatResponse);
const Leave = api(
  leaveGroupHandler,
  leaveGroupRequest.writeLeaveGroupRequest,
  leaveGroupResponse.readLeaveGroupResponse,
);
const Commit = api(
  offsetCommitHandler,
  offsetCommitRequest.writeOffsetCommitRequest,
  offsetCommitResponse.readOffsetCommitResponse,
);
const Fetch = api(
  offsetFetchHandler,
  offsetFetchRequest.writeOffsetFetchRequest,
  offsetFetchResponse.readOffsetFetchResponse,
);
const Forget = api(
  offsetDeleteHandler,
  offsetDeleteRequest.writeOffsetDeleteRequest,
  offsetDeleteResponse.readOffsetDeleteResponse,
);
const List = api(
  listGroupsHandler,
  listGroupsRequest.writeListGroupsRequest,
  listGroupsResponse.readListGroupsResponse,
);
const Describe = api(
  describeGroupsHandler,
  describeGroupsRequest.writeDescribeGroupsRequest,
  describeGroupsResponse.readDescribeGroupsResponse,
);
const Delete = api(
  deleteGroupsHandler,
  deleteGroupsRequest.writeDeleteGroupsRequest,
  deleteGroupsResponse.readDeleteGroupsResponse,
);

/** Sends a request through its handler, as bytes both ways. */
async function call<Request, Response>(
  world: GroupWorld,
  { handler, write, read }: Api<Request, Response>,
  apiVersion: number,
  request: Request,
): Promise<Response> {
  const writer = new Writer();
  write(writer, request, apiVersion);
  const context = testContext(world.services, apiVersion, 'app');
  const frame = writer.toBuffer();
  const answer = handler.handle(context, handler.readRequest(new Reader(frame), apiVersion));
  await settle();
  await world.pass(0);
  // The request's bytes are used for something else as soon as it was handled.
  frame.fill(0xee);
  const out = new Writer();
  handler.writeResponse(out, await answer, apiVersion);
  const reader = new Reader(out.toBuffer());
  const response = read(reader, apiVersion);
  reader.expectEnd();
  return response;
}

/** Runs a check for each version an API is served in. */
async function eachVersion(
  { handler }: { readonly handler: AnyApiHandler },
  check: (version: number) => Promise<void>,
): Promise<void> {
  for (let version = handler.minVersion; version <= handler.maxVersion; version++) await check(version);
}

const topicId = (world: GroupWorld): string => world.metadata.topic('orders')?.id ?? '';

test('FindCoordinator names this broker for groups, in every version, and creates the topic', async () => {
  await eachVersion(Find, async (version) => {
    const world = await GroupWorld.open();
    await world.metadata.deleteTopic('__consumer_offsets');
    const key = 'group';
    const response = await call(world, Find, version, version < 4 ? { key } : { coordinatorKeys: [key, 'other'] });
    const found = version < 4 ? [response] : response.coordinators;
    assert.equal(found.length, version < 4 ? 1 : 2);
    for (const { nodeId, host, port, errorCode } of found) {
      assert.deepEqual([nodeId, host, port, errorCode], [1, 'broker.test', 9092, 0]);
    }
    await world.commit({ 0: 1 });
  });
});

test('FindCoordinator refuses types that it does not know', async () => {
  const world = await GroupWorld.open();
  for (const keyType of [2, 3, -1]) {
    const { errorCode, errorMessage } = await call(world, Find, 2, { key: 'k', keyType });
    assert.equal(errorCode, ErrorCode.INVALID_REQUEST);
    assert.equal(errorMessage, errorText(ErrorCode.INVALID_REQUEST));
  }
});

test('a member joins, syncs, beats, commits and leaves in every version of each API', async () => {
  await eachVersion(Join, async (version) => {
    const world = await GroupWorld.open();
    const groupId = 'group';
    const join = {
      groupId,
      sessionTimeoutMs: SESSION_MS,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription(['orders']) }],
      ...(version >= 1 ? { rebalanceTimeoutMs: 60_000 } : {}),
    };
    let joined = await call(world, Join, version, join);
    if (version >= 4) {
      assert.equal(joined.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
      assert.equal(joined.protocolName, version >= 7 ? null : '');
      joined = await call(world, Join, version, { ...join, memberId: joined.memberId });
    }
    assert.equal(joined.errorCode, 0);
    assert.equal(joined.members.length, 1);
    assert.deepEqual(joined.members[0]?.metadata, subscription(['orders']));
    const { memberId, generationId } = joined;
    assert.match(memberId, /^app-/);

    const assignments = [{ memberId, assignment: Buffer.from('mine') }];
    await eachVersion(Sync, async (syncVersion) => {
      const protocol = syncVersion >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {};
      const sync = { groupId, memberId, generationId, assignments, ...protocol };
      assert.deepEqual((await call(world, Sync, syncVersion, sync)).assignment, Buffer.from('mine'));
    });
    const lacking = await call(world, Sync, 5, { groupId, memberId, generationId, assignments });
    assert.equal(lacking.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    await eachVersion(Beat, async (beatVersion) => {
      assert.equal((await call(world, Beat, beatVersion, { groupId, memberId, generationId })).errorCode, 0);
    });
    const leaveVersion = Math.min(version, 5);
    const leave = leaveVersion < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] };
    const left = await call(world, Leave, leaveVersion, leave);
    assert.equal(left.errorCode, 0);
    const again = await call(world, Leave, leaveVersion, leave);
    assert.equal(leaveVersion < 3 ? again.errorCode : again.members[0]?.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
    assert.equal((await call(world, Leave, leaveVersion, { ...leave, groupId: '' })).errorCode, 24);
  });
});

test('offsets are committed and fetched in every version', async () => {
  await eachVersion(Commit, async (version) => {
    const world = await GroupWorld.open();
    const topic = version >= 10 ? { topicId: topicId(world) } : { name: 'orders' };
    const partition = (partitionIndex: number) => ({ partitionIndex, committedOffset: 42, committedMetadata: 'm' });
    const partitions = [partition(0), partition(4), partition(1)];
    const unknown = version >= 10 ? { topicId: '0123456789abcdefghijkA' } : { name: 'unknown' };
    const response = await call(world, Commit, version, {
      groupId: 'group',
      topics: [
        { ...topic, partitions },
        { ...unknown, partitions: [partition(0)] },
      ],
    });
    const codes = response.topics.map((answer) => answer.partitions.map((p) => [p.partitionIndex, p.errorCode]));
    if (version === 0) {
      const refusals = codes.flat().map(([, code]) => code);
      return assert.deepEqual(refusals, [35, 35, 35, 35], 'v0 was for ZooKeeper: UNSUPPORTED_VERSION');
    }
    assert.deepEqual(codes, [
      [
        [4, 3],
        [0, 0],
        [1, 0],
      ],
      [[0, version >= 10 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
    ]);
    assert.deepEqual(await world.committed(), { 0: 42, 1: 42 });
    const stale = await call(world, Commit, version, {
      groupId: 'none',
      generationIdOrMemberEpoch: 3,
      topics: [{ ...topic, partitions }],
    });
    const code = version >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
    assert.deepEqual(
      stale.topics[0]?.partitions.map(({ errorCode }) => errorCode),
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, code, code],
      'a partition that does not exist is told so, whatever the group says of the others',
    );
  });
});

test('OffsetFetch answers by name, by id, for all topics and for many groups', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 7 });
  await world.commit({ 1: 8 }, { groupId: 'other' });
  await eachVersion(Fetch, async (version) => {
    const topic = version >= 10 ? { topicId: topicId(world) } : { name: 'orders' };
    const topics = [{ ...topic, partitionIndexes: [0, 1] }];
    if (version < 8) {
      const response = await call(world, Fetch, version, { groupId: 'group', topics });
      if (version === 0) {
        const refusals = response.topics[0]?.partitions.map((p) => [p.committedOffset, p.errorCode]);
        return assert.deepEqual(refusals, [
          [-1, ErrorCode.UNSUPPORTED_VERSION],
          [-1, ErrorCode.UNSUPPORTED_VERSION],
        ]);
      }
      assert.deepEqual(
        response.topics[0]?.partitions.map((p) => [p.partitionIndex, p.committedOffset, p.metadata]),
        [
          [0, 7, 'at 7'],
          [1, -1, ''],
        ],
      );
      if (version < 2) return;
      const all = await call(world, Fetch, version, { groupId: 'group', topics: null });
      assert.deepEqual(
        all.topics.map(({ name, partitions }) => [name, partitions.length]),
        [['orders', 1]],
      );
      return;
    }
    const groups = [
      { groupId: 'group', topics },
      { groupId: 'other', topics: null },
      { groupId: 'none', topics },
    ];
    const response = await call(world, Fetch, version, { groups, requireStable: true });
    assert.deepEqual(
      response.groups.map((group) => group.topics.map((t) => t.partitions.map((p) => p.committedOffset))),
      [[[7, -1]], [[8]], [[-1, -1]]],
    );
    if (version < 10) return;
    assert.equal(response.groups[1]?.topics[0]?.topicId, topicId(world));
    const unknown = [{ topicId: '0123456789abcdefghijkA', partitionIndexes: [3] }];
    const missing = await call(world, Fetch, version, { groups: [{ groupId: 'group', topics: unknown }] });
    assert.deepEqual(
      missing.groups[0]?.topics[0]?.partitions.map((p) => [p.partitionIndex, p.committedOffset, p.errorCode]),
      [[3, -1, ErrorCode.UNKNOWN_TOPIC_ID]],
    );
  });
});

test('an error of the whole group has its place in every version of OffsetFetch', async () => {
  const world = await GroupWorld.open();
  await world.coordinator.close();
  await eachVersion(Fetch, async (version) => {
    if (version === 0) return; // refused whatever the group says
    const topic = version >= 10 ? { topicId: topicId(world) } : { name: 'orders' };
    const topics = [{ ...topic, partitionIndexes: [0] }];
    const request = version < 8 ? { groupId: 'group', topics } : { groups: [{ groupId: 'group', topics }] };
    const response = await call(world, Fetch, version, request);
    const code = version < 8 ? response.errorCode : response.groups[0]?.errorCode;
    assert.equal(version === 1 ? response.topics[0]?.partitions[0]?.errorCode : code, ErrorCode.NOT_COORDINATOR);
  });
});

test('OffsetDelete tells unknown partitions from those it forgets', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1, 1: 1 });
  const partitions = [{ partitionIndex: 0 }, { partitionIndex: 9 }];
  const topics = [
    { name: 'orders', partitions },
    { name: 'unknown', partitions },
  ];
  const response = await call(world, Forget, 0, { groupId: 'group', topics });
  assert.deepEqual(
    response.topics.map(({ name, partitions }) => [name, partitions.map((p) => [p.partitionIndex, p.errorCode])]),
    [
      [
        'orders',
        [
          [9, 3],
          [0, 0],
        ],
      ],
      [
        'unknown',
        [
          [0, 3],
          [9, 3],
        ],
      ],
    ],
  );
  assert.deepEqual(await world.committed(), { 1: 1 });
  const missing = await call(world, Forget, 0, { groupId: 'none', topics });
  assert.deepEqual([missing.errorCode, missing.topics], [ErrorCode.GROUP_ID_NOT_FOUND, []]);
  const nameless = await call(world, Forget, 0, { groupId: '', topics });
  assert.equal(nameless.errorCode, ErrorCode.INVALID_GROUP_ID);
});

test('groups are listed by state and type where the version can ask', async () => {
  const world = await GroupWorld.open();
  await world.stable();
  await world.commit({ 0: 1 }, { groupId: 'plain' });
  await eachVersion(List, async (version) => {
    const listed = await call(world, List, version, {});
    const ids = listed.groups.map(({ groupId, protocolType }) => [groupId, protocolType]).sort();
    assert.deepEqual(ids, [
      ['group', 'consumer'],
      ['plain', ''],
    ]);
    if (version < 4) return;
    const stable = await call(world, List, version, { statesFilter: ['STABLE'] });
    assert.deepEqual(
      stable.groups.map(({ groupId, groupState }) => [groupId, groupState]),
      [['group', 'Stable']],
    );
    assert.deepEqual((await call(world, List, version, { statesFilter: ['Nonsense'] })).groups, []);
    if (version < 5) return;
    assert.equal((await call(world, List, version, { typesFilter: ['Classic'] })).groups.length, 2);
    assert.equal((await call(world, List, version, { typesFilter: ['consumer'] })).groups.length, 0);
  });
});

test('groups are described in every version, missing ones as Dead or with an error', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable();
  await eachVersion(Describe, async (version) => {
    const wants = version >= 3 ? { includeAuthorizedOperations: true } : {};
    const { groups } = await call(world, Describe, version, { groups: ['group', 'none', ''], ...wants });
    const [group, none, nameless] = groups;
    assert.deepEqual(
      [group?.groupState, group?.protocolType, group?.protocolData, group?.members.length],
      ['Stable', 'consumer', 'range', 1],
    );
    assert.deepEqual(group?.members[0], {
      memberId,
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      memberMetadata: subscription(['orders']),
      memberAssignment: Buffer.from(`of ${memberId}`),
    });
    assert.equal(group?.authorizedOperations, version >= 3 ? 3400 : -2147483648);
    assert.equal(none?.groupState, 'Dead');
    assert.equal(none?.errorCode, version >= 6 ? ErrorCode.GROUP_ID_NOT_FOUND : 0);
    assert.equal(none?.errorMessage, version >= 6 ? 'Group none not found.' : null);
    assert.equal(nameless?.errorMessage, version >= 6 ? 'Group  not found.' : null);
  });
});

test('groups are deleted in every version, each with its own error', async () => {
  await eachVersion(Delete, async (version) => {
    const world = await GroupWorld.open();
    await world.stable();
    await world.commit({ 0: 1 }, { groupId: 'plain' });
    const response = await call(world, Delete, version, { groupsNames: ['group', 'plain', 'none', 'plain'] });
    assert.deepEqual(
      response.results.map(({ groupId, errorCode }) => [groupId, errorCode]),
      [
        ['group', ErrorCode.NON_EMPTY_GROUP],
        ['plain', 0],
        ['none', ErrorCode.GROUP_ID_NOT_FOUND],
      ],
    );
  });
});
