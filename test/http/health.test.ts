/** /healthz, /livez and /readyz. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { healthModule, type UnreadyReason } from '../../src/http/health.ts';
import { createRouter } from '../../src/http/router.ts';

function asks(state: { failure?: string; illness?: string; reasons?: UnreadyReason[] }) {
  const health = {
    failure: () => state.failure ?? null,
    illness: () => state.illness ?? null,
    unreadyReasons: () => state.reasons ?? [],
  };
  const router = createRouter([healthModule(health)], silentLogger);
  return async (path: string): Promise<[number, string]> => {
    const response = await router.request(path);
    return [response.status, await response.text()];
  };
}

test('a broker that serves is well, alive and ready', async () => {
  const ask = asks({});
  assert.deepEqual(await ask('/healthz?verbose'), [200, 'ok\n']);
  assert.deepEqual(await ask('/livez'), [200, 'ok\n']);
  assert.deepEqual(await ask('/readyz'), [200, '{"ready":true,"reasons":[]}']);
});

test('a full disk makes it unwell and unready, and no restart is asked for', async () => {
  const reasons = [{ reason: 'disk-full', message: 'The disk is full.' }];
  const ask = asks({ illness: 'The disk is full.', reasons });
  assert.deepEqual(await ask('/healthz'), [503, 'The disk is full.\n']);
  assert.deepEqual(await ask('/livez'), [200, 'ok\n']);
  const [status, body] = await ask('/readyz');
  assert.deepEqual([status, JSON.parse(body)], [503, { ready: false, reasons }]);
});

test('a journal that failed asks for a restart', async () => {
  const ask = asks({ failure: 'The sync failed.', illness: 'The sync failed.' });
  assert.deepEqual(await ask('/livez'), [503, 'The sync failed.\n']);
});
