/** The consumer group that a heartbeat is for: there already, made for a member that joins, or made of a classic group. */
import { ClassicGroup } from '../classic/group.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { GroupRecord } from '../protocol.ts';
import { isConsumerGroup, notFound } from './find.ts';
import { ConsumerGroup } from './group.ts';
import { upgrade } from './upgrade.ts';

export interface OpenedGroup {
  readonly group: ConsumerGroup;
  /** Records that have to come before those of the member. */
  readonly before: readonly GroupRecord[];
}

/** @throws KafkaError GROUP_ID_NOT_FOUND */
export function openGroup(env: GroupEnvironment, groupId: string, isJoin: boolean): OpenedGroup {
  const group = env.groups.get(groupId);
  if (isConsumerGroup(group)) return { group, before: [] };
  if (group === undefined) {
    if (!isJoin) throw notFound(`Consumer group ${groupId} not found.`);
    return { group: new ConsumerGroup(groupId), before: [] };
  }
  if (!isJoin || !(group instanceof ClassicGroup)) throw notFound(`Group ${groupId} is not a consumer group.`);
  if (group.isEmpty) return { group: new ConsumerGroup(groupId), before: group.tombstones() };
  return upgrade(env, group);
}
