/** `walka consume`: prints records of topics. */
import type { Command } from 'commander';
import { isPromise, messageOf } from '../../base/realms.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { commitOffsets, committedOffsets } from '../../client/groups.ts';
import { partitionOffsets } from '../../client/offsets.ts';
import { openBatch } from '../../client/record-batches.ts';
import { type ReadRange, RecordReader } from '../../client/record-reader.ts';
import { ConfigError } from '../../config/config-error.ts';
import { clusterFlags, failureLine, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { offered, wholeNumber } from '../flags.ts';
import { offsetsAt, parsePlace, partitionNumbers, partitionsOf, PLACE_HELP } from '../records/offset-place.ts';
import { type Printer, printerOf, TEMPLATE_HELP, unescaped } from '../records/printers.ts';
import { placeName, RecordPrinter } from '../records/record-printer.ts';

interface ConsumeFlags {
  readonly partition?: readonly number[];
  readonly from: string;
  readonly to?: string;
  readonly count?: number;
  readonly follow?: boolean;
  readonly format: string;
  readonly keys?: boolean;
  readonly headers?: boolean;
  readonly keySeparator: string;
  readonly uncommitted?: boolean;
  readonly group?: string;
}

/** How often a group's offsets are committed while records are printed, in ms; and once at the end. */
const COMMIT_INTERVAL_MS = 1000;

interface Job {
  readonly topics: readonly string[];
  readonly flags: ConsumeFlags;
  readonly printer: Printer;
}

/** What is to be read of each partition. */
async function rangesOf(client: KafkaClient, { topics, flags }: Job, nowMs: number): Promise<ReadRange[]> {
  const partitions = await partitionsOf(client, topics, flags.partition ?? null);
  const offsets = await partitionOffsets(client, partitions, flags.uncommitted !== true);
  const starts = await offsetsAt(client, offsets, parsePlace(flags.from, '--from', nowMs));
  if (flags.group !== undefined) {
    const committed = await committedOffsets(client, flags.group);
    const byName = new Map(committed.map((one) => [placeName(one), one.offset]));
    for (const [at, one] of offsets.entries()) {
      // What is gone meanwhile cannot be read, and what was taken back is not there.
      const offset = byName.get(placeName(one)) ?? starts[at] ?? one.startOffset;
      starts[at] = Math.min(Math.max(offset, one.startOffset), one.endOffset);
    }
  }
  const ends = flags.to === undefined ? null : await offsetsAt(client, offsets, parsePlace(flags.to, '--to', nowMs));
  return offsets.map(({ topic, partition, endOffset }, at) => ({
    topic,
    partition,
    startOffset: starts[at] ?? endOffset,
    endOffset: ends?.[at] ?? (flags.follow === true ? Number.POSITIVE_INFINITY : endOffset),
  }));
}

/** Commits for a group what was printed; for one that is read by this program alone. */
class Committer {
  readonly #client: KafkaClient;
  readonly #groupId: string;
  readonly #ranges: readonly ReadRange[];
  readonly #committed = new Map<string, number>();
  /** Where printing was when all of it had been written. */
  #printed: ReadonlyMap<string, number> = new Map();
  #underWay: Promise<void> = Promise.resolve();
  #lastMs: number;

  constructor(client: KafkaClient, groupId: string, ranges: readonly ReadRange[]) {
    this.#client = client;
    this.#groupId = groupId;
    this.#ranges = ranges;
    this.#lastMs = client.clock.monotonicMs();
  }

  async commitNowAndThen(nextOffsets: ReadonlyMap<string, number>): Promise<void> {
    this.#printed = new Map(nextOffsets);
    if (this.#client.clock.monotonicMs() - this.#lastMs >= COMMIT_INTERVAL_MS) await this.commit(nextOffsets, false);
  }

  /** Commits what was printed so far, behind a commit that is under way. */
  async commitPrinted(): Promise<void> {
    await this.#underWay.catch(() => undefined);
    await this.commit(this.#printed, false);
  }

  /** `isAll`: everything in the ranges was read, also where there was nothing to print. */
  async commit(nextOffsets: ReadonlyMap<string, number>, isAll: boolean): Promise<void> {
    const offsets = this.#ranges.flatMap(({ topic, partition, startOffset, endOffset }) => {
      const name = placeName({ topic, partition });
      const isRead = isAll && endOffset !== Number.POSITIVE_INFINITY;
      // The group may be behind the end already.
      const offset = isRead ? Math.max(startOffset, endOffset) : nextOffsets.get(name);
      if (offset === undefined || this.#committed.get(name) === offset) return [];
      this.#committed.set(name, offset);
      return [{ topic, partition, offset }];
    });
    if (offsets.length > 0) this.#underWay = commitOffsets(this.#client, this.#groupId, offsets);
    await this.#underWay;
    this.#lastMs = this.#client.clock.monotonicMs();
  }
}

async function consume(client: KafkaClient, job: Job, context: CommandContext): Promise<void> {
  const { output, clock } = context;
  const { flags } = job;
  const ranges = await rangesOf(client, job, clock.now());
  const reader = new RecordReader(client, ranges, {
    isCommitted: flags.uncommitted !== true,
    onSkipped: ({ topic, partition }, wanted, offset) =>
      output.warn(`records ${wanted} to ${offset - 1} of partition ${partition} of ${topic} are gone`),
  });
  const printing = new RecordPrinter(job.printer, ranges, flags.count ?? Number.POSITIVE_INFINITY);
  const { sink, nextOffsets } = printing;
  const committer = flags.group === undefined ? null : new Committer(client, flags.group, ranges);
  if (committer !== null) {
    context.atInterrupt = async () => {
      printing.left = 0; // nothing more is printed
      reader.close();
      await committer.commitPrinted().catch((error: unknown) => {
        output.warn(`cannot commit what was printed last: ${failureLine(error) ?? messageOf(error)}`);
      });
    };
  }
  for await (const batches of reader.read()) {
    for (const fetched of batches) {
      const opened = openBatch(fetched);
      printing.print(fetched, isPromise(opened) ? await opened : opened);
      if (sink.isFull) await output.write(sink.take());
    }
    if (sink.byteLength > 0) await output.write(sink.take());
    if (printing.left === 0) reader.close();
    await committer?.commitNowAndThen(nextOffsets);
  }
  await committer?.commit(nextOffsets, printing.left > 0);
}

const HELP = `
A place for --from and --to is ${PLACE_HELP}. --to is exclusive.

A template for --format has ${TEMPLATE_HELP}.

Examples:
  walka consume orders --from -10                       the last ten records of each partition
  walka consume orders --follow --from latest --json    what comes from now on, as JSON
  walka consume orders --from -1h --format '%p %o %k\\n'  partition, offset and key of the last hour
`;

export function define(command: Command, context: CommandContext): void {
  clusterFlags(command)
    .argument('<topic...>', 'topics to read')
    .option('-p, --partition <numbers>', 'These partitions only, such as 0,2,5-7.', partitionNumbers('partition'))
    .option('--from <place>', 'Where to begin.', 'earliest')
    .option('--to <place>', 'Where to end; left out: what is the end now.')
    .option('-n, --count <number>', 'Print so many records at most.', wholeNumber('count'))
    .option('-f, --follow', 'Go on with what comes, until Ctrl-C, --to or --count.')
    .option(
      '--format <format>',
      'raw (the value as it is, a line each), json, hex, or a template.',
      offered(['raw', 'json', 'hex']),
      'raw',
    )
    .option('-k, --keys', 'Print the key before the value.')
    .option('--headers', 'Print headers before that, as key:value,…')
    .option('--key-separator <text>', 'What stands between them.', '\\t')
    .option(
      '-g, --group <group>',
      'Go on where the group is, and commit what was printed. All partitions are read, and it joins no rebalance: a group with members is refused.',
    )
    .option('--uncommitted', 'Read what open and aborted transactions wrote, too.')
    .addHelpText('after', HELP)
    .action(async (topics: string[], flags: ConsumeFlags) => {
      const { output } = context;
      if (flags.count === 0) throw new ConfigError('--count: 0 records are none');
      const keySeparator = unescaped(flags.keySeparator, '--key-separator');
      const { keys = false, headers = false } = flags;
      const format = output.isJson ? 'json' : flags.format;
      const printer = printerOf({ format, keys, headers, keySeparator });
      const names = [...new Set(topics)];
      await withClient(command, context, (client) => consume(client, { topics: names, flags, printer }, context));
    });
}
