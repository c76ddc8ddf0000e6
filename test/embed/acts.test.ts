/** What a fault makes of the answer that is to come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { delay } from '../../src/embed/faults/acts.ts';
import type { Call } from '../../src/embed/faults/faults.ts';
import { type HandlerResult, Pipelined } from '../../src/handlers/types.ts';
import { openTestServices } from '../support/test-services.ts';

test('a request without an answer stays one, as quotas do not count its time', async () => {
  await using opened = await openTestServices();
  const { services } = opened;
  const request = { api: 'Produce', version: 9, body: {} };
  const call = { api: { apiKey: ApiKey.Produce }, context: { services }, request } as unknown as Call;
  const act = delay(0, true);
  const silent = new Pipelined<unknown>(Promise.resolve(null), true);
  const results: readonly HandlerResult<unknown>[] = [silent, Promise.resolve(silent)];
  for (const result of results) {
    const later = await act(call, () => result, {});
    assert.ok(later instanceof Pipelined && later.isSilent);
  }
});
