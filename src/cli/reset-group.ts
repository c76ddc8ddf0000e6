/** How `walka groups reset` finds the offsets at which a group goes on, and commits them. */
import { KafkaError, ErrorCode } from '../../protocol/errors.ts';
import { commitOffsets, committedOffsets, describeGroup } from '../client/groups.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { type PartitionName, partitionOffsets } from '../client/offsets.ts';
import { ConfigError } from '../config/config-error.ts';
import type { CommandContext } from './context.ts';
import { type OffsetPlace, offsetsAt, parsePlace, partitionNumbers, partitionsOf } from './records/offset-place.ts';

export interface ResetFlags {
  readonly topic?: readonly string[];
  readonly to?: string;
  readonly shift?: number;
  readonly dryRun?: boolean;
}

/** What a reset is asked to do. */
export interface Reset {
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] | null }[];
  /** Null: by `shift`. */
  readonly place: OffsetPlace | null;
  readonly shift: number;
  readonly isDryRun: boolean;
}

/** @throws ConfigError, from what it gives */
export function wholeShift(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new ConfigError(`--shift: "${text}" is not a whole number`);
  return Number(text);
}

/** @throws ConfigError */
export function checkReset({ topic = [], to, shift, dryRun = false }: ResetFlags, nowMs: number): Reset {
  if ((to === undefined) === (shift === undefined)) throw new ConfigError('groups reset: where to? --to or --shift');
  const topics = topic.map((text) => {
    const [name = '', numbers] = text.split(':');
    return { name, partitions: numbers === undefined ? null : partitionNumbers('topic')(numbers) };
  });
  return {
    topics,
    place: to === undefined ? null : parsePlace(to, '--to', nowMs),
    shift: shift ?? 0,
    isDryRun: dryRun,
  };
}

async function partitionsToReset(
  client: KafkaClient,
  groupId: string,
  { topics }: Reset,
  committed: readonly PartitionName[],
): Promise<PartitionName[]> {
  if (topics.length > 0) {
    const all: PartitionName[] = [];
    for (const { name, partitions } of topics) all.push(...(await partitionsOf(client, [name], partitions)));
    return all;
  }
  if (committed.length === 0) throw new ConfigError(`group ${groupId} has committed nothing: which --topic?`);
  const { topics: there } = await client.metadata([...new Set(committed.map(({ topic }) => topic))]);
  const counts = new Map(there.map(({ name, partitions }) => [name, partitions.length]));
  // Offsets may outlive their topics.
  return committed.filter(({ topic, partition }) => partition < (counts.get(topic) ?? 0));
}

/** The group may not be there yet, then it has no members. @throws KafkaError NON_EMPTY_GROUP */
async function checkEmpty(client: KafkaClient, groupId: string): Promise<void> {
  try {
    const { members } = await describeGroup(client, groupId);
    if (members.length === 0) return;
    const what = `group ${groupId} has ${members.length} members: stop them first`;
    throw new KafkaError(ErrorCode.NON_EMPTY_GROUP, what);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== ErrorCode.GROUP_ID_NOT_FOUND) throw error;
  }
}

/** @throws KafkaError, ConfigError */
export async function resetGroup(
  client: KafkaClient,
  groupId: string,
  reset: Reset,
  { output }: CommandContext,
): Promise<void> {
  await checkEmpty(client, groupId);
  const committed = await committedOffsets(client, groupId);
  const partitions = await partitionsToReset(client, groupId, reset, committed);
  const offsets = await partitionOffsets(client, partitions);
  const before = offsets.map(({ topic, partition }) => {
    return committed.find((one) => one.topic === topic && one.partition === partition)?.offset ?? null;
  });
  const targets =
    reset.place !== null
      ? await offsetsAt(client, offsets, reset.place)
      : offsets.map(({ startOffset, endOffset }, at) =>
          Math.min(Math.max((before[at] ?? startOffset) + reset.shift, startOffset), endOffset),
        );
  const changes = offsets.map(({ topic, partition, endOffset }, at) => {
    const offset = targets[at] ?? endOffset;
    return { topic, partition, before: before[at] ?? null, offset, lag: endOffset - offset };
  });
  if (!reset.isDryRun) await commitOffsets(client, groupId, changes);
  if (output.isJson) {
    for (const change of changes) await output.json({ groupId, ...change, isDryRun: reset.isDryRun });
    return;
  }
  const rows = changes.map(({ topic, partition, before, offset, lag }) =>
    [topic, partition, before ?? '-', offset, lag].map(String),
  );
  await output.table(['TOPIC', 'PARTITION', 'WAS', 'IS', 'LAG'], rows);
  if (reset.isDryRun) output.note('nothing was changed: --dry-run');
}
