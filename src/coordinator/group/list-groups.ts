/** ListGroups: the groups of one partition, of every protocol. */
import type { ListedGroup } from '../../../protocol/generated/list-groups-response.ts';
import type { Input } from '../../../protocol/input.ts';
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

export function listGroups({ groups }: GroupEnvironment, filter: GroupFilter): Input<ListedGroup>[] {
  const listed: Input<ListedGroup>[] = [];
  for (const { groupId, protocolType, state, type } of groups.values()) {
    if (filter.types.size > 0 && !filter.types.has(type)) continue;
    if (filter.states.size > 0 && !filter.states.has(state.toLowerCase())) continue;
    listed.push({ groupId, protocolType: protocolType ?? '', groupState: state, groupType: type });
  }
  return listed;
}

function lowerCase(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
