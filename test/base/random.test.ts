/** The system's random source. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';

test('any number of bytes comes, and never the same twice', () => {
  const seen = new Set<string>();
  for (let round = 0; round < 500; round++) {
    for (const count of [8, 16, 33]) {
      const bytes = systemRandom.bytes(count);
      assert.equal(bytes.length, count);
      seen.add(bytes.toString('hex'));
    }
  }
  assert.equal(seen.size, 1500);
  assert.equal(systemRandom.bytes(0).length, 0);
  assert.equal(systemRandom.bytes(5000).length, 5000);
});

test('whoever gets bytes may write to them without changing what others get', () => {
  const first = systemRandom.bytes(16).fill(0);
  assert.notDeepEqual(systemRandom.bytes(16), first);
});

test('whole numbers fill their range and stay within it', () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) {
    const value = systemRandom.int(10);
    counts[value] = (counts[value] ?? Number.NaN) + 1;
  }
  assert.equal(counts.length, 10);
  assert.ok(
    counts.every((count) => count > 700 && count < 1300),
    String(counts),
  );
  assert.ok(systemRandom.int(2 ** 32) < 2 ** 32);
  assert.equal(systemRandom.int(1), 0);
});
