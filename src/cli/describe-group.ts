/** `walka groups describe`: members, committed offsets and lag. */
import { committedOffsets, describeGroup, type DescribedGroup } from '../client/groups.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { partitionOffsets } from '../client/offsets.ts';
import type { CommandContext } from './context.ts';
import { counted } from './text.ts';

interface LagLine {
  readonly topic: string;
  readonly partition: number;
  /** Null where nothing is committed. */
  readonly committedOffset: number | null;
  readonly endOffset: number | null;
  readonly lag: number | null;
  readonly memberId: string | null;
  readonly clientId: string | null;
  readonly host: string | null;
}

/** In the order of topics and partitions. */
function key(topic: string, partition: number): string {
  return `${topic} ${String(partition).padStart(10, '0')}`;
}

/** A line for each partition that has an offset or a member. */
async function lagLines(client: KafkaClient, group: DescribedGroup): Promise<LagLine[]> {
  const committed = await committedOffsets(client, group.groupId);
  const offsets = new Map(committed.map((one) => [key(one.topic, one.partition), one]));
  const owners = new Map(
    group.members.flatMap((member) => member.partitions.map((one) => [key(one.topic, one.partition), { member, one }])),
  );
  const names = [...new Set([...offsets.keys(), ...owners.keys()])].sort();
  const places = names.map((name) => offsets.get(name) ?? owners.get(name)?.one ?? { topic: '', partition: 0 });
  const { topics } = await client.metadata([...new Set(places.map(({ topic }) => topic))]);
  const there = new Map(topics.map((topic) => [topic.name, topic.partitions]));
  const led = places.filter(({ topic, partition }) => (there.get(topic)?.[partition]?.leaderId ?? -1) >= 0);
  const ends = new Map(
    (await partitionOffsets(client, led)).map((one) => [key(one.topic, one.partition), one.endOffset]),
  );
  return places.map(({ topic, partition }) => {
    const name = key(topic, partition);
    const committedOffset = offsets.get(name)?.offset ?? null;
    const endOffset = ends.get(name) ?? null;
    const member = owners.get(name)?.member;
    return {
      topic,
      partition,
      committedOffset,
      endOffset,
      lag: committedOffset === null || endOffset === null ? null : Math.max(0, endOffset - committedOffset),
      memberId: member?.memberId ?? null,
      clientId: member?.clientId ?? null,
      host: member?.clientHost ?? null,
    };
  });
}

export async function describeGroupLag(
  client: KafkaClient,
  groupId: string,
  { output }: CommandContext,
): Promise<void> {
  const group = await describeGroup(client, groupId);
  const lines = await lagLines(client, group);
  const lag = lines.reduce((sum, line) => sum + (line.lag ?? 0), 0);
  const { type, state, assignor, members } = group;
  if (output.isJson) {
    await output.json({ groupId, type, state, assignor, lag, members, partitions: lines });
    return;
  }
  const how = assignor === '' ? '' : `, assigned by ${assignor}`;
  await output.line(
    `${output.style('bold', groupId)}: ${type}, ${state}, ${counted(members.length, 'member')}${how}, lag ${lag}`,
  );
  if (lines.length === 0) return;
  const rows = lines.map((line) =>
    [line.topic, line.partition, line.committedOffset, line.endOffset, line.lag, line.memberId, line.host].map((cell) =>
      String(cell ?? '-'),
    ),
  );
  await output.table(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER', 'HOST'], rows);
}
