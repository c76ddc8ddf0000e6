/** Appends that a full disk refuses: each is told so, whatever was packed and whatever waited. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import type { StorageError } from '../../src/storage/types.ts';
import { LogCore } from '../../src/wal/core.ts';
import { MAX_PACK_BYTES, PACK_FROM } from '../../src/wal/pack.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { runUntil } from '../support/run-clock.ts';

test('what would be packed is refused with the full pack before it, when others begin meanwhile', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const clock = new ManualClock();
  const engine = await openEngine({ dataDir: '/data', clusterId: 'wal', files: disk, clock });
  disk.failing.set('write', 'ENOSPC');
  // Under way are as many as may be: half of them packed, which fills a pack. As the first half fails, those that wait
  // fill another; when the pack under way fails, too, one more finds that full, and behind it waits one to another stream.
  const core = new LogCore(engine, clock, 'os', 2 * PACK_FROM);
  const bytes = Buffer.alloc(MAX_PACK_BYTES / PACK_FROM);
  const appends = Array.from({ length: 3 * PACK_FROM + 1 }, () => core.append(1, bytes));
  appends.push(core.append(2, bytes));
  const outcomes = await runUntil(clock, Promise.allSettled(appends));
  const codes = outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as StorageError).code : 'written',
  );
  assert.deepEqual(new Set(codes), new Set(['DISK_FULL']));
  await runUntil(clock, core.drain());
  await runUntil(clock, engine.close());
});
