/** The commands of the terminal against Apache Kafka 4.4.0: what they print is what they print of Walka. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ran, walkaAt } from '../cli/in-process.ts';
import { BrokerProcess, cacheDir } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';

const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const directory = mkdtempSync(join(tmpdir(), 'walka-terminal-'));
const brokers: BrokerProcess[] = [];

before(async () => {
  if (skip !== false) return;
  brokers.push(await BrokerProcess.start({ target: 'kafka' }), await BrokerProcess.start({ target: 'walka' }));
});
after(async () => {
  for (const broker of brokers) await broker[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the command against both brokers; `hide` takes out what may differ. Gives what Kafka's run printed. */
async function same(args: string, input = '', hide: (text: string) => string = (text) => text): Promise<Ran> {
  const [kafka, walka] = await Promise.all(
    brokers.map(async (broker, at) => {
      const ran = await walkaAt(broker.port)(args.replaceAll('FILE', join(directory, `${at}`)), input);
      return { code: ran.code, out: hide(ran.out), err: hide(ran.err.replaceAll(join(directory, `${at}`), 'FILE')) };
    }),
  );
  assert.deepEqual(walka, kafka, args);
  return kafka as Ran;
}

const PUBLISHED_LIMIT_MS = 60_000;

/** The same for what only shows something that was changed just before: Kafka shows it when its metadata is published. */
async function soonSame(args: string, hide?: (text: string) => string): Promise<Ran> {
  for (const deadline = performance.now() + PUBLISHED_LIMIT_MS; performance.now() < deadline; ) {
    try {
      return await same(args, '', hide);
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
    }
  }
  return await same(args, '', hide);
}

const lines = (text: string): string[] => text.split('\n').slice(0, -1);

test('topics are made, changed, described and deleted', { skip }, async () => {
  assert.equal((await same('topics create orders:2:retention.ms=60000 more:1')).code, 0);
  assert.equal((await same('topics create orders:2 --if-not-exists')).code, 0);
  assert.equal((await same('topics create orders:2', '', (text) => text.replace(/: .*\(/, '('))).code, 1);
  await same('topics alter orders --partitions 3 --set max.message.bytes=100000 --unset retention.ms');
  const hidden = (text: string) => text.replaceAll(/^( +\d+ +1 +)\d+/gm, '$1E');
  const { out } = await soonSame('topics describe orders', hidden);
  assert.match(out, /^orders: 3 partitions, 0 records, 0 B\n {2}max\.message\.bytes=100000\n/);
  await same('topics describe nix', '', (text) => text.replaceAll(/: .*\(/g, '('));
  assert.equal((await same('topics delete more')).out, 'deleted more\n');
  assert.equal((await same('topics delete more')).code, 1);
  assert.equal((await soonSame('topics list')).out, 'orders  3 partitions\n');
});

test('records of every codec are written and read, and the keys decide the partitions', { skip }, async () => {
  const input = Array.from({ length: 3000 }, (_, at) =>
    JSON.stringify({
      key: `key-${at}`,
      value: `value ${at}`,
      timestamp: 1_700_000_000_000 + at,
      headers: { n: `${at}` },
    }),
  ).join('\n');
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const made = await same(`produce orders --format json -z ${codec} --batch-bytes 200000`, input);
    assert.deepEqual([made.code, made.err], [0, '3000 records written\n']);
  }
  const { out } = await same('consume orders --json', '', (text) => lines(text).sort().join('\n'));
  assert.equal(out.split('\n').length, 15_000);
  assert.equal((await same('consume orders -p 1 --from -3 --keys')).out.split('\n').length, 4);
  await same('consume orders --from @1700000002990 -p 0 --format %o\\n');
  await same('produce orders -p 0 --acks 0 --format json', '{"value":"unanswered","timestamp":1}');
});

test('groups are reset, described and deleted', { skip }, async () => {
  await same('groups reset readers --topic orders --to 10');
  await same('groups reset readers --shift 5');
  await same('groups reset readers --topic orders:1 --to latest --dry-run');
  const { out } = await same('groups describe readers', '', (text) => text.replace(/, assigned by \S+,/, ','));
  assert.match(out, /^readers: classic, Empty, 0 members, lag \d+\n/);
  await same('groups list');
  await same('groups delete readers');
  assert.equal((await same('groups describe readers', '', (text) => text.replaceAll(/: .*\(/g, '('))).code, 1);
});

test('configs of topics, brokers and groups are set, shown and unset', { skip }, async () => {
  await same('configs set topic orders retention.ms=60000');
  await soonSame('configs describe topic orders');
  await same('configs unset topic orders retention.ms');
  await same('configs set broker all log.retention.ms=99999');
  // Kafka keeps one of its own there.
  await soonSame('configs describe broker all', (text) => text.replace('min.insync.replicas=1\n', ''));
  await same('configs unset broker all log.retention.ms');
  await same('configs set group readers consumer.session.timeout.ms=50000');
  await soonSame('configs describe group readers');
  await same('configs set topic orders retention.m=1');
});

test('topics are exported in both forms, and imported again', { skip }, async () => {
  const figures = (text: string) => text.replaceAll(/[\d.]+ [kM]?B|\d+ s/g, 'N');
  for (const form of ['jsonl', 'walka']) {
    assert.equal((await same(`export orders --output FILE.${form}`, '', figures)).code, 0);
    assert.equal((await same(`import FILE.${form} --rename orders=${form}`, '', figures)).code, 0);
    const { out } = await same(`consume ${form} --json`, '', (text) => lines(text).sort().join('\n'));
    assert.equal(out.split('\n').length, 15_001);
  }
});

test('a cluster is shown, and the doctor finds it well', { skip }, async () => {
  const hidden = (text: string) => text.replaceAll(/cluster \S+:|127\.0\.0\.1:\d+|[\d.]+ ms| +$/gm, '#');
  for (const [at, broker] of brokers.entries()) {
    const walka = walkaAt(broker.port);
    const { code, out } = await walka('cluster');
    assert.equal(code, 0);
    assert.match(hidden(out), /^#: 1 broker, |^# 1 broker, /, `${at}`);
    const doctor = await walka(`doctor -b 127.0.0.1:${broker.port}`);
    assert.equal(doctor.code, 0, doctor.out);
  }
});
