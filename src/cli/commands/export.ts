/** `walka export`: whole topics into a file. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Command } from 'commander';
import { describeConfigs, isOwn, ResourceType } from '../../client/configs.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { partitionOffsets } from '../../client/offsets.ts';
import { RecordReader, type ReadRange } from '../../client/record-reader.ts';
import { ConfigError } from '../../config/config-error.ts';
import { clusterFlags, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { oneOf } from '../flags.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { offsetsAt, parsePlace, partitionsOf, PLACE_HELP } from '../records/offset-place.ts';
import { bytesText, counted, durationText } from '../text.ts';
import { compactWriter, type ExportedTopic, type ExportWriter, jsonWriter } from '../transfer/export-writer.ts';

const FORMATS = ['jsonl', 'compact'] as const;

interface ExportFlags {
  readonly output: string;
  readonly force?: boolean;
  readonly format?: (typeof FORMATS)[number];
  readonly all?: boolean;
  readonly from: string;
  readonly to: string;
}

function notWhole(error: unknown): ConfigError {
  return new ConfigError(`export: the file is not whole: ${(error as Error).message}`);
}

/** Where an export goes: a file, or standard output. */
class Target implements AsyncDisposable {
  readonly #file: FileHandle | null;
  readonly #output: Output;
  byteLength = 0;

  private constructor(file: FileHandle | null, output: Output) {
    this.#file = file;
    this.#output = output;
  }

  /** @throws ConfigError for a file that cannot be made, or is there */
  static async open(path: string, isForced: boolean, output: Output): Promise<Target> {
    if (path === '-') return new Target(null, output);
    try {
      return new Target(await open(path, isForced ? 'w' : 'wx'), output);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
      throw new ConfigError(
        `export: ${isThere ? `${path} is there already; --force writes over it` : (error as Error).message}`,
      );
    }
  }

