/** Tests in threads of their own fail as others do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { isMainThread } from 'node:worker_threads';
import { testInOwnThread } from './own-thread.ts';

testInOwnThread(import.meta.url, 'a body runs in another thread', async () => assert.equal(isMainThread, false));

test('a body that throws, or waits for what never comes, is a failure with its message', async () => {
  const bodies = ['assert.equal(1, 2)', "await Promise.reject(new Error('later'))", 'await new Promise(() => {})'];
  const helper = JSON.stringify(new URL('./own-thread.ts', import.meta.url).href);
  const program = `
    import assert from 'node:assert/strict';
    import { testInOwnThread } from ${helper};
    ${bodies.map((body, i) => `testInOwnThread(import.meta.url, 'body ${i}', async () => { ${body}; });`).join('\n')}`;
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  const args = ['--test-reporter=tap', '--input-type=module', '-e', `await import(${JSON.stringify(url)})`];
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(process.execPath, args, { env: { ...process.env, NODE_TEST_CONTEXT: '' } }, (_error, out) => resolve(out));
  const output = await promise;
  for (let i = 0; i < bodies.length; i++) assert.match(output, new RegExp(`^not ok ${i + 1} - body ${i}$`, 'm'));
  for (const message of [/1 !== 2/, /later/, /what never comes/]) assert.match(output, message);
});
