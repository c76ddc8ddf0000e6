/** `walka consume`: prints records of topics. */
import type { Command } from 'commander';
import { isPromise } from '../../base/realms.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { partitionOffsets } from '../../client/offsets.ts';
import { openBatch } from '../../client/record-batches.ts';
import { type ReadRange, RecordReader } from '../../client/record-reader.ts';
import { ConfigError } from '../../config/config-error.ts';
import { clusterFlags, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flags.ts';
import { offsetsAt, parsePlace, partitionNumbers, partitionsOf, PLACE_HELP } from '../records/offset-place.ts';
import { type Printer, printerOf, TEMPLATE_HELP, unescaped } from '../records/printers.ts';
import { RecordPrinter } from '../records/record-printer.ts';

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
}

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
  const ends = flags.to === undefined ? null : await offsetsAt(client, offsets, parsePlace(flags.to, '--to', nowMs));
  return offsets.map(({ topic, partition, endOffset }, at) => ({
    topic,
    partition,
    startOffset: starts[at] ?? endOffset,
    endOffset: ends?.[at] ?? (flags.follow === true ? Number.POSITIVE_INFINITY : endOffset),
  }));
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
  const { sink } = printing;
  for await (const batches of reader.read()) {
    for (const fetched of batches) {
      const opened = openBatch(fetched);
      printing.print(fetched, isPromise(opened) ? await opened : opened);
      if (sink.isFull) await output.write(sink.take());
    }
    if (sink.byteLength > 0) await output.write(sink.take());
    if (printing.left === 0) reader.close();
  }
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
    .option('-p, --partition <numbers>', 'These partitions only, such as 0,2,5-7.', partitionNumbers)
    .option('--from <place>', 'Where to begin.', 'earliest')
    .option('--to <place>', 'Where to end; left out: what is the end now.')
    .option('-n, --count <number>', 'Print so many records at most.', wholeNumber('count'))
    .option('-f, --follow', 'Go on with what comes, until Ctrl-C, --to or --count.')
    .option('--format <format>', 'raw (the value as it is, a line each), json, hex, or a template.', 'raw')
    .option('-k, --keys', 'Print the key before the value.')
    .option('--headers', 'Print headers before that, as key:value,…')
    .option('--key-separator <text>', 'What stands between them.', '\\t')
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
