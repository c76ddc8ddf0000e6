/** How conversion steps down when it falls behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paceFor } from '../../../src/storage/convert/pressure.ts';

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
