/** What happens to groups and transactional ids when brokers come and go: coordinators that move, forced rebalances. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { ClassicGroup } from '../../coordinator/group/classic/group.ts';
import { beginRebalance } from '../../coordinator/group/classic/rebalance.ts';
import { fenceMembers } from '../../coordinator/group/consumer/fence.ts';
import { ConsumerGroup } from '../../coordinator/group/consumer/group.ts';
import { DONE, type GroupEnvironment, type GroupResult } from '../../coordinator/group/environment.ts';
import { fenceMember as fenceShareMember } from '../../coordinator/group/share/fence.ts';
import { ShareGroup } from '../../coordinator/group/share/group.ts';
import { fenceMember as fenceStreamsMember } from '../../coordinator/group/streams/fence.ts';
import { StreamsGroup } from '../../coordinator/group/streams/streams-group.ts';
import { replayed } from '../../coordinator/types.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import { checkText } from '../arguments.ts';
import { fail } from './acts.ts';
import type { Faults } from './faults.ts';

/** Of a group or a transactional id. */
export type CoordinatorKey = { readonly group: string } | { readonly transactionalId: string };

/**
 * Moves a coordinator away and back: what waits at it is answered NOT_COORDINATOR, and so is what comes, until a client
 * asks who the coordinator is. Meanwhile the state is read anew from its log.
 */
export async function moveCoordinator(services: BrokerServices, faults: Faults, key: CoordinatorKey): Promise<void> {
  const { group, transactionalId } = key as { readonly group?: string; readonly transactionalId?: string };
  if ((group === undefined) === (transactionalId === undefined)) {
    throw new TypeError('moveCoordinator: takes { group } or { transactionalId }');
  }
  checkText('moveCoordinator: what it takes', group ?? transactionalId);
  const filter = { ...(group !== undefined && { group }), ...(transactionalId !== undefined && { transactionalId }) };
  const moved = faults.add(
    'moveCoordinator',
    '*',
    { ...filter, times: Infinity, when: ({ api }) => api !== 'FindCoordinator' && api !== 'Produce' },
    [],
    fail({ code: ErrorCode.NOT_COORDINATOR }),
  );
  faults.add('moveCoordinator', 'FindCoordinator', filter, [], ({ request }, next) => {
    moved.remove();
    return next(request.body);
  });
  if (group !== undefined) await services.groups.reload(group);
  else await services.transactions.reload(transactionalId as string);
}

/** @throws KafkaError GROUP_ID_NOT_FOUND */
export async function rebalanceGroup({ groups }: BrokerServices, groupId: string): Promise<void> {
  const group = groups.coordinates(groups.partitionFor(groupId))
    ? await groups.read(groupId, (env) => env.groups.get(groupId))
    : undefined;
  if (group === undefined) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `There is no group ${groupId}`);
  if (group instanceof ShareGroup || group instanceof StreamsGroup) {
    const memberIds = Array.from(group.members.keys());
    for (const memberId of memberIds) {
      await groups.write(groupId, (env) => fenceOne(env, groupId, memberId));
    }
    return;
  }
  await groups.write(groupId, (env) => rebalanceAll(env, groupId));
}

function rebalanceAll(env: GroupEnvironment, groupId: string): GroupResult {
  const group = env.groups.get(groupId);
  if (group instanceof ConsumerGroup) return fenceMembers(env, group, [...group.members.values()], undefined);
  if (group instanceof ClassicGroup && group.canRebalance)
    return beginRebalance(env, group, 'the program asked for it');
  return DONE;
}

function fenceOne(env: GroupEnvironment, groupId: string, memberId: string): GroupResult {
  const group = env.groups.get(groupId);
  if (group instanceof ShareGroup) {
    const member = group.members.get(memberId);
    return member === undefined ? DONE : fenceShareMember(env, group, member, undefined);
  }
  if (!(group instanceof StreamsGroup) || !group.members.has(memberId)) return DONE;
  return replayed(fenceStreamsMember(group, memberId), undefined);
}
