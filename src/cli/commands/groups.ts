/** `walka groups`: lists, describes, resets and deletes groups of consumers. */
import type { Command } from 'commander';
import { deleteGroup, listGroups } from '../../client/groups.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { clusterFlags, forEach, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { deleteEach } from '../delete-each.ts';
import { describeGroupLag } from '../describe-group.ts';
import { repeated } from '../flags.ts';
import { checkReset, type ResetFlags, resetGroup, wholeShift } from '../reset-group.ts';
import { PLACE_HELP } from '../records/offset-place.ts';

async function list(client: KafkaClient, { output }: CommandContext): Promise<void> {
  const groups = await listGroups(client);
  if (output.isJson) for (const group of groups) await output.json(group);
  else
    await output.table(
      ['GROUP', 'TYPE', 'STATE'],
      groups.map(({ groupId, type, state }) => [groupId, type, state]),
    );
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
          (name) => describeGroupLag(client, name, context),
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
      ask((client) => deleteEach(names, context, (name) => deleteGroup(client, name), 'groupId')),
    );
}
