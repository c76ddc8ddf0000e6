/** Retention of a log by itself: what goes, and what a close makes of a look that is under way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { LogCore } from '../../src/wal/core.ts';
import { WalRetention } from '../../src/wal/retention.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Lines } from '../support/log-lines.ts';
import { runUntil, turns } from '../support/run-clock.ts';

/** A log whose entries are too old, and what looks after them. */
async function open() {
  const clock = new ManualClock();
  const engine = await openEngine({
    dataDir: '/data',
    clusterId: 'wal',
    files: new FaultyDisk(seededRandom(1)),
    clock,
  });
  const core = new LogCore(engine, clock, 'os', 1024);
  const logger = new Lines();
  for (const stream of [1, 2]) await runUntil(clock, core.append(stream, Buffer.from('old'), { timestampMs: 1 }));
  const retention = new WalRetention(core, clock, logger, { retentionMs: 1000 });
  retention.start();
  return { clock, engine, core, logger, retention };
}

test('entries that are too old go, twice a minute', async () => {
  const { clock, engine, core, logger, retention } = await open();
  for (let round = 1; round <= 3; round++) {
    clock.advance(30_000);
    await turns(20);
    assert.deepEqual(
      [1, 2].map((stream) => core.stateOf(stream).logStartOffset),
      [round, round],
    );
    for (const stream of [1, 2]) await runUntil(clock, core.append(stream, Buffer.from('old'), { timestampMs: 1 }));
  }
  retention.stop();
  await runUntil(clock, core.drain());
  await runUntil(clock, engine.close());
  assert.deepEqual(logger.lines, []);
});

test('a look that a close cuts off is no failure', async () => {
  const { clock, engine, core, logger, retention } = await open();
  clock.advance(30_000);
  // It is looking at the first stream.
  retention.stop();
  const drained = core.drain();
  const closed = engine.close();
  await runUntil(clock, drained);
  await runUntil(clock, closed);
  assert.deepEqual(logger.lines, []);
});
