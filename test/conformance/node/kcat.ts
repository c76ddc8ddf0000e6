/**
 * The conformance scenarios through kcat (librdkafka 2.0). It has no admin functions, so its topics come from
 * auto-creation; the broker is started with `num.partitions=4` and `message.max.bytes=4194304` for it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  assertPerKeyOrder,
  compressibleValues,
  eventually,
  main,
  type Run,
  range,
  security,
  Unsupported,
} from './scenario-runner.ts';

interface Process {
  readonly output: () => string;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
  stop(): void;
}

function start(run: Run, args: readonly string[], input?: string): Process {
  // Not by flags, which end values at commas.
  const secured = security === undefined ? [] : ['-F', security.librdkafkaFile];
  // More flags, such as those of a protocol of former days.
  const more = process.env['WALKA_KCAT_FLAGS']?.split(' ') ?? [];
  const flags = [...secured, '-X', 'topic.metadata.refresh.interval.ms=500', ...more];
  const child = spawn('kcat', ['-b', run.bootstrap, ...flags, ...args], {
    stdio: 'pipe',
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.end(input ?? '');
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { output: () => output, errors: () => errors, ended, stop: () => void child.kill('SIGTERM') };
}

async function kcat(run: Run, args: readonly string[], input?: string): Promise<string> {
  const child = start(run, args, input);
  const code = await child.ended;
  assert.equal(code, 0, child.errors());
  return child.output();
}

function produce(run: Run, topic: string, lines: readonly string[], ...more: readonly string[]): Promise<string> {
  return kcat(
    run,
    ['-P', '-t', topic, '-X', 'acks=all', '-X', 'message.max.bytes=4194304', ...more],
    `${lines.join('\n')}\n`,
  );
}

/** Reads until the end of all partitions; `%K` and `%S` are lengths, -1 for null. */
async function read(run: Run, topic: string, ...more: readonly string[]): Promise<string[][]> {
  const text = await kcat(run, [
    '-C',
    '-q',
    '-e',
    '-t',
    topic,
    '-o',
    'beginning',
    '-f',
    '%p\t%o\t%K\t%k\t%S\t%s\t%h\n',
    ...more,
  ]);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
}

function compression(codec: string) {
  return async (run: Run) => {
    const topic = `${run.prefix}-${codec}`;
    const values = compressibleValues(200);
    await produce(run, topic, values, '-p', '0', '-z', codec);
    assert.deepEqual(
      (await read(run, topic)).map((fields) => fields[5]),
      values,
    );
    return '200 records';
  };
}

function member(run: Run, group: string, topic: string, ...more: readonly string[]): Process {
  const settings = ['auto.offset.reset=earliest', 'session.timeout.ms=30000', 'heartbeat.interval.ms=300'].flatMap(
    (value) => ['-X', value],
  );
  return start(run, [...settings, ...more, '-f', '%o\t%s\n', '-G', group, topic]);
}

/** How many partitions the newest assignment that kcat printed has. */
function owned(process: Process): number {
  const last =
    process
      .errors()
      .split('\n')
      .filter((line) => line.includes('rebalanced'))
      .at(-1) ?? '';
  return last.includes('assigned') ? (last.match(/\[\d+\]/g) ?? []).length : 0;
}

/** Records of the four partitions of a group's topic: `partition + 4 * index` for these indexes. */
async function produceToAll(run: Run, topic: string, indexes: readonly number[]): Promise<void> {
  for (const partition of range(4)) {
    const values = indexes.map((index) => String(index * 4 + partition));
    await produce(run, topic, values, '-p', String(partition));
  }
}

/** The values that these members printed. */
function valuesOf(...members: readonly Process[]): Set<number> {
  const lines = members.flatMap((member) => member.output().split('\n').slice(0, -1));
  return new Set(lines.map((line) => Number(line.split('\t')[1])));
}

async function groupOfTwo(run: Run): Promise<string> {
  const topic = `${run.prefix}-group`;
  await produceToAll(run, topic, range(25));
  const [first, second] = [member(run, `${topic}-members`, topic, '-u'), member(run, `${topic}-members`, topic, '-u')];
  await eventually('both members own two partitions', () =>
    owned(first) === 2 && owned(second) === 2 ? true : undefined,
  );
  // A record that comes in the poll in which kcat is stopped is not printed, and yet its offset is committed.
  await eventually('every record', () => (valuesOf(first, second).size === 100 ? true : undefined));
  first.stop();
  await first.ended;
  await eventually('the second member owns all', () => (owned(second) === 4 ? true : undefined));
  const later = range(5).map((index) => 25 + index);
  await produceToAll(run, topic, later);
  await eventually('every later record', () => {
    const values = valuesOf(second);
    return range(20).every((index) => values.has(100 + index)) || undefined;
  });
  second.stop();
  await second.ended;
  return '2 + 2 partitions, then 4';
}

/** A member that reads `count` records, commits as it closes, and gives the offsets it read. */
async function readInGroup(run: Run, group: string, topic: string, count: number): Promise<number[]> {
  const process = member(run, group, topic, '-c', String(count));
  assert.equal(await process.ended, 0, process.errors());
  return process
    .output()
    .split('\n')
    .filter(Boolean)
    .map((line) => Number(line.split('\t')[0]));
}

