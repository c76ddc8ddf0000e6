/** DeleteGroups: a group without members goes, with its offsets. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { split } from '../types.ts';
import type { GroupEnvironment, GroupResult } from './environment.ts';
import { allOffsetTombstones } from './offsets/delete.ts';

/** @throws KafkaError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
export function deleteGroup(env: GroupEnvironment, groupId: string): GroupResult {
  const group = env.groups.get(groupId);
  if (group === undefined) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND);
  if (!group.isEmpty) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  return split([...allOffsetTombstones(env, groupId), ...group.tombstones()], undefined);
}
