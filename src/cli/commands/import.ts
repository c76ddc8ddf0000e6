/** `walka import`: makes the topics of an export again, with their records. */
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { partitionOffsets } from '../../client/offsets.ts';
import { Producer, type TopicWriter } from '../../client/producer.ts';
import { createTopic, isTaken } from '../../client/topics.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { ConfigError } from '../../config/config-error.ts';
import { keyValue } from '../args.ts';
import { clusterFlags, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { oneOf, repeated } from '../flags.ts';
import { Progress } from '../progress.ts';
import { piecesOf } from '../records/input-pieces.ts';
import { partitionsOf } from '../records/offset-place.ts';
import { counted, durationText } from '../text.ts';
import { ExportFormatError } from '../transfer/compact-format.ts';
import { type ExportItem, readExport } from '../transfer/export-reader.ts';
import type { ExportedTopic } from '../transfer/export-writer.ts';
import { type CodecName, CODECS_BY_NAME } from '../../../protocol/records/batch.ts';

interface ImportFlags {
  readonly resume?: boolean;
  readonly append?: boolean;
  readonly rename?: readonly string[];
  readonly compression: CodecName;
}

/** A topic that is being filled. */
interface Filling {
  readonly writer: TopicWriter;
  /** By partition, how many records of the export it has already. */
  readonly skip: number[];
}

const PIECE_BYTES = 1024 * 1024;

/** Makes the topics of an export and fills them. */
class Importer {
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #flags: ImportFlags;
  readonly #names: ReadonlyMap<string, string>;
  readonly #topics = new Map<string, Filling>();
  /** In the export. */
  records = 0;
  skipped = 0;
  /** The export says that it is whole. */
  isWhole = false;

  constructor(client: KafkaClient, flags: ImportFlags, names: ReadonlyMap<string, string>) {
    this.#client = client;
    this.#flags = flags;
    this.#names = names;
    this.#producer = new Producer(client, { compression: CODECS_BY_NAME[flags.compression] });
  }

  get topicCount(): number {
    return this.#topics.size;
  }

  async take(items: readonly ExportItem[]): Promise<void> {
    for (const item of items) {
      if (item.type === 'topic') await this.#begin(item.topic);
      else if (item.type === 'end') this.#end(item.records);
      else {
        const { topic, partition, record } = item;
        const filling = this.#topics.get(topic);
        const left = filling?.skip[partition];
        if (filling === undefined || left === undefined) {
          throw new ExportFormatError(
            `a record is of partition ${partition} of ${topic}, which the export does not name`,
          );
        }
        this.records += 1;
        if (left > 0) {
          filling.skip[partition] = left - 1;
          this.skipped += 1;
          continue;
        }
        const pressure = filling.writer.send(record, partition);
        if (pressure !== null) await pressure;
      }
    }
  }

  flush(): Promise<void> {
    return this.#producer.flush();
  }

  #end(records: number): void {
    this.isWhole = true;
    if (records === this.records) return;
    throw new ExportFormatError(`it should have ${counted(records, 'record')}, and has ${this.records}`);
  }

  /** Makes the topic, or looks whether it may be filled. @throws ConfigError when it may not */
  async #begin({ name: exportedName, partitions, configs }: ExportedTopic): Promise<void> {
    const name = this.#names.get(exportedName) ?? exportedName;
    let isNew = true;
    try {
      await createTopic(this.#client, { name, partitions, configs });
    } catch (error) {
      if (!isTaken(error)) throw error;
      isNew = false;
    }
    const skip = isNew ? Array.from({ length: partitions }, () => 0) : await this.#ofExisting(name, partitions);
    this.#topics.set(exportedName, { writer: await this.#producer.topic(name), skip });
  }

  async #ofExisting(name: string, partitions: number): Promise<number[]> {
    const offsets = await partitionOffsets(this.#client, await partitionsOf(this.#client, [name], null));
    if (offsets.length < partitions) {
      throw new ConfigError(
        `import: topic ${name} is there, with ${counted(offsets.length, 'partition')} of ${partitions}`,
      );
    }
    const { resume = false, append = false } = this.#flags;
    const written = offsets.reduce((sum, { endOffset }) => sum + endOffset, 0);
    if (written > 0 && !resume && !append) {
      throw new ConfigError(
        `import: topic ${name} has ${counted(written, 'record')} already: --resume goes on with an import that was cut ` +
          'off, --append adds to what is there, --rename makes another topic',
      );
    }
    return offsets.map(({ endOffset }) => (resume ? endOffset : 0));
  }
}

/** @throws ConfigError */
function sizeOf(path: string): number {
  if (path === '-') return 0;
  try {
    return statSync(path).size;
  } catch (error) {
    throw new ConfigError(`import: cannot read ${path}: ${(error as Error).message}`);
  }
}

async function importFile(path: string, importer: Importer, context: CommandContext): Promise<void> {
  const { output, clock, input } = context;
  const progress = new Progress(output, clock, sizeOf(path));
  let byteLength = 0;
  const pieces = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for await (const piece of piecesOf(path, input, PIECE_BYTES)) {
      byteLength += piece.length;
      yield piece;
    }
  };
  try {
    for await (const items of readExport(pieces())) {
      await importer.take(items);
      progress.show(byteLength, () => counted(importer.records, 'record'));
    }
    await importer.flush();
  } catch (error) {
    progress.end();
    // What the broker has taken counts, so that --resume finds where to go on.
    await importer.flush().catch(() => undefined);
    if (importer.records > 0) output.warn(`the import is not whole; once it can go on, walka import --resume does`);
    if (!(error instanceof ExportFormatError)) throw error;
    throw new ConfigError(`import: ${path}: ${error.message}`);
  }
  progress.end();
  const { topicCount, records, skipped, isWhole } = importer;
  const { spentMs } = progress;
  if (output.isJson) await output.json({ topics: topicCount, records, skipped, isWhole, spentMs });
  else {
    const before = skipped === 0 ? '' : `, ${skipped} of them were there already`;
    output.note(`${counted(topicCount, 'topic')}, ${counted(records, 'record')} in ${durationText(spentMs)}${before}`);
  }
  if (!isWhole) output.failure(`${path} is not whole: the export was cut off, and so is what was imported`);
}

const HELP = `
A topic that is there already is filled only when it is empty, or with --resume or --append. Records keep their times,
unless the topic has message.timestamp.type=LogAppendTime; their offsets begin at 0.

Examples:
  walka import orders.jsonl
  walka import all.walka --resume
  gunzip -c orders.jsonl.gz | walka import - --rename orders=orders-copy
`;

export function define(command: Command, context: CommandContext): void {
  clusterFlags(command)
    .argument('<file>', 'an export of either form; - is standard input')
    .option('--resume', 'Go on with an import that was cut off: leave out as many records as each partition has.')
    .option('--append', 'Add to topics that have records.')
    .option('--rename <old=new>', 'Make another topic of it; may be given several times.', repeated)
    .option(
      '-z, --compression <codec>',
      'none, gzip, snappy, lz4 or zstd.',
      oneOf('compression', Object.keys(CODECS_BY_NAME)),
      'none',
    )
    .addHelpText('after', HELP)
    .action(async (path: string, flags: ImportFlags) => {
      if (flags.resume === true && flags.append === true)
        throw new ConfigError('import: --resume or --append, not both');
      const names = new Map((flags.rename ?? []).map((text) => keyValue(text, 'rename', 'old=new')));
      sizeOf(path);
      await withClient(command, context, (client) => importFile(path, new Importer(client, flags, names), context));
    });
}
