/** `walka produce`: writes lines, of standard input or of files, as records. */
import type { Command } from 'commander';
import { type CodecName, CODECS_BY_NAME } from '../../../protocol/records/batch.ts';
import type { RecordHeader } from '../../../protocol/records/build.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { type Acks, Producer } from '../../client/producer.ts';
import { ConfigError } from '../../config/config-error.ts';
import { keyValue } from '../args.ts';
import { clusterFlags, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { oneOf, repeated, wholeNumber } from '../flags.ts';
import { checkLevel } from '../records/codec-levels.ts';
import { lineParser, type ParsedLine } from '../records/line-parsers.ts';
import { piecesOf } from '../records/input-pieces.ts';
import { LineSender } from '../records/line-sender.ts';
import { LineCutter } from '../records/lines.ts';
import { unescaped } from '../records/printers.ts';
import { noteSilence } from '../records/silence.ts';
import { WrittenTally } from '../records/written-tally.ts';
import { counted } from '../text.ts';

interface ProduceFlags {
  readonly topic?: string;
  readonly file?: readonly string[];
  readonly format: 'raw' | 'json' | 'hex';
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header?: readonly string[];
  readonly partition?: number;
  readonly compression: CodecName;
  readonly compressionLevel?: number;
  readonly acks: keyof typeof ACKS;
  readonly batchBytes: number;
  readonly linger: number;
  readonly tombstones?: boolean;
  readonly delimiter: string;
}

const ACKS: Readonly<Record<'all' | '1' | '0', Acks>> = { all: -1, '1': 1, '0': 0 };

interface Job {
  readonly topic: string | null;
  readonly flags: ProduceFlags;
  readonly parse: (line: Buffer) => ParsedLine;
  readonly delimiter: number;
}

async function produce(
  client: KafkaClient,
  { topic, flags, parse, delimiter }: Job,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const tally = new WrittenTally();
  const producer = new Producer(client, {
    acks: ACKS[flags.acks],
    compression: CODECS_BY_NAME[flags.compression],
    ...(flags.compressionLevel === undefined ? {} : { compressionLevel: flags.compressionLevel }),
    batchBytes: flags.batchBytes,
    lingerMs: flags.linger,
    onAcknowledged: tally.add,
  });
  const sender = new LineSender(producer, topic, flags, parse);
  const stopNoting = noteSilence(client, () => (producer.isWaiting ? tally.records : null), output);
  try {
    for (const path of flags.file ?? ['-']) {
      const source = path === '-' ? 'standard input' : path;
      const cutter = new LineCutter(delimiter);
      sender.begin();
      for await (const piece of piecesOf(path, context.input)) await sender.sendAll(cutter.take(piece), source);
      const last = cutter.end();
      if (last !== null) await sender.sendAll([last], source);
    }
    await producer.flush();
  } finally {
    stopNoting();
    if (output.isJson) for (const written of tally.topics()) await output.json(written);
    else output.note(`${counted(tally.records, 'record')} written`);
  }
}

const HELP = `
Each line becomes a record; without --key-separator it is the value. --format json takes what walka consume --json
prints; its topic counts where the command names none, its offset does not.

Examples:
  echo 'k=hello' | walka produce orders -K =
  walka consume orders --json | walka produce copies --format json
  walka produce orders --file lines.txt --compression zstd
`;

/** @throws ConfigError */
function delimiterOf(text: string): number {
  const delimiter = Buffer.from(unescaped(text, '--delimiter'));
  if (delimiter.length !== 1) throw new ConfigError(`--delimiter: "${text}" is not one byte`);
  return delimiter[0] as number;
}

function jobOf(topic: string | undefined, flags: ProduceFlags, context: CommandContext): Job {
  const { format, key, keySeparator, header = [], tombstones = false } = flags;
  if (topic === undefined && format !== 'json') throw new ConfigError('produce: which topic?');
  checkLevel(flags.compression, flags.compressionLevel);
  if (format === 'json' && (key ?? keySeparator) !== undefined) {
    throw new ConfigError('produce: --format json has the keys in its lines; leave out --key and --key-separator');
  }
  if (key !== undefined && keySeparator !== undefined)
    throw new ConfigError('produce: --key or --key-separator, not both');
  const headers = header.map((text): RecordHeader => {
    const [name, value] = keyValue(text, 'header');
    return { key: name, value: Buffer.from(value) };
  });
  const parse = lineParser({
    format,
    key: key === undefined ? null : Buffer.from(key),
    keySeparator: keySeparator === undefined ? null : Buffer.from(unescaped(keySeparator, '--key-separator')),
    headers,
    emptyIsNull: tombstones,
    now: () => context.clock.now(),
  });
  return { topic: topic ?? null, flags, parse, delimiter: delimiterOf(flags.delimiter) };
}

export function define(command: Command, context: CommandContext): void {
  clusterFlags(command)
    .argument('[topic]', 'topic to write to')
    .option('--file <path>', 'Read this instead of standard input; may be given several times.', repeated)
    .option('--format <format>', 'What lines are: raw, json, hex.', oneOf('format', ['raw', 'json', 'hex']), 'raw')
    .option('-k, --key <text>', 'Key of all records.')
    .option('-K, --key-separator <text>', 'A line is key, this, and value.')
    .option('-H, --header <key=value>', 'Header of all records; may be given several times.', repeated)
    .option(
      '-p, --partition <number>',
      'Partition of all records; left out: the key decides.',
      wholeNumber('partition'),
    )
    .option(
      '-z, --compression <codec>',
      'none, gzip, snappy, lz4 or zstd.',
      oneOf('compression', Object.keys(CODECS_BY_NAME)),
      'none',
    )
    .option(
      '--compression-level <level>',
      'gzip 1 to 9, zstd 1 to 22; lz4 1 to 17, which makes no difference here.',
      wholeNumber('compression-level'),
    )
    .option(
      '-a, --acks <acks>',
      'Wait for all in-sync copies, for 1, or for 0.',
      oneOf('acks', Object.keys(ACKS)),
      'all',
    )
    .option('--batch-bytes <bytes>', 'Bytes of records that go out together.', wholeNumber('batch-bytes'), 500_000)
    .option('--linger <ms>', 'How long a batch waits to be full, in ms.', wholeNumber('linger'), 5)
    .option('--tombstones', 'An empty value is null, which deletes the key in a compacted topic.')
    .option('--delimiter <byte>', 'What ends a line; \\0 goes with find -print0.', '\\n')
    .addHelpText('after', HELP)
    .action(async (topic: string | undefined, flags: ProduceFlags) => {
      const job = jobOf(topic, flags, context);
      if (flags.file === undefined && context.input.isTTY === true)
        context.output.note('A line is a record; Ctrl-D ends.');
      await withClient(command, context, (client) => produce(client, job, context));
    });
}