  /** @throws ConfigError when the disk does not take it */
  async write(bytes: Buffer): Promise<void> {
    this.byteLength += bytes.length;
    if (this.#file === null) {
      await this.#output.write(bytes);
      return;
    }
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
    } catch (error) {
      throw notWhole(error);
    }
  }

  /** All is on the disk, if it is a file of one. @throws ConfigError when the disk does not take it */
  async sync(): Promise<void> {
    try {
      await this.#file?.sync();
    } catch (error) {
      // So the system says that there is nothing to sync: of a pipe, or a device.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw notWhole(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}

async function exportedTopic(client: KafkaClient, name: string): Promise<ExportedTopic> {
  const { partitions } = await client.topic(name);
  const resource = { type: ResourceType.TOPIC, name };
  const own = (await describeConfigs(client, resource)).filter((entry) => isOwn(entry, resource));
  const configs = Object.fromEntries(own.flatMap((entry) => (entry.value === null ? [] : [[entry.name, entry.value]])));
  return { name, partitions: partitions.length, configs };
}

async function namesOf(client: KafkaClient, topics: readonly string[], isAll: boolean): Promise<string[]> {
  if (!isAll) return [...new Set(topics)];
  const { topics: there } = await client.metadata(null);
  return there
    .filter(({ isInternal }) => !isInternal)
    .map(({ name }) => name)
    .sort();
}

async function rangesOf(
  client: KafkaClient,
  names: readonly string[],
  flags: ExportFlags,
  nowMs: number,
): Promise<ReadRange[]> {
  const offsets = await partitionOffsets(client, await partitionsOf(client, names, null), true);
  const starts = await offsetsAt(client, offsets, parsePlace(flags.from, '--from', nowMs));
  const ends = await offsetsAt(client, offsets, parsePlace(flags.to, '--to', nowMs));
  return offsets.map(({ topic, partition, endOffset }, at) => {
    return { topic, partition, startOffset: starts[at] ?? 0, endOffset: ends[at] ?? endOffset };
  });
}

interface Job {
  readonly ranges: readonly ReadRange[];
  readonly writer: ExportWriter;
  readonly target: Target;
}

/** Copies the records; gives their number. */
async function copy(client: KafkaClient, { ranges, writer, target }: Job, context: CommandContext): Promise<number> {
  const { output, clock } = context;
  const reader = new RecordReader(client, ranges, {
    onSkipped: ({ topic, partition }, wanted, offset) =>
      output.failure(`records ${wanted} to ${offset - 1} of partition ${partition} of ${topic} are gone`),
  });
  const total = ranges.reduce((sum, { startOffset, endOffset }) => sum + Math.max(0, endOffset - startOffset), 0);
  const progress = new Progress(output, clock, total);
  let records = 0;
  for await (const fetched of reader.read()) {
    const { bytes, count } = await writer.batches(fetched);
    records += count;
    for (const part of bytes) await target.write(part);
    const done = reader.positions().reduce((sum, { offset }, at) => sum + offset - (ranges[at]?.startOffset ?? 0), 0);
    progress.show(done, () => `${counted(records, 'record')}, ${bytesText(target.byteLength)}`);
  }
  progress.end();
  return records;
}

async function exportTopics(
  client: KafkaClient,
  topics: readonly string[],
  flags: ExportFlags,
  context: CommandContext,
): Promise<void> {
  const { output, clock } = context;
  const names = await namesOf(client, topics, flags.all === true);
  const exported: ExportedTopic[] = [];
  for (const name of names) exported.push(await exportedTopic(client, name));
  const ranges = await rangesOf(client, names, flags, clock.now());
  const { clusterId } = await client.metadata([]);
  const isCompact = (flags.format ?? (flags.output.endsWith('.walka') ? 'compact' : 'jsonl')) === 'compact';
  if (isCompact && flags.output === '-' && output.isTerminal) {
    throw new ConfigError('export: the compact form is not for a terminal; use --output FILE');
  }
  const startMs = clock.monotonicMs();
  await using target = await Target.open(flags.output, flags.force === true, output);
  const writer = isCompact ? compactWriter(ranges, names) : jsonWriter(ranges);
  await target.write(writer.begin({ createdMs: clock.now(), clusterId }, exported));
  const records = await copy(client, { ranges, writer, target }, context);
  await target.write(writer.end(records));
  await target.sync();
  const { byteLength } = target;
  const spentMs = clock.monotonicMs() - startMs;
  if (output.isJson && flags.output !== '-')
    await output.json({ file: flags.output, topics: names, records, bytes: byteLength, spentMs });
  else
    output.note(
      `${counted(names.length, 'topic')}, ${counted(records, 'record')}, ${bytesText(byteLength)} in ${durationText(spentMs)}`,
    );
}

const HELP = `
What is written are the topics' partitions and configs that were set, and all records that are committed, with keys,
headers and times. walka import makes the topics again. A place for --from and --to is ${PLACE_HELP}.

Examples:
  walka export orders --output orders.jsonl        lines of JSON, for people and other tools
  walka export --all --output all.walka            compact, compressed by zstd
  walka export orders | gzip > orders.jsonl.gz
`;

export function define(command: Command, context: CommandContext): void {
  clusterFlags(command)
    .argument('[topic...]', 'topics to export')
    .option('--all', 'All topics that are not internal.')
    .option('-o, --output <file>', 'Where to; - is standard output.', '-')
    .option('--force', 'Write over a file that is there.')
    .option(
      '--format <format>',
      'jsonl or compact; left out: compact for files named *.walka.',
      oneOf('format', FORMATS),
    )
    .option('--from <place>', 'Where to begin.', 'earliest')
    .option('--to <place>', 'Where to end, exclusive.', 'latest')
    .addHelpText('after', HELP)
    .action((topics: string[], flags: ExportFlags) => {
      if (topics.length > 0 === (flags.all === true))
        throw new ConfigError('export: which topics? Name them, or --all');
      return withClient(command, context, (client) => exportTopics(client, topics, flags, context));
    });
}
