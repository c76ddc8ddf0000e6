/** From what a request commits to the records that say so. */
import { ErrorCode } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { CommitTopic } from '../group.ts';
import type { OffsetRecord } from './records.ts';

/** A topic of OffsetCommit or TxnOffsetCommit that exists, with its name and id. */
export interface NewOffsets extends CommitTopic {
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string | null;
    /** OffsetCommit v1: when it was, in ms; -1 or left out: now. */
    readonly commitTimestamp?: number;
  }[];
}

/** The answer for each partition; OFFSET_METADATA_TOO_LARGE where there is too much of it. */
export interface CommitAnswer {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[];
}

export interface OffsetsToCommit {
  readonly groupId: string;
  readonly topics: readonly NewOffsets[];
  /** When the offsets expire, in ms, or -1 if the broker's retention counts. */
  readonly expireTimestampMs: number;
}

function hasTooMuch({ settings }: GroupEnvironment, { committedMetadata }: NewOffsets['partitions'][number]): boolean {
  return (committedMetadata?.length ?? 0) > settings.offsetMetadataMaxBytes;
}

/** What is left to judge a commit by: partitions with too much metadata are refused on their own, whoever commits. */
export function judgedTopics(env: GroupEnvironment, topics: readonly NewOffsets[]): readonly NewOffsets[] {
  if (!topics.some(({ partitions }) => partitions.some((partition) => hasTooMuch(env, partition)))) return topics;
  return topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.filter((partition) => !hasTooMuch(env, partition)),
  }));
}

/** What is to be written, and the answer once it is. */
export function newOffsets(
  env: GroupEnvironment,
  { groupId, topics, expireTimestampMs }: OffsetsToCommit,
): { readonly records: readonly OffsetRecord[]; readonly answers: CommitAnswer[] } {
  const nowMs = env.clock.now();
  const records: OffsetRecord[] = [];
  const answers = topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const {
        partitionIndex,
        committedOffset,
        committedLeaderEpoch,
        committedMetadata,
        commitTimestamp = -1,
      } = partition;
      if (hasTooMuch(env, partition)) return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      const metadata = committedMetadata ?? '';
      const value = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata, topicId };
      const times = { commitTimestampMs: commitTimestamp < 0 ? nowMs : commitTimestamp, expireTimestampMs };
      records.push({ kind: 'offset', groupId, topic: name, partition: partitionIndex, value: { ...value, ...times } });
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return { records, answers };
}
