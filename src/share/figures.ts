/** What is exported about share groups: the share partitions that are in delivery. */
import type { Figure } from '../metrics/figures.ts';
import { type PartitionFiguresOptions, positionsOf } from '../partition/figures.ts';
import type { SharePartition } from './share-partition.ts';
import type { SharePartitions } from './share-partitions.ts';

export function shareFigures(sharePartitions: SharePartitions, options: PartitionFiguresOptions): Figure[] {
  const { metadata, bound } = options;
  const byPartition = (name: string, help: string, value: (share: SharePartition, highWatermark: number) => number) =>
    bound.figure({ name, help, type: 'gauge' }, function* () {
      for (const [{ groupId: group, topicId, partition: index }, share] of sharePartitions.served()) {
        const topic = metadata.topicById(topicId);
        const partition = topic?.partitions.at(index);
        if (topic === undefined || partition === undefined) continue;
        const labels = { group, topic: topic.name, partition: index };
        const { highWatermark } = positionsOf(options, topicId, partition);
        yield { count: 1, values: () => [{ labels, value: value(share, highWatermark) }] };
      }
    });
  return [
    byPartition(
      'walka_share_start_offset',
      'First offset that a share group is not done with, of partitions in delivery.',
      ({ startOffset }) => startOffset,
    ),
    byPartition(
      'walka_share_in_flight_records',
      'Records of a share group that are delivered, or wait to be delivered again.',
      ({ inFlightCount }) => inFlightCount,
    ),
    byPartition(
      'walka_share_lag_records',
      'Offsets between the first that a share group is not done with and the high watermark.',
      ({ startOffset }, highWatermark) => Math.max(0, highWatermark - startOffset),
    ),
  ];
}
