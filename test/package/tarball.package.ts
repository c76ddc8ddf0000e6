/**
 * What is published, as those meet it who install it: packed once, installed into projects of each kind
 * (test/package/projects), and used there with kafkajs. Needs npm's registry, or what npm has of it in its cache.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { Authority, pemSettings } from '../support/certificates.ts';

const root = join(import.meta.dirname, '../..');
/** The aim is 1 MB, which the broker, the terminal and the benchmark together are beyond: all of it is minified code. */
const MAX_UNPACKED_BYTES = 1_560_000;
/** What a start in memory reads: half of its time goes into parsing that. */
const MAX_START_BYTES = 480_000;
const MAX_FILES = 99;

/** What projects have beside the package: all but kafkajs are tools of theirs. */
const TOOLS = [
  'kafkajs@2',
  'jest@30',
  'ts-jest@29',
  '@types/jest@30',
  'vitest@4',
  '@types/node@22',
  'typescript@5',
  'typescript-7@npm:typescript@7',
  `node-22@npm:node-${process.platform}-${process.arch}@22`,
];

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: ReadonlyArray<{ readonly path: string; readonly size: number }>;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const directory = mkdtempSync(join(tmpdir(), 'walka-package-'));
const projects = join(directory, 'projects');
const modules = join(projects, 'node_modules');
const node22 = join(modules, 'node-22/bin/node');
const node26 = process.execPath;
let packed: Packed;
/** Why nothing can be installed, or null. */
let isOffline: string | null = null;

