/** DescribeGroups and ListGroups. */
import { boundedMessage, ErrorCode } from '../../../../protocol/errors.ts';
import type { DescribedGroup } from '../../../../protocol/generated/describe-groups-response.ts';
import type { ListedGroup } from '../../../../protocol/generated/list-groups-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { ClassicGroup } from './group.ts';
import { NO_BYTES } from './member.ts';

/** Type of every group served here, as Kafka spells it. */
const CLASSIC_TYPE = 'classic';
/** First version that says a group is missing instead of calling it Dead without an error. */
const GROUP_ID_NOT_FOUND_VERSION = 6;

/** A group as it is. Subscriptions are shown in a stable group only, where a protocol is in force. */
export function describeGroup(group: ClassicGroup): Input<DescribedGroup> {
  const isStable = group.state === 'Stable';
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadata(group.protocolName) : NO_BYTES,
      memberAssignment: member.assignment,
    })),
  };
}

/** A group that does not exist; Kafka's text, which its own tests compare, also for the group without a name. */
export function describeMissing(groupId: string, apiVersion: number): Input<DescribedGroup> {
  if (apiVersion < GROUP_ID_NOT_FOUND_VERSION) return { groupId, groupState: 'Dead', errorCode: ErrorCode.NONE };
  const errorMessage = boundedMessage(`Group ${groupId} not found.`);
  return { groupId, groupState: 'Dead', errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage };
}

/** Lower-case states and types wanted; an empty set wants all. */
export interface GroupFilter {
  readonly states: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** The filter of a request: case does not count, nor does space around a state. */
export function groupFilter(states: readonly string[], types: readonly string[]): GroupFilter {
  return { states: lowerCase(states.map((state) => state.trim())), types: lowerCase(types) };
}

export function listGroups(groups: Iterable<ClassicGroup>, filter: GroupFilter): Input<ListedGroup>[] {
  if (filter.types.size > 0 && !filter.types.has(CLASSIC_TYPE)) return [];
  const listed: Input<ListedGroup>[] = [];
  for (const group of groups) {
    if (filter.states.size > 0 && !filter.states.has(group.state.toLowerCase())) continue;
    const { groupId, protocolType, state } = group;
    listed.push({ groupId, protocolType: protocolType ?? '', groupState: state, groupType: CLASSIC_TYPE });
  }
  return listed;
}

function lowerCase(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
