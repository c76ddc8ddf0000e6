/** The program as `npm start` runs it: a supervisor has npm's process id only. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { root, spawned, started } from './program.ts';

test('a SIGTERM to npm stops the broker in order, and leaves none behind', async (t) => {
  const npm = spawned('npm', ['start', '--', '--memory', '--listen', '127.0.0.1:0'], root);
  const { pid } = await started(npm);
  t.after(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
  });
  npm.kill('SIGTERM');
  const [code] = (await once(npm, 'exit')) as [number | null];
  assert.equal(code, 0);
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
