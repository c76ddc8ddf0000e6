/** `walka produce` and `walka consume` against a broker. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LineCutter } from '../../src/cli/records/lines.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { type Broker, startBroker } from '../../src/index.ts';
import { type Ran, walkaAt } from './in-process.ts';

let broker: Broker;
let walka: (args: string, input?: string | Buffer) => Promise<Ran>;
before(async () => {
  broker = await startBroker({ topics: [{ name: 'three', partitions: 3 }] });
  walka = walkaAt(Number(broker.bootstrapServers.split(':')[1]));
});
after(() => broker.close());

const lines = (text: string): string[] => text.split('\n').slice(0, -1);

test('lines become values, and are printed as they were', async () => {
  const made = await walka('produce plain', 'one\ntwo\n\nfour without an end');
  assert.deepEqual([made.code, made.out, made.err], [0, '', '4 records written\n']);
  const read = await walka('consume plain');
  assert.deepEqual([read.code, read.out, read.err], [0, 'one\ntwo\n\nfour without an end\n', '']);
});

test('keys, headers, partitions and tombstones go in and come out', async () => {
  const flags = "-K : -H trace=7 -H 'who=a b' --tombstones -p 2";
  assert.equal((await walka(`produce three ${flags}`, 'k1:v1\nk2:\n')).code, 0);
  const { out } = await walka('consume three --keys --headers');
  assert.deepEqual(lines(out), ['trace:7,who:a b\tk1\tv1', 'trace:7,who:a b\tk2\tnull']);
  const records = lines((await walka('consume three --json')).out).map((line) => JSON.parse(line) as object);
  assert.deepEqual(
    records.map((record) => ({ ...record, timestamp: 0 })),
    [
      { offset: 0, key: 'k1', value: 'v1' },
      { offset: 1, key: 'k2', value: null },
    ].map(({ offset, key, value }) => {
      const headers = [
        { key: 'trace', value: '7' },
        { key: 'who', value: 'a b' },
      ];
      return { topic: 'three', partition: 2, offset, timestamp: 0, key, value, headers };
    }),
  );
});

test('every codec is written and read; JSON lines are read as they are printed', async () => {
  const input = Array.from({ length: 500 }, (_, at) =>
    JSON.stringify({ key: `k${at % 7}`, value: `value ${at}`, timestamp: at }),
  );
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const { code, err } = await walka(`produce codec-${codec} --format json -z ${codec}`, input.join('\n'));
    assert.deepEqual([code, err], [0, '500 records written\n']);
    const printed = (await walka(`consume codec-${codec} --json`)).out;
    assert.deepEqual(
      lines(printed).map((line) => {
        const { key, value, timestamp } = JSON.parse(line) as Record<string, unknown>;
        return JSON.stringify({ key, value, timestamp });
      }),
      input,
    );
    // What was printed goes into another topic with another codec, and is printed again.
    assert.equal((await walka(`produce copy-${codec} --format json -z gzip --acks 1`, printed)).code, 0);
    assert.equal(
      (await walka(`consume copy-${codec} --json`)).out,
      printed.replaceAll(`codec-${codec}`, `copy-${codec}`),
    );
  }
});

test('a broker that acknowledges nothing is told of after a moment, and again when it goes on', async () => {
  // Tried again after 20, 40, 80 ms and so on: more than two seconds in all.
  broker.drop('Produce', { topic: 'silent', times: 7 });
  const { code, err } = await walka('produce silent', 'one\n');
  assert.equal(code, 0);
  assert.match(err, /^nothing has been acknowledged for 1\.5 s: .+; trying again\n(going on\n)?1 record written\n$/);
});

test('a compression level that the codec does not have is refused', async () => {
  for (const [flags, error] of [
    ['-z gzip --compression-level 10', '10 is not within 1 to 9, the levels of gzip'],
    ['-z zstd --compression-level 0', '0 is not within 1 to 22, the levels of zstd'],
    ['-z snappy --compression-level 1', 'snappy has no levels'],
    ['--compression-level 1', 'none has no levels'],
  ] as const) {
    const { code, err } = await walka(`produce levels ${flags}`, 'one\n');
    assert.deepEqual([code, err], [1, `walka: --compression-level: ${error}\n`]);
  }
  assert.equal((await walka('produce levels -z zstd --compression-level 22', 'one\n')).code, 0);
});

test('bytes that are no text are base64 in JSON, and hexadecimal where that is asked for', async () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe]);
  await walka('produce bytes --delimiter |', Buffer.concat([bytes, Buffer.from('|')]));
  const printed = (await walka('consume bytes --json')).out;
  assert.match(printed, /"valueBase64":"\/wD\+"/);
  assert.equal((await walka('consume bytes --format hex')).out, 'ff00fe\n');
  await walka('produce bytes --format hex', 'ff00fe\n');
  await walka('produce bytes --format json', printed);
  assert.equal((await walka('consume bytes --format hex')).out, 'ff00fe\n'.repeat(3));
});

test('reading begins and ends where it is told to', async () => {
  const input = Array.from({ length: 10 }, (_, at) =>
    JSON.stringify({ key: null, value: `v${at}`, timestamp: 1000 * at }),
  );
  await walka('produce places --format json', input.join('\n'));
  const values = async (flags: string) => lines((await walka(`consume places ${flags}`)).out).join(' ');
  assert.equal(await values('--from 7'), 'v7 v8 v9');
  assert.equal(await values('--from -2'), 'v8 v9');
  assert.equal(await values('--to 2'), 'v0 v1');
  assert.equal(await values('--from @3500 --to @6000'), 'v4 v5');
  assert.equal(await values('--from 1970-01-01T00:00:08Z'), 'v8 v9');
  assert.equal(await values('--from latest'), '');
  assert.equal(await values('--from 2 -n 3'), 'v2 v3 v4');
  assert.equal(await values('--from -1d'), '');
  assert.equal(await values('--from -99999d -n 1'), 'v0');
  assert.equal(
    await values("--from 9 --format '%t/%p@%o %k=%v %K %V %T %d%%\\n'"),
    'places/0@9 =v9 -1 2 9000 1970-01-01T00:00:09.000Z%',
  );
});

test('partitions are named by one flag or several, and a flag with one value is given once', async () => {
  await broker.createTopic({ name: 'four', partitions: 4 });
  for (const partition of [0, 1, 2, 3]) await walka(`produce four -p ${partition}`, `${partition}\n`);
  for (const flags of ['-p 0 -p 3,2', '-p 0,2-3 -p 2']) {
    assert.deepEqual(lines((await walka(`consume four ${flags}`)).out).sort(), ['0', '2', '3']);
  }
  for (const [command, flag] of [
    ['consume four --from 1 --from 2', '--from'],
    ['consume four -n 1 -n 2', '--count'],
    ['produce four -p 1 -p 2', '--partition'],
    ['topics list -b a:1 -b b:1', '--bootstrap-server'],
    ['topics -b a:1 list -b b:1', '--bootstrap-server'],
    ['groups reset g --to latest --to earliest', '--to'],
  ] as const) {
    const { code, err } = await walka(command);
    assert.deepEqual([code, err], [1, `walka: ${flag} is given twice\n`]);
  }
});

test('a group goes on where it was', async () => {
  await walka('produce grouped', 'a\nb\nc\n');
  assert.equal((await walka('consume grouped --group g -n 2')).out, 'a\nb\n');
  assert.equal((await walka('consume grouped --group g')).out, 'c\n');
  assert.equal((await walka('consume grouped --group g')).out, '');
  await walka('produce grouped', 'd\n');
  assert.match((await walka('groups describe g')).out, /, lag 1\n/);
  assert.equal((await walka('consume grouped --group g --follow -n 1')).out, 'd\n');
  assert.match((await walka('groups describe g')).out, /, lag 0\n/);
});

test('what was printed is committed, although nothing comes after it', { timeout: 60_000 }, async () => {
  await walka('produce idle', 'a\n');
  const committed = broker.control('OffsetCommit', () => undefined, { group: 'idle' }).hit;
  const following = walka('consume idle --group idle --follow -n 2');
  await committed;
  assert.match((await walka('groups describe idle')).out, /, lag 0\n/);
  await walka('produce idle', 'b\n');
  assert.equal((await following).out, 'a\nb\n');
});

test('a group that is behind what --to says does not go back', async () => {
  await walka('produce beyond', 'a\nb\nc\n');
  assert.equal((await walka('consume beyond --group beyond --to 2')).out, 'a\nb\n');
  assert.equal((await walka('consume beyond --group beyond --to 1')).out, '');
  assert.match((await walka('groups describe beyond')).out, /, lag 1\n/);
});

test('following goes on with what comes', async () => {
  await walka('produce followed', 'a\n');
  const following = walka('consume followed --follow -n 3');
  await walka('produce followed', 'b\nc\n');
  assert.equal((await following).out, 'a\nb\nc\n');
});

test('what was aborted is not printed unless it is asked for', async () => {
  const { Kafka, logLevel } = await import('kafkajs');
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const [value, end] of [
    ['kept', 'commit'],
    ['dropped', 'abort'],
    ['kept too', 'commit'],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'transacted', messages: [{ value }] });
    await transaction[end]();
  }
  await producer.disconnect();
  assert.equal((await walka('consume transacted')).out, 'kept\nkept too\n');
  assert.equal((await walka('consume transacted --uncommitted')).out, 'kept\ndropped\nkept too\n');
});

test('what is wrong with flags, lines and topics is told in one line', async () => {
  for (const [args, message, input] of [
    ['consume nix', 'there is no topic nix (UNKNOWN_TOPIC_OR_PARTITION)'],
    ['consume three -p 3', 'topic three has no partition 3: it has 3'],
    ['consume three -p 0,2-1', '--partition: 2-1 ends before it begins'],
    ['consume three --from soon', /^--from: "soon" is no place in a partition: earliest, latest/],
    ['consume three --format yaml', /^--format: "yaml" is none of raw, json, hex/],
    ['consume three --format %x', /^--format: %x stands for nothing/],
    ['produce', 'produce: which topic?'],
    ['produce three -p 9', 'topic three has no partition 9: it has 3', 'a\n'],
    ['produce three --acks 2', '--acks: "2" is none of 0, 1, all'],
    [
      'produce three -K :',
      'line 2 of standard input: it has no key separator ":"; the lines before it are written',
      'a:b\nc\n',
    ],
    ['produce three --format json', /^line 1 of standard input: it has no value/, '{"key":"a"}\n'],
    ['produce three --format json', /a record has no field vlaue/, '{"vlaue":"a"}\n'],
    ['produce three --file /nix/nix', /^cannot read \/nix\/nix: ENOENT/],
  ] as const) {
    const { code, err } = await walka(args, input ?? '');
    assert.equal(code, 1, args);
    const text =
      lines(err)
        .find((line) => line.startsWith('walka: '))
        ?.slice('walka: '.length) ?? '';
    if (typeof message === 'string') assert.equal(text, message);
    else assert.match(text, message);
  }
});

test('a line without an end is refused in one line', () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const cutter = new LineCutter();
  assert.throws(() => {
    for (let i = 0; i < 300; i++) cutter.take(piece);
  }, ConfigError);
});
