/** `walka groups`, `walka configs` and `walka cluster` against a broker. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { type Broker, startBroker } from '../../src/index.ts';
import { type Ran, walkaAt } from './in-process.ts';

let broker: Broker;
let walka: (args: string, input?: string | Buffer) => Promise<Ran>;
before(async () => {
  broker = await startBroker({
    topics: [{ name: 'orders', partitions: 2 }],
    config: { 'group.initial.rebalance.delay.ms': 0 },
  });
  walka = walkaAt(Number(broker.bootstrapServers.split(':')[1]));
  await walka('produce orders -p 0', '1\n2\n3\n4\n');
  await walka('produce orders -p 1', '1\n2\n');
});
after(() => broker.close());

const objects = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a group without members is reset to places and by shifts, and deleted', async () => {
  const dry = await walka('groups reset readers --topic orders --to -1 --dry-run');
  assert.equal(
    dry.out,
    'TOPIC   PARTITION  WAS  IS  LAG\norders          0  -     3    1\norders          1  -     1    1\n',
  );
  assert.equal(dry.err, 'nothing was changed: --dry-run\n');
  assert.equal((await walka('groups list')).out, 'GROUP  TYPE  STATE\n');
  assert.equal((await walka('groups reset readers --topic orders --to 2')).code, 0);
  assert.equal((await walka('groups list')).out, 'GROUP    TYPE     STATE\nreaders  classic  Empty\n');
  assert.equal((await walka('groups reset readers --shift -1')).code, 0);
  assert.equal((await walka('groups reset readers --topic orders:1 --to latest')).code, 0);
  const [described] = objects((await walka('groups describe readers --json')).out);
  const partitions = described?.['partitions'] as { committedOffset: number; lag: number }[];
  assert.deepEqual(
    partitions.map(({ committedOffset, lag }) => [committedOffset, lag]),
    [
      [1, 3],
      [2, 0],
    ],
  );
  assert.match((await walka('groups describe')).out, /^readers: classic, Empty, 0 members, lag 3\nTOPIC /);
  assert.equal((await walka('groups delete readers')).out, 'deleted readers\n');
  const gone = await walka('groups describe readers');
  assert.deepEqual([gone.code, gone.out], [1, '']);
  assert.match(gone.err, /^walka: cannot describe readers: .*\(GROUP_ID_NOT_FOUND\)\n$/);
});

test('a group with members shows who has what, and is not reset', async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, clientId: 'reader' });
  const consumer = kafka.consumer({ groupId: 'live', maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
  const ready = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
  await consumer.run({ eachMessage: async () => undefined });
  await ready;
  const [described] = objects((await walka('groups describe live --json')).out);
  const partitions = described?.['partitions'] as { clientId: string }[];
  assert.deepEqual(
    partitions.map(({ clientId }) => clientId),
    ['reader', 'reader'],
  );
  const refused = await walka('groups reset live --to earliest');
  assert.deepEqual(
    [refused.code, refused.err],
    [1, 'walka: group live has 1 members: stop them first (NON_EMPTY_GROUP)\n'],
  );
  assert.match((await walka('groups delete live')).err, /^walka: cannot delete live: .*\(NON_EMPTY_GROUP\)\n$/);
  await consumer.disconnect();
});

test('what a reset lacks is told before anything is asked', async () => {
  assert.equal((await walka('groups reset g')).err, 'walka: groups reset: where to? --to or --shift\n');
  assert.equal((await walka('groups reset g --to 1 --shift 1')).code, 1);
  assert.equal((await walka('groups reset g --to 1')).err, 'walka: group g has committed nothing: which --topic?\n');
  assert.match((await walka('groups reset g --to 1 --topic nix')).err, /^walka: there is no topic nix/);
  assert.match(
    (await walka('groups reset g --to 1 --topic orders:x')).err,
    /^walka: --topic: "x" is no list of numbers/,
  );
});

test('configs of topics and brokers are shown, set and unset', async () => {
  const nothing = await walka('configs describe topic orders');
  assert.deepEqual([nothing.out, nothing.err], ['', 'nothing is set for topic orders; --all shows what holds\n']);
  assert.equal((await walka('configs set topic orders retention.ms=5 cleanup.policy=compact,delete')).code, 0);
  assert.equal((await walka('configs describe topic orders')).out, 'cleanup.policy=compact,delete\nretention.ms=5\n');
  assert.match((await walka('configs describe topic orders --all')).out, /^retention\.ms +5 +topic$/m);
  assert.equal(
    (await walka('configs unset topic orders cleanup.policy retention.ms')).out,
    'unset cleanup.policy\nunset retention.ms\n',
  );
  assert.equal((await walka('configs set broker all log.retention.ms=99')).code, 0);
  assert.equal((await walka('configs describe broker all')).out, 'log.retention.ms=99\n');
  assert.equal((await walka('configs set broker all log.retention.bytes=9')).code, 0);
  assert.equal((await walka('configs unset broker all log.retention.bytes')).out, 'unset log.retention.bytes\n');
  const [entry] = objects((await walka('configs describe broker 1 --all --docs --json')).out);
  assert.equal(typeof entry?.['documentation'], 'string');
  assert.equal((await walka('configs set group g consumer.session.timeout.ms=50000')).code, 0);
  assert.equal((await walka('configs describe group g')).out, 'consumer.session.timeout.ms=50000\n');
});

test('a config or a resource that there is not is told with the nearest', async () => {
  for (const [args, line] of [
    [
      'configs set topic orders retention.m=5',
      'configs: unknown config retention.m of topic orders; did you mean retention.ms?',
    ],
    [
      'configs set broker all log.retention.mss=5',
      'configs: unknown config log.retention.mss of all brokers; did you mean log.retention.ms?',
    ],
    ['configs unset topic orders nix', 'configs: unknown config nix of topic orders'],
    ['topics alter orders --unset nix', 'configs: unknown config nix of topic orders'],
    [
      'topics alter orders --set retention.m=5',
      'configs: unknown config retention.m of topic orders; did you mean retention.ms?',
    ],
    ['configs set topics orders a=5', 'configs: there is no topics; did you mean topic? (topic, broker, group)'],
    ['configs describe topic nix', 'there is no topic nix (UNKNOWN_TOPIC_OR_PARTITION)'],
    ['configs set topic orders retention.ms', 'configs set: "retention.ms" is not key=value'],
    ['configs describe broker 9', 'there is no broker 9, only 1 (BROKER_ID_NOT_REGISTERED)'],
    ['configs set broker 9 log.retention.ms=5', 'there is no broker 9, only 1 (BROKER_ID_NOT_REGISTERED)'],
    ['configs describe broker x', 'configs: broker x: a broker is a number, or all'],
  ] as const) {
    const { code, err } = await walka(args);
    assert.deepEqual([code, err], [1, `walka: ${line}\n`]);
  }
});

test('the cluster tells of its brokers and of what they speak', async () => {
  const { out } = await walka('cluster');
  assert.match(
    out,
    /^cluster \S+: 1 broker, \d+ topics, \d+ partitions\nBROKER  ADDRESS[^\n]*\n *1  127\.0\.0\.1:\d+ +yes +answers\n$/,
  );
  const [described] = objects((await walka('cluster --json')).out);
  assert.equal(described?.['controllerId'], 1);
  assert.match((await walka('cluster apis')).out, /^ +0 {2}Produce +0 +13$/m);
});
