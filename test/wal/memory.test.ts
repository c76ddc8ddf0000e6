/** A log in memory at its limit: what those who read its oldest entries are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { LogCore } from '../../src/wal/core.ts';
import { readEntries } from '../../src/wal/read.ts';

test('who reads what is dropped meanwhile to make room is told that it was truncated', async () => {
  const engine = await openEngine({ dataDir: null, clusterId: 'wal', maxMemoryBytes: 1024 * 1024 });
  const core = new LogCore(engine, systemClock, 'memory', 1024);
  const startOffset = (): number => core.stateOf(1).logStartOffset;
  const fill = async (): Promise<void> => void (await core.append(1, Buffer.alloc(8000)));
  while (startOffset() === 0) await fill();
  let truncatedCount = 0;
  for (let steps = 0; steps < 40; steps++) {
    const from = startOffset();
    const reading = readEntries(core, 1, { from, to: Number.MAX_SAFE_INTEGER, maxBytes: 1e9 });
    const outcome = reading.then(
      (entries) => assert.equal(entries[0]?.offset, from),
      (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.equal((error as Error & { code?: unknown }).code, 'NOT_FOUND', `${error.message} ${steps} steps later`);
        assert.match(error.message, new RegExp(`^Stream 1 was truncated: it begins at offset \\d+, not ${from}$`));
        truncatedCount++;
      },
    );
    for (let step = 0; step < steps; step++) await Promise.resolve();
    // Several files have to go for it at once.
    await core.append(1, Buffer.alloc(300_000));
    await outcome;
    const dropped = startOffset();
    while (startOffset() === dropped) await fill();
  }
  assert.ok(truncatedCount > 0);
  await core.drain();
  await engine.close();
});
