/** What is exported about topics and partitions. */
import type { MetadataStore, Topic, TopicPartitionInfo } from '../metadata/types.ts';
import { type Figure, type FigureValue, gauge } from '../metrics/figures.ts';
import type { SeriesBound } from '../metrics/series.ts';
import type { LogEngine } from '../storage/types.ts';
import type { TopicTraffic } from './traffic.ts';
import type { PartitionManager } from './types.ts';

export interface PartitionFiguresOptions {
  readonly metadata: MetadataStore;
  readonly engine: LogEngine;
  readonly partitions: PartitionManager;
  readonly bound: SeriesBound;
}

/** Where a partition stands. */
export interface PartitionPositions {
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly sizeBytes: number;
}

const UNUSED: PartitionPositions = {
  logStartOffset: 0,
  logEndOffset: 0,
  highWatermark: 0,
  lastStableOffset: 0,
  sizeBytes: 0,
};

/** Where a partition stands, whether or not it is in use; looking does not keep it in use. */
export function positionsOf(
  { engine, partitions }: Pick<PartitionFiguresOptions, 'engine' | 'partitions'>,
  topicId: string,
  { index, stream }: TopicPartitionInfo,
): PartitionPositions {
  if (!engine.has(stream)) return UNUSED;
  const { logStartOffset, logEndOffset, liveBytes: sizeBytes } = engine.state(stream);
  const log = partitions.opened(topicId, index);
  // Nothing is waiting for its commit, and nobody has opened a transaction since the start.
  if (log === undefined || log.deleted) {
    return { logStartOffset, logEndOffset, highWatermark: logEndOffset, lastStableOffset: logEndOffset, sizeBytes };
  }
  const { highWatermark, lastStableOffset } = log;
  return { logStartOffset, logEndOffset, highWatermark, lastStableOffset, sizeBytes };
}

export function partitionFigures(options: PartitionFiguresOptions): Figure[] {
  const { metadata } = options;
  const countPartitions = (): number => metadata.topics().reduce((sum, { partitions }) => sum + partitions.length, 0);
  return [
    gauge('walka_topics', 'Topics, internal ones too.', () => metadata.topics().length),
    gauge('walka_partitions', 'Partitions of all topics.', countPartitions),
    ...topicFigures(options),
    ...positionFigures(options),
  ];
}

function topicFigures({ metadata, partitions, bound }: PartitionFiguresOptions): Figure[] {
  const byTopic = (name: string, help: string, value: (traffic: TopicTraffic) => number): Figure =>
    bound.figure({ name, help, type: 'counter' }, function* () {
      for (const { name: topic, id } of metadata.topics()) {
        const traffic = partitions.traffic(id);
        yield { count: 1, values: () => [{ labels: { topic }, value: traffic === undefined ? 0 : value(traffic) }] };
      }
    });
  return [
    byTopic(
      'walka_topic_received_records_total',
      'Records committed by topic, markers of transactions too.',
      (traffic) => traffic.receivedRecords,
    ),
    byTopic(
      'walka_topic_received_bytes_total',
      'Bytes of record batches committed by topic.',
      (traffic) => traffic.receivedBytes,
    ),
    byTopic(
      'walka_topic_sent_records_total',
      'Records sent to consumers by topic; those that compaction took out of a batch count, too.',
      (traffic) => traffic.sentRecords,
    ),
    byTopic(
      'walka_topic_sent_bytes_total',
      'Bytes of record batches sent to consumers by topic.',
      (traffic) => traffic.sentBytes,
    ),
    byTopic(
      'walka_topic_produce_conversions_total',
      'Records received in message format v0 or v1 by topic, and converted.',
      (traffic) => traffic.convertedReceivedRecords,
    ),
    byTopic(
      'walka_topic_fetch_conversions_total',
      'Records converted to message format v0 or v1 for old clients by topic.',
      (traffic) => traffic.convertedSentRecords,
    ),
    byTopic(
      'walka_topic_conversion_seconds_total',
      'Time that converting between message formats took by topic, waits in it.',
      (traffic) => traffic.conversionMs / 1000,
    ),
  ];
}

function positionFigures(options: PartitionFiguresOptions): Figure[] {
  const { metadata, bound } = options;
  const byPartition = (name: string, help: string, value: (positions: PartitionPositions) => number): Figure =>
    bound.figure({ name, help, type: 'gauge' }, function* () {
      for (const topic of metadata.topics()) {
        yield { count: topic.partitions.length, values: () => valuesOf(options, topic, value) };
      }
    });
  return [
    byPartition('walka_partition_log_start_offset', 'First offset that can be read.', (at) => at.logStartOffset),
    byPartition('walka_partition_log_end_offset', 'Offset that the next record gets.', (at) => at.logEndOffset),
    byPartition(
      'walka_partition_high_watermark',
      'Offset up to which consumers may read, exclusive.',
      (at) => at.highWatermark,
    ),
    byPartition(
      'walka_partition_last_stable_offset',
      'Offset up to which read_committed consumers may read, exclusive; of a partition that nobody uses, the high watermark.',
      (at) => at.lastStableOffset,
    ),
    byPartition('walka_partition_size_bytes', 'Bytes of record batches that can be read.', (at) => at.sizeBytes),
  ];
}

function* valuesOf(
  options: PartitionFiguresOptions,
  { name: topic, id, partitions }: Topic,
  value: (positions: PartitionPositions) => number,
): Generator<FigureValue, void, undefined> {
  for (const partition of partitions) {
    yield { labels: { topic, partition: partition.index }, value: value(positionsOf(options, id, partition)) };
  }
}
