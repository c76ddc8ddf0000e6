/** How conversion steps down when it falls behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busyRate, paceFor } from '../../../src/storage/convert/pressure.ts';

test('the more journal files wait, the faster it works and the less it compresses', () => {
  const wanted = { bytesPerSecond: 1000, level: 3 };
  assert.deepEqual(paceFor(wanted, 47), wanted);
  assert.deepEqual(paceFor(wanted, 48), { bytesPerSecond: 2000, level: 1 });
  assert.deepEqual(paceFor(wanted, 96), { bytesPerSecond: 4000, level: 0 });
  assert.deepEqual(paceFor(wanted, 1000), { bytesPerSecond: 8000, level: 0 });
});

test('without a limit there is none at any step, and no level is raised', () => {
  assert.deepEqual(paceFor({ bytesPerSecond: 0, level: 0 }, 60), { bytesPerSecond: 0, level: 0 });
});

test('while clients are busy, what may wait goes at 1 MiB a second, and never faster than the limit', () => {
  assert.equal(busyRate(0), 1024 * 1024);
  assert.equal(busyRate(100 * 1024 * 1024), 1024 * 1024);
  assert.equal(busyRate(1000), 1000);
});
