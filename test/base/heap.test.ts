/** What V8 is told about memory, in a process of its own, as each test file has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growYoungGeneration, setUpHeap, youngBytes } from '../../src/base/heap.ts';

const MIB = 1024 * 1024;

/** Objects of which all are alive at once, several young generations full. */
function survivors(): object[] {
  return Array.from({ length: 500_000 }, (_, index) => ({ index }));
}

test('the young generation grows to 4 MiB when it is asked for, and stays there however much survives', () => {
  setUpHeap();
  const kept = [survivors()];
  assert.ok(youngBytes() < 3 * MIB, `an idle broker has ${youngBytes()}`);
  growYoungGeneration();
  assert.ok(youngBytes() > 3 * MIB, String(youngBytes()));
  kept.push(survivors(), survivors());
  assert.equal(kept.length, 3);
  assert.ok(youngBytes() < 5 * MIB, String(youngBytes()));
});
