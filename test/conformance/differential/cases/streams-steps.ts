/** Steps of the cases of streams groups (KIP-1071). */
import type { Body } from '../api-client.ts';
import type { Session } from '../session.ts';

export const GROUP_RESOURCE = 32;

export interface Steps {
  readonly groupId: string;
  /** Heartbeat of a member. */
  beat(step: string, memberId: string, body?: Body, version?: number): Promise<any>;
  /** Heartbeat that joins with this topology. */
  join(step: string, memberId: string, topology: Body, body?: Body, version?: number): Promise<any>;
  describe(step: string, version?: number): Promise<any>;
}

/** A group that assigns at once. */
export async function streamsGroup(
  session: Session,
  name = 'group',
  configs: Readonly<Record<string, string>> = {},
): Promise<Steps> {
  const groupId = session.name(name);
  await session.awaitCoordinator(groupId);
  const values = { 'streams.initial.rebalance.delay.ms': '0', 'streams.assignment.interval.ms': '0', ...configs };
  const entries = Object.entries(values).map(([key, value]) => ({ name: key, configOperation: 0, value }));
  await session.quietly('IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: GROUP_RESOURCE, resourceName: groupId, configs: entries }],
  });
  await session.published();
  const beat = (step: string, memberId: string, body: Body = {}, version = 1): Promise<any> =>
    session.call(step, 'StreamsGroupHeartbeat', version, {
      groupId,
      memberId,
      rebalanceTimeoutMs: -1,
      topology: null,
      activeTasks: null,
      standbyTasks: null,
      warmupTasks: null,
      ...body,
    });
  return {
    groupId,
    beat,
    join: (step, memberId, topology, body = {}, version = 1) =>
      beat(
        step,
        memberId,
        {
          memberEpoch: 0,
          rebalanceTimeoutMs: 60_000,
          topology,
          activeTasks: [],
          standbyTasks: [],
          warmupTasks: [],
          processId: memberId,
          ...body,
        },
        version,
      ),
    describe: (step, version = 1) =>
      session.call(step, 'StreamsGroupDescribe', version, {
        groupIds: [groupId],
        includeAuthorizedOperations: true,
        ...(version > 0 && { includeTopologyDescription: true }),
      }),
  };
}

/** Beats until the member gets another epoch than the one it says; gives that answer. */
export async function awaitEpoch(session: Session, beat: Body): Promise<any> {
  for (;;) {
    const answer = await session.quietly('StreamsGroupHeartbeat', 1, beat);
    if (answer.errorCode !== 0 || answer.memberEpoch !== beat['memberEpoch']) return answer;
  }
}

/** What a member says that it has: active tasks of subtopology 0. */
export function owns(memberEpoch: number, ...partitions: number[]): Body {
  const activeTasks = partitions.length === 0 ? [] : [{ subtopologyId: '0', partitions }];
  return { memberEpoch, activeTasks, standbyTasks: [], warmupTasks: [] };
}

export function reading(topic: string, epoch = 0): Body {
  return { epoch, subtopologies: [{ subtopologyId: '0', sourceTopics: [topic] }] };
}
