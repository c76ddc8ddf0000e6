/** The options of `startBroker`: what is wrong is said in one line, and where the broker logs to. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { checkNode, OLDEST_NODE } from '../../src/embed/node-version.ts';
import { type PinoLike, startBroker, type StartBrokerOptions } from '../../src/index.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

test('an option of the wrong type is refused in one line', async () => {
  const refused = (options: unknown, message: string) =>
    assert.rejects(startBroker(options as StartBrokerOptions), { name: 'ConfigError', message });
  await refused('orders', 'startBroker: takes an object of options, not "orders"');
  await refused(null, 'startBroker: takes an object of options, not null');
  await refused({ port: '9092' }, 'startBroker: port must be a whole number from 0 to 65535, not "9092"');
  await refused({ port: 70_000 }, 'startBroker: port must be a whole number from 0 to 65535, not 70000');
  await refused(
    { topics: 'a' },
    'startBroker: topics must be a list of names or of { name, partitions, configs }, not "a"',
  );
  await refused({ topics: [7] }, 'startBroker: a topic is a name or { name, partitions, configs }, not 7');
  await refused({ topics: [{ partitions: 1 }] }, 'startBroker: a topic has no name');
  await refused(
    { topics: [{ name: 'a', partitions: '3' }] },
    'startBroker: partitions of topic a must be a whole number from 1 on, not "3"',
  );
  await refused(
    { topics: [{ name: 'a', configs: { 'retention.ms': [1] } }] },
    'startBroker: retention.ms of topic a must be text, a number or a boolean, not [1]',
  );
  await refused(
    { config: { 'num.partitions': {} } },
    'startBroker: config num.partitions must be text, a number or a boolean, not an object',
  );
  await refused({ host: 5 }, 'startBroker: host must be a name or address, not 5');
  await refused({ dataDir: true }, 'startBroker: dataDir must be the path of a directory, not true');
  await refused({ unref: 1 }, 'startBroker: unref must be true or false, not 1');
  const logs = "'debug', 'info', 'warn', 'error', 'silent', a console or a logger of pino";
  await refused({ log: 'loud' }, `startBroker: log must be ${logs}, not "loud"`);
  await refused({ log: {} }, `startBroker: log must be ${logs}, not an object`);
  await refused({ logger: console }, 'startBroker: unknown option logger');
});

test('a Node that is too old is told of before anything is started', () => {
  assert.equal(`>=${OLDEST_NODE}`, manifest.engines.node);
  for (const version of ['22.15.0', '22.20.1', '24.0.0', process.versions.node]) checkNode(version);
  for (const version of ['18.20.0', '20.99.0', '22.14.9']) {
    const message = `startBroker: needs Node ${OLDEST_NODE} or newer, and this is ${version}`;
    assert.throws(() => checkNode(version), { name: 'ConfigError', message });
  }
});

test('options that are undefined are left out', async () => {
  await using broker = await startBroker({ port: undefined, topics: undefined, log: undefined });
  assert.deepEqual(broker.topics(), []);
});

test('a console and a logger of pino get the lines of the broker', async () => {
  const lines: unknown[][] = [];
  const take =
    (level: string) =>
    (...data: unknown[]) =>
      void lines.push([level, ...data]);
  const target = { debug: take('debug'), info: take('info'), warn: take('warn'), error: take('error') };
  await using toConsole = await startBroker({ log: target });
  await toConsole.produce('made', 'x');
  const [level, message, fields] = lines.find(([, text]) => /Created the topic/.test(String(text))) ?? [];
  assert.deepEqual(
    [level, message, fields],
    ['info', 'walka: Created the topic made for a client that asked for it.', { topic: 'made' }],
  );
  lines.length = 0;
  const bindings: object[] = [];
  const pino: PinoLike = { ...target, level: 'info', child: (given) => (bindings.push(given), pino) };
  await using toPino = await startBroker({ log: pino });
  await toPino.produce('made', 'x');
  assert.deepEqual(bindings, [{ name: 'walka' }]);
  const text = 'Created the topic made for a client that asked for it.';
  assert.deepEqual(
    lines.find(([, , message]) => message === text),
    ['info', { event: 'topic-auto-created', topic: 'made' }, text],
  );
});

function run(program: string): { readonly status: number | null; readonly stdout: string } {
  const source = `import { startBroker } from ${JSON.stringify(join(root, 'src/index.ts'))};\n${program}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8', timeout: 120_000 });
}

test('with unref, a broker that nobody closes lets the process end', () => {
  const { status, stdout } = run(`
    const broker = await startBroker({ unref: true, topics: ['t'] });
    await broker.produce('t', 'x');
    console.log((await broker.records('t')).length);
  `);
  assert.deepEqual([status, stdout], [0, '1\n']);
});

test("log: 'debug' writes to standard output", () => {
  const { stdout } = run(`
    await using broker = await startBroker({ log: 'debug' });
    await broker.produce('made', 'x');
  `);
  assert.match(stdout, /Created the topic made/);
});
