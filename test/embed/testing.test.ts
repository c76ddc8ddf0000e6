/** The helpers of `walka/testing` under node:test; test/package has them under jest and vitest. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type TestHooks, useBroker } from '../../src/embed/testing.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-testing-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const module = JSON.stringify(join(import.meta.dirname, '../../src/embed/testing.ts'));

function runTests(text: string, ...flags: string[]): string {
  const file = join(directory, 'some.test.mjs');
  writeFileSync(file, text);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--test', '--test-reporter=tap', file], {
    encoding: 'utf8',
    env,
    timeout: 300_000,
  });
  return stdout + stderr;
}

test('one broker a file, reset before each test, by the hooks of node:test', () => {
  const output = runTests(`
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { useBroker } from ${module};
    const broker = useBroker({ topics: ['t'], resetBeforeEach: true });
    assert.throws(() => broker.topics(), /is there within its tests/);
    for (const value of ['one', 'two']) {
      test(value, async () => {
        await broker.produce('t', value);
        assert.deepEqual((await broker.records('t')).map((record) => record.value), [value]);
        assert.match(broker.bootstrapServers, /^127/);
      });
    }
  `);
  assert.match(output, /# pass 2\n# fail 0/);
});

test('one broker for all files of a run', () => {
  const setup = join(directory, 'setup.mjs');
  writeFileSync(
    setup,
    `import { globalSetup as setup, globalTeardown } from ${module};
     export const globalSetup = setup({ topics: ['shared'] });
     export { globalTeardown };`,
  );
  const output = runTests(
    `import assert from 'node:assert/strict';
     import { test } from 'node:test';
     test('it is there', () => assert.match(process.env.WALKA_BOOTSTRAP_SERVERS, /^127\\.0\\.0\\.1:\\d+$/));`,
    `--test-global-setup=${setup}`,
  );
  assert.match(output, /# pass 1\n# fail 0/);
});

test('in jest and vitest, hooks that are no globals are asked for', () => {
  const script = `import { useBroker } from ${module};
    try { useBroker(); } catch (error) { console.log(error.message); }`;
  for (const [runner, variable] of [
    ['vitest', 'VITEST'],
    ['jest', 'JEST_WORKER_ID'],
  ] as const) {
    const env = { ...process.env, [variable]: '1' };
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env,
      timeout: 60_000,
    });
    const call = 'useBroker(options, { beforeAll, afterAll, beforeEach })';
    assert.equal(stdout, `useBroker: ${runner}'s hooks come second: ${call}\n`);
  }
});

test('a runner that has no hooks is told of', () => {
  assert.throws(() => useBroker({}, {}), { name: 'ConfigError' });
  const hooks: TestHooks = { beforeAll: () => {}, afterAll: () => {} };
  assert.throws(() => useBroker({ resetBeforeEach: true }, hooks), { name: 'ConfigError' });
  const all = { ...hooks, beforeEach: () => undefined };
  assert.throws(() => useBroker({ resetBeforeEach: true, from: './fixture' }, all), {
    name: 'ConfigError',
    message: /^useBroker: resetBeforeEach goes without from and dataDir: the data that it began with would be gone/,
  });
});
