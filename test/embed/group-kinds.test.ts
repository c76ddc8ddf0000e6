/** Groups of newer protocols as a program sees them, and has them rebalance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeStreamsGroupHeartbeatRequest } from '../../protocol/generated/streams-group-heartbeat-request.ts';
import { readStreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import { type Broker, startBroker } from '../../src/index.ts';
import { WireClient } from '../support/wire-client.ts';
import { FindCoordinator } from '../support/admin-apis.ts';
import { ShareGroupHeartbeat } from '../support/share-group-apis.ts';

const StreamsHeartbeat = {
  apiKey: ApiKey.StreamsGroupHeartbeat,
  write: writeStreamsGroupHeartbeatRequest,
  read: readStreamsGroupHeartbeatResponse,
};
const MEMBER = 'AAAAAAAAAAAAAAAAAAAAAA';

/** A client that knows the coordinator of group g. */
async function clientOf(broker: Broker): Promise<WireClient & Disposable> {
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  const { coordinators } = await client.call(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] });
  assert.equal(coordinators[0]?.errorCode, ErrorCode.NONE);
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

test('a share group is shown, and its members are put out', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  using client = await clientOf(broker);
  const heartbeat = (memberEpoch: number) =>
    client.call(ShareGroupHeartbeat, 1, { groupId: 'g', memberId: MEMBER, memberEpoch, subscribedTopicNames: ['t'] });
  const { memberEpoch } = await heartbeat(0);
  const group = await broker.group('g');
  assert.deepEqual([group?.type, group?.members.map(({ memberId }) => memberId)], ['share', [MEMBER]]);
  await broker.rebalance('g');
  assert.deepEqual((await broker.group('g'))?.members, []);
  assert.equal((await heartbeat(memberEpoch)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a streams group is shown with the source topics of its tasks, and its members are put out', async () => {
  await using broker = await startBroker({
    topics: [{ name: 't', partitions: 2 }],
    config: { 'group.streams.initial.rebalance.delay.ms': 0 },
  });
  using client = await clientOf(broker);
  const heartbeat = (memberEpoch: number) =>
    client.call(StreamsHeartbeat, 0, {
      groupId: 'g',
      memberId: MEMBER,
      memberEpoch,
      processId: 'p',
      rebalanceTimeoutMs: 1000,
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
      topology: memberEpoch === 0 ? { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics: ['t'] }] } : null,
    });
  const { memberEpoch, errorCode } = await heartbeat(0);
  assert.equal(errorCode, ErrorCode.NONE);
  const group = await broker.group('g');
  assert.deepEqual([group?.type, group?.members[0]?.assignment], ['streams', [{ topic: 't', partitions: [0, 1] }]]);
  await broker.rebalance('g');
  assert.deepEqual((await broker.group('g'))?.members, []);
  assert.equal((await heartbeat(memberEpoch)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});
