/** What can be queried at the endpoints of a streams group's members. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointsToPartitions } from '../../../../src/coordinator/group/streams/endpoints.ts';
import { MemberState } from '../../../../src/coordinator/group/streams/member.ts';
import type { Endpoint, StreamsMember } from '../../../../src/coordinator/group/streams/member.ts';
import { NOTHING_HELD } from '../../../../src/coordinator/group/streams/tasks.ts';

function member(userEndpoint: Endpoint | null, active: readonly string[], standby: readonly string[]): StreamsMember {
  return {
    memberId: 'm',
    instanceId: null,
    rackId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    rebalanceTimeoutMs: 1000,
    topologyEpoch: 0,
    processId: 'p',
    userEndpoint,
    clientTags: new Map(),
    memberEpoch: 1,
    previousMemberEpoch: 0,
    state: MemberState.STABLE,
    assigned: { active: new Map(active.map((task) => [task, 1])), standby: new Set(standby), warmup: new Set(['0_9']) },
    pendingRevocation: NOTHING_HELD,
  };
}

test('each member with an endpoint is listed with the partitions that its tasks read', () => {
  const host = { host: 'here', port: 80 };
  const repartition = { name: 'r', partitions: 3, replicationFactor: 0, configs: new Map<string, string>() };
  const subtopologies = new Map([
    [
      '0',
      {
        taskCount: 10,
        sourceTopics: ['small', 'large'],
        repartitionSourceTopics: [repartition],
        repartitionSinkTopics: [],
        stateChangelogTopics: [],
      },
    ],
  ]);
  const counts: Readonly<Record<string, number>> = { small: 2, large: 10, r: 3 };
  const members = [member(host, ['0_2', '0_1'], ['0_0']), member(null, ['0_3'], [])];
  assert.deepEqual(
    endpointsToPartitions(members, subtopologies, (topic) => counts[topic]),
    [
      {
        userEndpoint: host,
        activePartitions: [
          { topic: 'small', partitions: [1] },
          { topic: 'large', partitions: [1, 2] },
          { topic: 'r', partitions: [1, 2] },
        ],
        standbyPartitions: [
          { topic: 'small', partitions: [0] },
          { topic: 'large', partitions: [0, 9] },
          { topic: 'r', partitions: [0] },
        ],
      },
    ],
  );
});
