/** What is exported about groups of every protocol: members, states, committed offsets and how far behind they are. */
import type { Figure, FigureValue } from '../../metrics/figures.ts';
import type { SeriesBound } from '../../metrics/series.ts';
import { type PartitionFiguresOptions, positionsOf } from '../../partition/figures.ts';
import type { GroupCoordinator } from './coordinator.ts';
import type { GroupEnvironment } from './environment.ts';
import type { Group } from './group.ts';
import { isLive } from './offsets/live.ts';
import { entriesOf } from './offsets/table.ts';

/** A figure but its values. */
type Described = Pick<Figure, 'name' | 'help' | 'type'>;

export function groupFigures(groups: GroupCoordinator, options: PartitionFiguresOptions): Figure[] {
  const { bound } = options;
  return [
    {
      name: 'walka_groups',
      help: 'Groups by type and state.',
      type: 'gauge',
      collect: () => countsByState(groups.environments()),
    },
    byGroup(groups, bound, { name: 'walka_group_members', help: 'Members by group.', type: 'gauge' }, (group) => ({
      labels: { group: group.groupId, type: group.type },
      value: group.size,
    })),
    byGroup(
      groups,
      bound,
      { name: 'walka_group_state', help: '1 for the state that a group is in.', type: 'gauge' },
      ({ groupId, type, state }) => ({ labels: { group: groupId, type, state }, value: 1 }),
    ),
    byOffset(
      groups,
      options,
      { name: 'walka_group_committed_offset', help: 'Offset that a group has committed.', type: 'gauge' },
      (committedOffset) => committedOffset,
    ),
    byOffset(
      groups,
      options,
      {
        name: 'walka_group_lag_records',
        help: 'Offsets between what a group has committed and the high watermark.',
        type: 'gauge',
      },
      (committedOffset, highWatermark) => Math.max(0, highWatermark - committedOffset),
    ),
  ];
}

function countsByState(environments: readonly GroupEnvironment[]): FigureValue[] {
  const counts = new Map<string, FigureValue & { value: number }>();
  for (const { groups } of environments) {
    for (const { type, state } of groups.values()) {
      const key = `${type} ${state}`;
      const count = counts.get(key);
      if (count === undefined) counts.set(key, { labels: { type, state }, value: 1 });
      else count.value += 1;
    }
  }
  return [...counts.values()];
}

function byGroup(
  coordinator: GroupCoordinator,
  bound: SeriesBound,
  described: Described,
  value: (group: Group) => FigureValue,
): Figure {
  return bound.figure(described, function* () {
    for (const { groups } of coordinator.environments()) {
      yield {
        count: groups.size,
        *values() {
          for (const group of groups.values()) yield value(group);
        },
      };
    }
  });
}

/** Of partitions that exist. */
function byOffset(
  coordinator: GroupCoordinator,
  options: PartitionFiguresOptions,
  described: Described,
  value: (committedOffset: number, highWatermark: number) => number,
): Figure {
  return options.bound.figure(described, function* () {
    for (const env of coordinator.environments()) {
      for (const groupId of env.offsets.groupIds()) {
        const offsets = env.offsets.ofGroup(groupId);
        let count = 0;
        for (const partitions of offsets.values()) count += partitions.size;
        yield {
          count,
          *values() {
            for (const [{ topic: name, partition: index }, stored] of entriesOf(groupId, offsets)) {
              const topic = options.metadata.topic(name);
              const partition = topic?.partitions.at(index);
              if (topic === undefined || partition === undefined || !isLive(env, stored)) continue;
              const { highWatermark } = positionsOf(options, topic.id, partition);
              const labels = { group: groupId, topic: name, partition: index };
              yield { labels, value: value(stored.offset, highWatermark) };
            }
          },
        };
      }
    }
  });
}