await main({
  run: {
    'create-topics': async () => {
      throw new Unsupported('kcat has no admin functions');
    },
    'keyed-and-headed-records': async (run) => {
      const topic = `${run.prefix}-a`;
      await produce(
        run,
        topic,
        range(10).map((index) => `key-${index}:value-${index}`),
        '-p',
        '0',
        '-K',
        ':',
        '-H',
        'first=h',
        '-H',
        'empty=',
      );
      const wanted = range(10).map((index) => [
        '0',
        String(index),
        '5',
        `key-${index}`,
        '7',
        `value-${index}`,
        'first=h,empty=',
      ]);
      assert.deepEqual(await read(run, topic), wanted);
      return '10 records';
    },
    'compression-gzip': compression('gzip'),
    'compression-snappy': compression('snappy'),
    'compression-lz4': compression('lz4'),
    'compression-zstd': compression('zstd'),
    'several-partitions': async (run) => {
      const topic = `${run.prefix}-b`;
      const messages = range(300).map((index) => ({ key: `k${index % 30}`, value: String(index) }));
      await produce(
        run,
        topic,
        messages.map(({ key, value }) => `${key}:${value}`),
        '-K',
        ':',
      );
      const records = (await read(run, topic)).map((fields) => ({
        partition: fields[0],
        key: fields[3] ?? '',
        value: fields[5] ?? '',
      }));
      assertPerKeyOrder(records, messages);
      assert.equal(new Set(records.map(({ partition }) => partition)).size, 4);
      return '300 records on 4 partitions';
    },
    'group-of-two': groupOfTwo,
    'commit-and-resume': async (run) => {
      const topic = `${run.prefix}-resume`;
      await produce(run, topic, range(100).map(String), '-p', '0');
      assert.deepEqual(await readInGroup(run, `${topic}-group`, topic, 60), range(60));
      assert.deepEqual(
        await readInGroup(run, `${topic}-group`, topic, 40),
        range(40).map((index) => 60 + index),
      );
      return 'resumed at 60';
    },
    'seek-by-time': async (run) => {
      // kcat sets no timestamps: the time between two calls serves.
      const topic = `${run.prefix}-time`;
      await produce(run, topic, range(5).map(String), '-p', '0');
      const time = await eventually('the next millisecond', () => Date.now() + 1);
      await eventually('that it has passed', () => (Date.now() > time ? true : undefined));
      await produce(
        run,
        topic,
        range(5).map((index) => String(5 + index)),
        '-p',
        '0',
      );
      assert.match(await kcat(run, ['-Q', '-t', `${topic}:0:${time}`]), /offset 5\b/);
      assert.deepEqual(
        (await read(run, topic, '-p', '0', '-o', `s@${time}`)).map((fields) => fields[5]),
        ['5', '6', '7', '8', '9'],
      );
      return 'offset 5';
    },
    'empty-and-large-records': async (run) => {
      const topic = `${run.prefix}-sizes`;
      const directory = await mkdtemp(join(tmpdir(), 'walka-kcat-'));
      try {
        const large = 'x'.repeat(1 << 20);
        await writeFile(join(directory, 'large'), large);
        await produce(run, topic, ['a:'], '-p', '0', '-K', ':');
        await produce(run, topic, ['b:'], '-p', '0', '-K', ':', '-Z');
        await produce(run, topic, [':empty key'], '-p', '0', '-K', ':');
        await produce(run, topic, [], '-p', '0', '-k', 'd', join(directory, 'large'));
        const fields = (await read(run, topic)).map(([, , keySize, key, valueSize, value]) => [
          keySize,
          key,
          valueSize,
          value,
        ]);
        assert.deepEqual(fields, [
          ['1', 'a', '0', ''],
          ['1', 'b', '-1', ''],
          ['0', '', '9', 'empty key'],
          ['1', 'd', String(1 << 20), large],
        ]);
      } finally {
        await rm(directory, { recursive: true });
      }
      return 'empty, null and 1 MiB';
    },
    'describe-and-delete': async () => {
      throw new Unsupported('kcat has no admin functions');
    },
    'idempotent-produce': async (run) => {
      const topic = `${run.prefix}-idempotent`;
      await produce(
        run,
        topic,
        range(500).map(String),
        '-p',
        '0',
        '-X',
        'enable.idempotence=true',
        '-X',
        'batch.num.messages=10',
      );
      assert.deepEqual(
        (await read(run, topic)).map((fields) => fields[5]),
        range(500).map(String),
      );
      return '500 records';
    },
    'before-kill': async (run) => {
      const topic = `${run.prefix}-durable`;
      for (const partition of [0, 1])
        await produce(
          run,
          topic,
          range(500).map((index) => String(index * 2 + partition)),
          '-p',
          String(partition),
        );
      const offsets = `${topic}-offsets`;
      await produce(run, offsets, range(200).map(String), '-p', '0');
      assert.equal((await readInGroup(run, `${topic}-group`, offsets, 123)).length, 123);
      return '1000 records, an offset';
    },
  },
  verify: {
    'after-kill': async (run) => {
      const topic = `${run.prefix}-durable`;
      const records = await read(run, topic);
      for (const partition of [0, 1]) {
        const values = records.filter((fields) => fields[0] === String(partition)).map((fields) => fields[5]);
        assert.deepEqual(
          values,
          range(500).map((index) => String(index * 2 + partition)),
        );
      }
      assert.deepEqual(
        await readInGroup(run, `${topic}-group`, `${topic}-offsets`, 77),
        range(77).map((index) => 123 + index),
      );
      await produce(run, topic, range(10).map(String), '-p', '0');
      assert.equal((await read(run, topic)).length, 1010);
      return '1000 records, an offset';
    },
  },
});
