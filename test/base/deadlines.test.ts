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

test('a wait that is ended by the end of another does not expire', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const ends: Array<() => void> = [];
  ends.push(deadlines.add(() => ends[1]?.(), 1000));
  ends.push(deadlines.add(() => expired.push('ended by another'), 1000));
  deadlines.add(() => expired.push('last'), 1000);
  clock.advance(1000);
  for (const end of ends) end(); // twice does nothing
  assert.deepEqual(expired, ['last']);
});

test('a wait that begins while others expire gets its whole time', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  deadlines.add(() => deadlines.add(() => expired.push('second'), 1000), 1000);
  clock.advance(1999);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, ['second']);
});
