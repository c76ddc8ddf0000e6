/** The frame around all commands: unknown words, flags, help, settings, completion. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { startBroker } from '../../src/index.ts';
import { ran } from './in-process.ts';
import { ended, mainFile, program, spawned } from './program.ts';

function walka(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mainFile, ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, out: stdout, err: stderr };
}

test('a word that is no command is told with the nearest one, at every level', () => {
  for (const [args, line] of [
    [['topic', 'list'], 'unknown command topic; did you mean topics?'],
    [['topics', 'lst'], 'topics: unknown command lst; did you mean list?'],
    [['topics', 'list', '--jsn'], 'topics list: unknown option --jsn; did you mean --json?'],
    [['topics', 'list', 'more'], 'topics list: unexpected argument more'],
    [['settings', 'a', 'more', 'still'], 'settings: unexpected argument more, still'],
    [['--json', 'topics', 'lst'], 'topics: unknown command lst; did you mean list?'],
    [['help', 'topic'], 'help: there is no command topic; did you mean topics?'],
    [['catalog', 'burn'], 'catalog: unknown command burn; there is rebuild'],
    [['settings', 'num.partitons'], 'settings: unknown setting num.partitons; did you mean num.partitions?'],
  ] as const) {
    assert.deepEqual(walka(...args), { code: 1, out: '', err: `walka: ${line}\n` });
  }
});

test('help lists every command, and each command has help of its own', async () => {
  const { code, out } = walka('--help');
  assert.equal(code, 0);
  for (const { name, load } of COMMANDS) {
    assert.match(out, new RegExp(`^  ${name} `, 'm'));
    assert.equal(typeof (await load()).define, 'function', name);
  }
  const wal = walka('wal', '--help');
  assert.equal(wal.code, 0);
  assert.match(wal.out, /--data-dir <directory>[\s\S]*verify \[file\.\.\.\][\s\S]*Exit codes/);
  assert.equal(walka('help', 'wal').out, wal.out);
});

test('a setting is told about by its name, its variable, or a part of names', () => {
  const { out } = walka('settings', 'log.retention.hours');
  assert.match(out, /^log\.retention\.hours\n {2}of: +broker\n[\s\S]*variable: +KAFKA_LOG_RETENTION_HOURS\n/);
  assert.equal(walka('settings', 'KAFKA_LOG_RETENTION_HOURS').out, out);
  assert.match(walka('settings', 'offsets.topic').out, /^NAME +OF +DEFAULT\noffsets\.topic\./);
  const json = JSON.parse(walka('settings', 'walka.durability', '--json').out) as Record<string, unknown>;
  assert.deepEqual([json['default'], json['values']], ['os', ['memory', 'os', 'fsync']]);
});

test('flags of all commands stand before the command, too', () => {
  for (const args of [
    ['--json', 'version'],
    ['--no-color', '--json', 'version'],
    ['version', '--json'],
  ]) {
    const { code, out } = walka(...args);
    assert.deepEqual([code, Object.keys(JSON.parse(out) as object)], [0, ['version', 'node']]);
  }
  assert.equal(walka('--json', 'help', 'wal').out, walka('wal', '--help').out);
});

test('flags that say which cluster is meant stand before the command, too', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  for (const [before, env] of [
    [['-b', broker.bootstrapServers], {}],
    [['--json', `--bootstrap-server=${broker.bootstrapServers}`, '--no-color'], {}],
    [['--command-property', 'client.id=me'], { WALKA_BOOTSTRAP_SERVERS: broker.bootstrapServers }],
  ] as const) {
    const { code, out, err } = await ended(program(tmpdir(), [...before, 'topics', 'list'], env));
    assert.deepEqual([code, err, out.includes('orders')], [0, '', true]);
  }
  assert.equal(walka('-b', 'x:1', 'version').err, 'walka: version: unknown option -b\n');
  assert.equal(walka('-b', 'x:1').err, 'walka: unknown flag -b: it goes with a command, such as topics list\n');
  assert.equal(walka('--json', 'run').err, 'walka: unknown flag --json: it goes with a command, such as topics list\n');
});

test('bash is told what may come next', async () => {
  await using broker = await startBroker({ topics: ['orders', 'others'] });
  const complete = async (line: string): Promise<string[]> => {
    const words = line.split(' ');
    const script = `walka() { "${process.execPath}" "${mainFile}" "$@"; }
      source <(walka completion bash)
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
      _walka; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { WALKA_BOOTSTRAP_SERVERS: broker.bootstrapServers };
    return (await ended(spawned('bash', ['-c', script], tmpdir(), env))).out.trim().split('\n');
  };
  assert.deepEqual(await complete('walka to'), ['topics']);
  assert.deepEqual(await complete('walka --json to'), ['topics']);
  assert.deepEqual(await complete('walka --json wal d'), ['dump']);
  assert.deepEqual(await complete('walka -b none:1 wal d'), ['dump']);
  assert.deepEqual(await complete(`walka --bootstrap-server=${broker.bootstrapServers} consume o`), [
    'orders',
    'others',
  ]);
  assert.deepEqual(await complete('walka -b '), ['']);
  assert.deepEqual(await complete('walka produce orders --compression '), ['none', 'gzip', 'snappy', 'lz4', 'zstd']);
  assert.deepEqual(await complete('walka produce -a a'), ['all']);
  assert.deepEqual(await complete('walka consume orders --format '), ['raw', 'json', 'hex']);
  assert.deepEqual(await complete('walka completion f'), ['fish']);
  assert.deepEqual(await complete('walka configs describe '), ['topic', 'broker', 'group']);
  assert.deepEqual(await complete('walka configs describe topic ot'), ['others']);
  assert.deepEqual(await complete('walka configs describe broker '), ['all', '1']);
  assert.deepEqual(await complete('walka configs set topic orders flush.'), ['flush.messages=', 'flush.ms=']);
  assert.deepEqual(await complete('walka configs unset topic orders retention.m'), ['retention.ms']);
  assert.deepEqual(await complete('walka configs set group g share.auto'), ['share.auto.offset.reset=']);
  assert.deepEqual(await complete('walka topics alter orders --unset retention.m'), ['retention.ms']);
  assert.deepEqual(await complete('walka wal d'), ['dump']);
  assert.deepEqual(await complete('walka wal dump --pa'), ['--payload']);
  assert.deepEqual(await complete('walka settings walka.dura'), ['walka.durability']);
  assert.deepEqual(await complete('walka consume o'), ['orders', 'others']);
  assert.deepEqual(await complete('walka topics delete orders oth'), ['others']);
});

test('a reader that has seen enough ends a command without a word', async () => {
  const script = `"${process.execPath}" "${mainFile}" settings | head -n 1; echo "\${PIPESTATUS[0]}"`;
  assert.deepEqual(await ended(spawned('bash', ['-c', script], tmpdir())), {
    code: 0,
    out: '# Settings\n0\n',
    err: '',
  });
});

test('Ctrl-C ends a command at once, with 130', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  const child = program(tmpdir(), ['consume', 'orders', '--follow', '-b', broker.bootstrapServers]);
  await ran(['produce', 'orders'], { WALKA_BOOTSTRAP_SERVERS: broker.bootstrapServers }, 'seen\n');
  assert.ok(child.stdout);
  child.stdout.once('data', () => child.kill('SIGINT'));
  assert.deepEqual(await ended(child), { code: 130, out: 'seen\n', err: '' });
});

test('Ctrl-C has a group commit what was printed', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  await broker.produce('orders', ['one', 'two']);
  const args = ['consume', 'orders', '--follow', '--group', 'readers', '-b', broker.bootstrapServers];
  const child = program(tmpdir(), args);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  assert.deepEqual(await ended(child), { code: 130, out: 'one\ntwo\n', err: '' });
  assert.equal((await broker.group('readers'))?.lag, 0);
});

test('Ctrl-C does not wait for a commit that is not answered', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  await broker.produce('orders', 'one');
  using commit = broker.control('OffsetCommit', () => new Promise(() => undefined));
  const args = ['consume', 'orders', '--follow', '--group', 'readers', '-b', broker.bootstrapServers];
  const child = program(tmpdir(), args);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  assert.equal((await ended(child)).code, 130);
  assert.equal(commit.hits, 1);
});

test('each shell that is named has a script', () => {
  for (const shell of ['bash', 'zsh', 'fish']) assert.match(walka('completion', shell).out, /walka __complete/);
  assert.equal(walka('completion', 'tcsh').code, 1);
});
