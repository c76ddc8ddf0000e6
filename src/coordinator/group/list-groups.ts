/** ListGroups: the groups of one partition, of every protocol. */
import type { ListedGroup } from '../../../protocol/generated/list-groups-response.ts';
import type { Input } from '../../../protocol/input.ts';
import { tableOrder } from '../java-hash.ts';
import type { GroupEnvironment } from './environment.ts';

/** Lower-case states and types wanted; an empty set wants all. */
export interface GroupFilter {
  readonly states: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** The filter of a request: case does not count, nor does space around a state. */
export function groupFilter(states: readonly string[], types: readonly string[]): GroupFilter {
  return { states: lowerCase(states.map((state) => state.trim())), types: lowerCase(types) };
}

/** In Kafka's order, which its own tests compare. */
export function listGroups({ groups }: GroupEnvironment, filter: GroupFilter): Input<ListedGroup>[] {
  const listed: { readonly order: number; readonly group: Input<ListedGroup> }[] = [];
  for (const { groupId, protocolType, state, type } of groups.values()) {
    if (filter.types.size > 0 && !filter.types.has(type)) continue;
    if (filter.states.size > 0 && !filter.states.has(state.toLowerCase())) continue;
    const group = { groupId, protocolType: protocolType ?? '', groupState: state, groupType: type };
    listed.push({ order: tableOrder(groupId), group });
  }
  return listed.sort((a, b) => a.order - b.order).map(({ group }) => group);
}

function lowerCase(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