/** kafkajs sets a timer in the past, which Node 24 and newer tell of. */
const OF_KAFKAJS = /^\(node:\d+\) TimeoutNegativeWarning.*\n.*\n\(Use .*\n/gm;

async function run(cwd: string, command: string, ...args: readonly string[]): Promise<Ended> {
  // Runners of tests take another way inside another runner, and colours would be in the way.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const child = spawn(command, args, { cwd, env: { ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err: err.replaceAll(OF_KAFKAJS, '') };
}

function npm(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return run(cwd, process.platform === 'win32' ? 'npm.cmd' : 'npm', ...args);
}

/** True where nothing can be installed: then the test is skipped, loudly. */
function skips(t: TestContext): boolean {
  if (isOffline === null) return false;
  console.log(`*** NOT RUN: ${t.name}: ${isOffline} ***`);
  t.skip(isOffline);
  return true;
}

before(async () => {
  const pack = await npm(root, 'pack', '--json', '--pack-destination', directory);
  assert.equal(pack.code, 0, pack.err);
  const answer: unknown = JSON.parse(pack.out.slice(pack.out.search(/^[[{]/m)));
  [packed] = Object.values(answer as object) as [Packed];
  cpSync(join(import.meta.dirname, 'projects'), projects, { recursive: true });
  writeFileSync(join(projects, 'package.json'), '{ "private": true }');
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const install = await npm(projects, 'install', ...flags, join(directory, packed.filename), ...TOOLS);
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(install.err)) {
    isOffline = "npm's registry is not reached";
  } else assert.equal(install.code, 0, install.err);
});

after(() => rmSync(directory, { recursive: true, force: true }));

test('the package is small, in few files, and installs without a script', () => {
  const largest = packed.files.toSorted((a, b) => b.size - a.size).slice(0, 10);
  const list = largest.map(({ path, size }) => `${path} ${size}`).join('\n');
  assert.ok(packed.unpackedSize <= MAX_UNPACKED_BYTES, `${packed.unpackedSize} bytes unpacked\n${list}`);
  assert.ok(packed.files.length <= MAX_FILES, `${packed.files.length} files`);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  // npm warns of `prepare`, too, where a tarball is installed.
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.equal(manifest.scripts[script], undefined);
  }
});

test('types show the public API alone, and nothing refers to the sources', () => {
  const texts = packed.files
    .filter(({ path }) => path.startsWith('dist/'))
    .map(({ path }) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const types = texts.filter(({ path }) => /\.d\.c?ts$/.test(path));
  assert.ok(types.length >= 4);
  for (const { path, text } of types) {
    assert.doesNotMatch(text, /RunningBroker|BrokerServices|EngineContext|JournalWitness/, path);
  }
  for (const { path, text } of texts) {
    assert.doesNotMatch(path, /\.map$/);
    assert.doesNotMatch(text, /sourceMappingURL|sourcesContent|devDependencies/, path);
    assert.ok(!text.includes(root), path);
  }
});

test('brokers and errors are shown by the names of their classes', async (t) => {
  if (skips(t)) return;
  const program = `require('walka').startBroker().then(async (broker) => {
    console.log(broker.constructor.name);
    await broker.records('t').catch((error) => console.log(error.constructor.name));
    await broker.close();
  })`;
  const { out, err } = await run(join(projects, 'node'), node26, '-e', program);
  assert.equal(out, 'Broker\nKafkaError\n', err);
});

test('npm publish --dry-run has nothing to complain of', async () => {
  const { code, err } = await npm(directory, 'publish', '--dry-run', join(directory, packed.filename));
  assert.equal(code, 0, err);
  // Who is not logged in is told so, and nobody is here.
  const complaints = err.split('\n').filter((line) => /npm (warn|error)/i.test(line) && !/logged in/.test(line));
  assert.deepEqual(complaints, []);
});

test('a first start in memory loads little: no other package, no database, no thread, no compression', async (t) => {
  if (skips(t)) return;
  const { out } = await run(join(projects, 'node'), node26, 'start.cjs');
  const { files, builtIn } = JSON.parse(out) as { readonly files: string[]; readonly builtIn: string[] };
  assert.deepEqual(
    files.filter((file) => !file.includes(join('node_modules', 'walka', 'dist'))),
    [],
  );
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  assert.ok(bytes <= MAX_START_BYTES, `${bytes} bytes: ${files.join(' ')}`);
  for (const name of ['sqlite', 'worker_threads', 'zlib', 'crypto', 'http', 'v8', 'perf_hooks']) {
    assert.ok(!builtIn.includes(name), name);
  }
});

for (const [version, node] of [
  ['22', node22],
  ['26', node26],
] as const) {
  test(`CommonJS and ES modules on Node ${version}: no flag, and nothing on stderr`, async (t) => {
    if (skips(t)) return;
    const cwd = join(projects, 'node');
    const data = mkdtempSync(join(directory, 'data-'));
    const commonJs = await run(cwd, node, 'main.cjs', data);
    assert.deepEqual(commonJs, { code: 0, out: 'one,two\none,two\none,two\n0\n', err: '' });
    const esModules = await run(cwd, node, 'main.mjs');
    assert.deepEqual(esModules, { code: 0, out: 'true true\none,two\n', err: '' });
  });

  test(`TLS and SCRAM on Node ${version}`, async (t) => {
    if (skips(t)) return;
    const authority = await Authority.create();
    const settings = pemSettings(await authority.issue());
    const given = JSON.stringify({ settings, ca: authority.certificate });
    const { code, out, err } = await run(join(projects, 'node'), node, 'secured.mjs', given);
    assert.match(out, /^one,two\n.*Authentication failed/i, err);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
  });

  test(`node:test, Jest, ts-jest and vitest on Node ${version}`, async (t) => {
    if (skips(t)) return;
    const runs: ReadonlyArray<readonly [kind: string, ...args: string[]]> = [
      ['node', '--test'],
      ['jest', join(modules, 'jest/bin/jest.js')],
      ['ts-jest', join(modules, 'jest/bin/jest.js')],
      ['vitest', join(modules, 'vitest/vitest.mjs'), 'run', '--testTimeout=20000'],
    ];
    for (const [kind, ...args] of runs) {
      const { code, out, err } = await run(join(projects, kind), node, ...args);
      assert.equal(code, 0, `${kind}: ${out}${err}`);
      assert.doesNotMatch(err, /ExperimentalWarning|did not exit|open handles/, kind);
    }
  });

  test(`the program runs on Node ${version}, in a directory, with nothing on stderr`, async (t) => {
    if (skips(t)) return;
    const main = join(modules, 'walka/dist/main.cjs');
    const { out, err } = await run(directory, node, main, 'version');
    assert.match(out, /^walka \d/);
    assert.equal(err, '');
    const flags = ['--listen', '127.0.0.1:0', '--data-dir', mkdtempSync(join(directory, 'data-'))];
    const child = spawn(node, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    for await (const chunk of child.stdout) if (String(chunk).includes('"started"')) break;
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    assert.deepEqual({ code, errors }, { code: 0, errors: '' });
  });
}

test('the program tells an old Node what it needs', async (t) => {
  if (skips(t)) return;
  const old = join(directory, 'old.cjs');
  writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '20.19.4' });");
  const { code, err } = await run(directory, node26, '--require', old, join(modules, 'walka/dist/main.cjs'));
  assert.equal(code, 1);
  assert.match(err, /^walka: needs Node\.js 22\.\d+\.0 or newer; this is v\d[^\n]*\n$/);
});

for (const [compiler, resolution, module] of [
  ['typescript', 'node10', 'commonjs'],
  ['typescript', 'node16', 'node16'],
  ['typescript', 'nodenext', 'nodenext'],
  ['typescript', 'bundler', 'esnext'],
  ['typescript-7', 'nodenext', 'nodenext'],
  ['typescript-7', 'bundler', 'esnext'],
] as const) {
  for (const type of ['commonjs', 'module']) {
    test(`${compiler} finds the types by moduleResolution ${resolution} in a project of type ${type}`, async (t) => {
      if (skips(t)) return;
      const cwd = join(projects, `types-${compiler}-${resolution}-${type}`);
      mkdirSync(cwd);
      cpSync(join(projects, 'types'), cwd, { recursive: true });
      writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, type }));
      const tsc = join(modules, compiler, 'bin/tsc');
      const { out } = await run(cwd, node26, tsc, '-p', '.', '--module', module, '--moduleResolution', resolution);
      assert.equal(out, '');
    });
  }
}
