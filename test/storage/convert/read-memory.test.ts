/** Memory that merges use again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadMemory } from '../../../src/storage/convert/read-memory.ts';

const MIB = 1024 * 1024;

test('what was given back is given out again, unless it is far too large, and not all is kept', () => {
  const memory = new ReadMemory();
  const first = memory.take(2 * MIB);
  memory.give(first);
  assert.notEqual(memory.take(MIB / 2), first);
  assert.equal(memory.take(2 * MIB), first);
  const many = Array.from({ length: 20 }, () => memory.take(2 * MIB));
  for (const buffer of many) memory.give(buffer);
  const again = Array.from({ length: 20 }, () => memory.take(2 * MIB));
  assert.equal(again.filter((buffer) => many.includes(buffer)).length, 12, '24 MiB are kept');
});
