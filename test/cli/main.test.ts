/** The program as a process: what it prints, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { copied, ended, program, spawned, started } from './program.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-cli-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const walka = (args: readonly string[], env?: Record<string, string>) => program(directory, args, env);

test('help and version are printed without starting a broker', async () => {
  const help = await ended(walka(['--help']));
  assert.equal(help.code, 0);
  assert.match(help.out, /--data-dir directory/);
  const version = await ended(walka(['--version']));
  assert.match(version.out, /^walka \d+\.\d+\.\d+\n$/);
});

test('what is wrong with the command line is told in one line', async () => {
  const { code, out, err } = await ended(walka(['--memry']));
  assert.deepEqual([code, out, err], [1, '', 'walka: unknown flag --memry; did you mean --memory?\n']);
  const topic = await ended(walka(['--memory', '--listen', '127.0.0.1:0', '--topic', 'a:1', '--topic', 'b:1:foo=1']));
  assert.deepEqual(
    [topic.code, topic.err],
    [2, 'walka: --topic: cannot create topic b: Unknown topic config name: foo\n'],
  );
  const feature = await ended(walka(['--feature', 'metadata.version=99']));
  assert.equal(feature.code, 1);
  assert.match(feature.err, /^walka: --feature: feature metadata\.version=99 is not served[^\n]*\n$/);
});

test('a setting with a bad value is refused with where the value came from', async () => {
  writeFileSync(join(directory, 'bad.properties'), 'num.partitions=many\n');
  writeFileSync(join(directory, 'node.properties'), 'node.id=7\n');
  const refusal = async (args: readonly string[], env?: Record<string, string>) => (await ended(walka(args, env))).err;
  const many = 'Invalid value many for configuration num.partitions: Not a number of type INT\n';
  assert.equal(await refusal(['bad.properties']), `walka: bad.properties: ${many}`);
  assert.equal(await refusal([], { KAFKA_NUM_PARTITIONS: 'many' }), `walka: KAFKA_NUM_PARTITIONS: ${many}`);
  const overridden = await refusal(['bad.properties', '--override', 'num.partitions=0'], { KAFKA_NUM_PARTITIONS: '1' });
  assert.match(overridden, /^walka: --override: Invalid value 0 for configuration num\.partitions/);
  assert.match(await refusal(['--override', 'num.partition=1']), /^walka: --override: unknown setting num\.partition;/);
  const both = await refusal(['node.properties'], { KAFKA_BROKER_ID: '8' });
  assert.match(both, /^walka: node\.properties and KAFKA_BROKER_ID: node\.id and broker\.id must be set to the same/);
  const advertised = await refusal(['--listen', ':1'], { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://a' });
  assert.match(advertised, /^walka: KAFKA_ADVERTISED_LISTENERS: advertised\.listeners: "PLAINTEXT:\/\/a" is not of/);
});

test('a broker says what it serves, serves it, and stops in order on SIGTERM', async () => {
  const args = [
    '--listen',
    '127.0.0.1:0',
    '--data-dir',
    'data',
    '--topic',
    'orders:2',
    '--override',
    'num.io.threads=4',
  ];
  const child = walka(args, { KAFKA_NUMBER_PARTITIONS: '4', KAFKA_HEAP_OPTS: '-Xmx1g' });
  const { lines, port } = await started(child);
  const events = new Map(lines.map(({ event, msg }) => [event, msg]));
  assert.match(events.get('started') ?? '', /serves Kafka clients on PLAINTEXT 127\.0\.0\.1:\d+; data in .*data/);
  assert.match(events.get('settings-without-effect') ?? '', /num\.io\.threads, KAFKA_HEAP_OPTS/);
  assert.match(events.get('unknown-variable') ?? '', /did you mean KAFKA_NUM_PARTITIONS\?/);

  const second = await ended(walka(['--listen', '127.0.0.1:0', '--data-dir', 'data']));
  assert.equal(second.code, 2);
  assert.match(second.err, /^walka: [^\n]+\n$/);

  const at = ['--bootstrap-server', `127.0.0.1:${port}`];
  assert.match((await ended(walka(['topics', 'list', ...at]))).out, /^orders +2 partitions$/m);
  const created = await ended(walka(['topics', 'create', 'more:3:retention.ms=9', 'orders:1', ...at]));
  assert.deepEqual([created.code, created.out], [1, 'created more with 3 partitions\n']);
  assert.match(created.err, /cannot create orders: .*TOPIC_ALREADY_EXISTS/);
  assert.match(
    (await ended(walka(['topics', 'describe', 'more', ...at]))).out,
    /^more: 3 partitions, 0 records, 0 B\n {2}retention\.ms=9\nPARTITION/,
  );
  const named = await ended(walka(['topics', 'list', 'more', ...at]));
  assert.deepEqual([named.code, named.out], [1, '']);
  assert.match(named.err, /^walka: topics list: unexpected argument more[^\n]*\n$/);
  assert.match((await ended(walka(['topics', 'create', 'm/m', ...at]))).err, /^walka: topics create: "m\/m" cannot be/);
  assert.equal((await ended(walka(['topics', 'delete', 'more', ...at]))).out, 'deleted more\n');

  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0);
});

test('a broker whose output nobody reads any more serves on and stops in order', async () => {
  const child = walka(['--listen', '127.0.0.1:0', '--memory']);
  const { port } = await started(child);
  child.stdout?.destroy();
  const at = ['--bootstrap-server', `127.0.0.1:${port}`];
  assert.equal((await ended(walka(['topics', 'create', 'a:1', ...at]))).code, 0);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
});

test('a broker whose output is full and read by nobody stops in order', async () => {
  // The names of directories without effect are told in one line, more than any pipe holds.
  const directories = Array.from({ length: 6000 }, (_, at) => `/${String(at).padStart(99, '0')}`);
  writeFileSync(join(directory, 'many.properties'), `log.dirs=${directories.join(',')}\n`);
  const child = walka(['many.properties', '--listen', '127.0.0.1:0', '--memory']);
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  child.stdout.pause();
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  clearTimeout(limit);
  child.stdout.destroy();
});

test('a broker started without a terminal, as by nohup, outlives the one it was started from', async () => {
  const child = walka(['--listen', '127.0.0.1:0', '--memory']);
  const { port } = await started(child);
  child.kill('SIGHUP');
  const list = await ended(walka(['topics', 'list', '--bootstrap-server', `127.0.0.1:${port}`]));
  assert.deepEqual([list.code, list.err], [0, '']);
  const rest = ended(child);
  child.kill('SIGTERM');
  const { code, out } = await rest;
  assert.equal(code, 0);
  assert.match(out, /Stopping on SIGTERM/);
});

test('a port in use and a foreign directory are told in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const inUse = await ended(walka(['--listen', `127.0.0.1:${port}`, '--memory']));
  other.close();
  assert.equal(inUse.code, 2);
  assert.match(inUse.err, new RegExp(`^walka: port ${port} is in use[^\n]*\n$`));
  const foreign = mkdtempSync(join(directory, 'foreign-'));
  writeFileSync(join(foreign, 'meta.properties'), 'version=1\nnode.id=1\n');
  const refused = await ended(walka(['--listen', '127.0.0.1:0', '--data-dir', foreign]));
  assert.equal(refused.code, 2);
  assert.match(refused.err, /^walka: [^\n]+\n$/);
});

test('a data directory that cannot be used is told of in one line', async () => {
  const file = join(directory, 'letter.txt');
  writeFileSync(file, 'mine');
  for (const path of [file, join(file, 'below')]) {
    const { code, err } = await ended(walka(['--listen', '127.0.0.1:0', '--data-dir', path]));
    assert.deepEqual([code, err], [2, `walka: ${file} is not a directory\n`]);
  }
});

test('a data directory without permission is told of in one line', async () => {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  // Another user may not read what lies below a private home: neither the sources nor Node.
  chmodSync(directory, 0o755);
  const { node, main } = copied(mkdtempSync(join(directory, 'copy-')));
  const kept = mkdtempSync(join(directory, 'kept-'));
  chmodSync(kept, 0o555);
  for (const path of [kept, join(kept, 'new')]) {
    const args = [main, '--listen', '127.0.0.1:0', '--data-dir', path];
    const { code, err } = await ended(spawned(node, args, directory, {}, nobody));
    assert.equal(code, 2);
    assert.match(
      err,
      /^walka: may not write to [^\n]*kept-\w+: permission denied \(this is user \d+(?:, and it belongs to user 0)?\)\n$/,
    );
  }
});

test('CLUSTER_ID names a new cluster, and a directory of another one is refused', async () => {
  const args = ['--listen', '127.0.0.1:0', '--data-dir', 'named'];
  for (const env of [{ CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw' }, {}]) {
    const child = walka(args, env);
    const { lines } = await started(child);
    assert.equal(lines.at(-1)?.clusterId, '4L6g3nShT-eMCtK--X86sw');
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  const { code, out, err } = await ended(walka(args, { CLUSTER_ID: '5L6g3nShT-eMCtK--X86sw' }));
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^walka: .*named belongs to cluster 4L6g3nShT-eMCtK--X86sw, and CLUSTER_ID asks for 5L6g[^\n]+\n$/);
});

test('topics of a broker that is not there are told of in one line', async () => {
  const { code, err } = await ended(walka(['topics', 'list', '--bootstrap-server', '127.0.0.1:1']));
  assert.deepEqual([code, err], [1, 'walka: no broker answers at 127.0.0.1:1\n']);
});

test('log lines are for people where that is asked for, without colours in a file', async () => {
  const child = walka(['--listen', '127.0.0.1:0', '--memory', '--override', 'walka.log.format=text']);
  assert.ok(child.stdout);
  child.stdout.on('data', (lines) => void (String(lines).includes(' serves ') && child.kill('SIGTERM')));
  const { code, out } = await ended(child);
  assert.equal(code, 0);
  // There may be variables of others, of which it warns first.
  assert.match(out, /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO \(\d+\): Walka \S+ serves Kafka clients on [^\n]+\n/m);
});
