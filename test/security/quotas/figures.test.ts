/** What is exported about quotas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesBound } from '../../../src/metrics/series.ts';
import { quotaFigures } from '../../../src/security/quotas/figures.ts';
import { setQuotas } from '../../support/quotas.ts';
import { openTestServices, testConnection } from '../../support/test-services.ts';

test('limits, and how often and for how long clients were held back, are told by who shares them, bounded', async () => {
  await using opened = await openTestServices();
  const { quotas } = opened.services;
  const values = (max = 10): unknown[] =>
    quotaFigures(quotas, new SeriesBound(() => max)).map(({ collect }) =>
      [...collect()].map(({ labels, value }) => [...Object.values(labels ?? {}), value]),
    );
  assert.deepEqual(values(), [[], [], []]);
  await setQuotas(opened.services, { user: null }, { producer_byte_rate: 10_000 });
  quotas.clients?.produced(testConnection(), 'app', 150_000);
  quotas.clients?.produced(testConnection(), 'other', 50_000);
  const who = ['producer_byte_rate', 'ANONYMOUS', ''];
  assert.deepEqual(values(), [[[...who, 10_000]], [[...who, 2]], [[...who, 15]]]);
  assert.deepEqual(values(0), [[], [], []]);
});
