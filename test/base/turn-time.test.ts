/** The time that is read once for what happens together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { TurnTime } from '../../src/base/turn-time.ts';

test('it stands still within the microtasks of one event, and is read again for the next', async () => {
  const clock = new ManualClock(1000);
  const time = new TurnTime(clock);
  assert.equal(time.now(), 1000);
  clock.advance(5);
  await Promise.resolve();
  assert.equal(time.now(), 1000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(time.now(), 1005);
});

test('it is read again for who asks without end', () => {
  const clock = new ManualClock(1000);
  const time = new TurnTime(clock);
  for (let i = 0; i < 200; i++) {
    clock.advance(1);
    assert.ok(clock.now() - time.now() <= 64);
  }
});
