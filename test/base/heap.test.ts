/** What V8 is told about memory, in a process of its own, as each test file has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUpHeap, youngBytes } from '../../src/base/heap.ts';

const MIB = 1024 * 1024;

/** Objects of which all are alive at once, several young generations full. */
function survivors(): object[] {
  return Array.from({ length: 500_000 }, (_, index) => ({ index }));
}

test('the young generation has 4 MiB from the start, and stays there however much survives', () => {
  assert.ok(youngBytes() < 3 * MIB, 'without it, it would be smaller');
  setUpHeap();
  assert.ok(youngBytes() > 3 * MIB, String(youngBytes()));
  const kept = [survivors(), survivors()];
  assert.equal(kept.length, 2);
  assert.ok(youngBytes() < 5 * MIB, String(youngBytes()));
});
