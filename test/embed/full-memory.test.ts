/** Records read without a client while a full journal in memory drops them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/embed/records/read.ts';
import { FullMemory } from '../support/full-memory.ts';

test('reading goes on where the log starts by then, when what was found is dropped', async () => {
  await using memory = await FullMemory.open();
  const { services, log } = memory;
  let skippedCount = 0;
  for (let steps = -30; steps < 30; steps++) {
    await memory.fill();
    let startOffset = -1;
    const records = await memory.during(steps, () => {
      startOffset = log.logStartOffset;
      return readRecords(services, 't', {});
    });
    const offsets = records.map(({ offset }) => offset);
    const [first = -1] = offsets;
    assert.ok(first >= startOffset);
    if (first > startOffset) skippedCount++;
    assert.deepEqual(
      offsets,
      offsets.map((_, i) => first + i),
    );
  }
  assert.ok(skippedCount > 0);
});
