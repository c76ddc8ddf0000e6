import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { EngineContext } from '../../../src/storage/context.ts';
import { Directory } from '../../../src/storage/directory.ts';
import { MemoryCompactor } from '../../../src/storage/journal/memory-compactor.ts';
import type { Locator } from '../../../src/storage/runs/locate.ts';

test('a pass that comes to an untimely end gives back the memory of its keys', async () => {
  const parts = { clock: new ManualClock(), random: seededRandom(1), directory: new Directory() };
  // The stream is gone when its pass begins, so that no source is asked.
  const compactor = new MemoryCompactor(parts as unknown as EngineContext, {} as Locator);
  const outcome = compactor.run({
    stream: 7,
    firstDirtyOffset: 0,
    endOffset: 100_000,
    aborted: [],
    mapBytes: 1024 * 1024,
    mapLoadFactor: 0.9,
  } as never);
  assert.equal(await outcome, null);
  assert.equal(compactor.memoryBytes, 0);
});
