import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from '../../src/base/deadlines.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';

test('each wait ends at its own deadline, a shorter one that came later too', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  deadlines.add(() => expired.push('long'), 5000);
  deadlines.add(() => expired.push('never'), Infinity);
  deadlines.add(() => expired.push('short'), 1000);
  clock.advance(999);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, ['short']);
  clock.advance(4000);
  assert.deepEqual(expired, ['short', 'long']);
  clock.advance(1_000_000);
  assert.deepEqual(expired, ['short', 'long']);
});

test('a wait that ended does not expire, and a later one still does', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const end = deadlines.add(() => expired.push('ended'), 1000);
  end();
  clock.advance(500);
  deadlines.add(() => expired.push('later'), 1000);
  clock.advance(999);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, ['later']);
});

test('nothing expires once closed', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  deadlines.add(() => assert.fail('expired'), 1000);
  deadlines.close();
  clock.advance(10_000);
});
