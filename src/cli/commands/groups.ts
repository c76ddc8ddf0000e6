/** `walka groups`: lists, describes, resets and deletes groups of consumers. */
import type { Command } from 'commander';
import { committedOffsets, deleteGroup, describeGroup, type DescribedGroup, listGroups } from '../../client/groups.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { partitionOffsets } from '../../client/offsets.ts';
import { clusterFlags, forEach, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { repeated } from '../flags.ts';
import { checkReset, type ResetFlags, resetGroup, wholeShift } from '../reset-group.ts';
import { PLACE_HELP } from '../records/offset-place.ts';
import { counted } from '../text.ts';

async function list(client: KafkaClient, { output }: CommandContext): Promise<void> {
  const groups = await listGroups(client);
  if (output.isJson) for (const group of groups) await output.json(group);
  else
    await output.table(
      ['GROUP', 'TYPE', 'STATE'],
      groups.map(({ groupId, type, state }) => [groupId, type, state]),
    );
}

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

async function describe(client: KafkaClient, groupId: string, { output }: CommandContext): Promise<void> {
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

const RESET_HELP = `
A place for --to is ${PLACE_HELP}.
The group must have no members. Offsets stay within what the partitions have. Without --topic, all topics are meant that
the group has committed offsets for; --topic orders:0,1 means some partitions of one.

Examples:
  walka groups reset readers --to earliest --dry-run
  walka groups reset readers --topic orders --to -1h
  walka groups reset readers --shift -100
`;

export function define(groups: Command, context: CommandContext): void {
  const { output } = context;
  const ask = (work: (client: KafkaClient) => Promise<void>): Promise<void> => withClient(groups, context, work);
  clusterFlags(groups);
  groups
    .command('list')
    .description('All groups with their types and states.')
    .action(() => ask((client) => list(client, context)));
  groups
    .command('describe')
    .argument('[group...]')
    .description('Members, committed offsets and lag; without names, of all classic and consumer groups.')
    .action((names: string[]) =>
      ask(async (client) => {
        const known = names.length > 0 ? [] : await listGroups(client);
        const all = known.filter(({ type }) => type === 'classic' || type === 'consumer').map(({ groupId }) => groupId);
        const wanted = names.length > 0 ? names : all;
        await forEach(
          wanted,
          context,
          (name) => `cannot describe ${name}`,
          (name) => describe(client, name, context),
        );
      }),
    );
  groups
    .command('reset')
    .argument('<group>')
    .description('Set the committed offsets of a group, so that it goes on elsewhere.')
    .option('--topic <topic[:partitions]>', 'These only; may be given several times.', repeated)
    .option('--to <place>', 'Where to go on.')
    .option('--shift <number>', 'So many records further, or back with a minus.', wholeShift)
    .option('--dry-run', 'Show what would be done.')
    .addHelpText('after', RESET_HELP)
    .action((name: string, flags: ResetFlags) => {
      const reset = checkReset(flags, context.clock.now());
      return ask((client) => resetGroup(client, name, reset, context));
    });
  groups
    .command('delete')
    .argument('<group...>')
    .description('Delete groups that have no members, with their offsets.')
    .action((names: string[]) =>
      ask((client) =>
        forEach(
          names,
          context,
          (name) => `cannot delete ${name}`,
          async (name) => {
            await deleteGroup(client, name);
            if (output.isJson) await output.json({ groupId: name, isDeleted: true });
            else await output.line(`deleted ${name}`);
          },
        ),
      ),
    );
}
