/** Time that is spent on a request after its first turn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Effort, timed, timedThrough } from '../../src/base/effort.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';

test('what is done in the first turn does not count, what goes on in later ones does from then on', async () => {
  const clock = new ManualClock();
  const effort = new Effort(clock);
  timed(effort, () => clock.advance(10));
  const ends = effort.begin();
  clock.advance(20);
  effort.goesOn();
  clock.advance(3);
  ends();
  assert.equal(effort.ms, 3);
  assert.equal(
    timed(effort, () => {
      clock.advance(4);
      return 'done';
    }),
    'done',
  );
  clock.advance(50);
  await timedThrough(effort, async () => {
    await Promise.resolve();
    clock.advance(5);
  });
  assert.equal(effort.ms, 3 + 4 + 5);
});

test('work that fails counts, too', async () => {
  const clock = new ManualClock();
  const effort = new Effort(clock);
  effort.goesOn();
  const fail = (): never => {
    clock.advance(7);
    throw new Error('broken');
  };
  assert.throws(() => timed(effort, fail), /broken/);
  await assert.rejects(timedThrough(effort, fail), /broken/);
  assert.equal(effort.ms, 14);
});

test('where nobody wants to know, work is just done', async () => {
  assert.equal(
    timed(null, () => 1),
    1,
  );
  assert.equal(await timedThrough(null, () => 2), 2);
});
