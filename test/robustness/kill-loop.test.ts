/** A few deaths of a whole broker under load; `npm run test:kill` goes through hundreds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killLoop } from './kill-loop/kill-loop.ts';

test('kill -9 under load loses nothing acknowledged and leaves no gap or duplicate', async () => {
  const settings = { 'walka.journal.file.bytes': '1048576' };
  const { problems, log, batches } = await killLoop({
    kills: 5,
    seed: 7,
    settings,
    maxValueBytes: 2000,
    maxLifeMs: 300,
  });
  assert.deepEqual(problems, [], log);
  assert.ok(batches > 0);
});

test('kill -9 while journal files become segments loses nothing', async () => {
  const settings = { 'walka.journal.file.bytes': '1048576', 'log.retention.check.interval.ms': '100' };
  const options = { kills: 5, seed: 11, settings, maxValueBytes: 8000, maxLifeMs: 2500, mustMerge: true };
  const { problems, log, merges } = await killLoop(options);
  assert.deepEqual(problems, [], log);
  assert.ok(merges > 0, log);
});
