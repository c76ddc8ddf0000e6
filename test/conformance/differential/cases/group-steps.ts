/** What the cases about groups have in common: joining, settling, committing. */
import type { Session } from '../session.ts';

const PROTOCOLS = [{ name: 'range', metadata: Buffer.from('meta') }];

export interface Joined {
  readonly memberId: string;
  readonly generationId: number;
}

export function joinBody(groupId: string, more: object = {}) {
  return {
    groupId,
    sessionTimeoutMs: 60_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: PROTOCOLS,
    ...more,
  };
}

/** Joins as the only member and settles the assignment. */
export async function settle(session: Session, group: string, more: object = {}): Promise<Joined> {
  await session.awaitCoordinator(group);
  const asked = await session.quietly('JoinGroup', 7, joinBody(group, more));
  const joined =
    asked.errorCode === 79
      ? await session.quietly('JoinGroup', 7, joinBody(group, { ...more, memberId: asked.memberId }))
      : asked;
  const { memberId, generationId } = joined;
  await session.quietly('SyncGroup', 5, {
    groupId: group,
    generationId,
    memberId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: Buffer.from('mine') }],
    ...('groupInstanceId' in more ? { groupInstanceId: (more as { groupInstanceId: string }).groupInstanceId } : {}),
  });
  return { memberId, generationId };
}

export function commit(
  session: Session,
  step: string,
  groupId: string,
  topic: string,
  more: object = {},
  version = 8,
  partition: object = {},
) {
  return session.call(step, 'OffsetCommit', version, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      { name: topic, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'note', ...partition }] },
    ],
    ...more,
  });
}
