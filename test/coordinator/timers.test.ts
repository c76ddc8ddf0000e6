/** Timers by key, and what is pushed back without being looked up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TimerOperation, KeyedTimers } from '../../src/coordinator/timers.ts';
import { answer } from '../../src/coordinator/types.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';

const nothing: TimerOperation<never> = () => answer(undefined);

/** Timers, and the keys that have run. */
function timersOn(clock: ManualClock): { readonly timers: KeyedTimers<never>; readonly ran: string[] } {
  const ran: string[] = [];
  return { timers: new KeyedTimers<never>(clock, (_operation, key) => void ran.push(key)), ran };
}

test('a key that is pushed back runs that much later, and can be pushed back for as long as it is set', () => {
  const clock = new ManualClock();
  const { timers, ran } = timersOn(clock);
  const setKey = timers.set('session', 100, nothing);
  for (let beat = 0; beat < 5; beat++) {
    clock.advance(90);
    assert.equal(setKey.pushBack(100), true);
  }
  clock.advance(99);
  assert.deepEqual(ran, []);
  clock.advance(1);
  assert.deepEqual(ran, ['session']);
  assert.equal(setKey.pushBack(100), false);
  clock.advance(1000);
  assert.deepEqual(ran, ['session']);
});

test('what was cancelled or set anew is not pushed back by who set it before', () => {
  const clock = new ManualClock();
  const { timers, ran } = timersOn(clock);
  const first = timers.set('session', 100, nothing);
  const second = timers.set('session', 200, nothing);
  assert.equal(first.pushBack(1000), false);
  assert.equal(second.pushBack(300), true);
  timers.cancel('session');
  assert.equal(second.pushBack(300), false);
  const third = timers.set('session', 50, nothing);
  timers.cancelAll();
  assert.equal(third.pushBack(300), false);
  clock.advance(1000);
  assert.deepEqual(ran, []);
});

test('a key is not pushed to an earlier time: it has to be set', () => {
  const clock = new ManualClock();
  const { timers, ran } = timersOn(clock);
  assert.equal(timers.set('session', 100, nothing).pushBack(50), false);
  timers.set('session', 50, nothing);
  clock.advance(50);
  assert.deepEqual(ran, ['session']);
});

test('one timer of the clock stands for all keys, which run in the order of their deadlines', () => {
  const clock = new ManualClock();
  const { timers, ran } = timersOn(clock);
  timers.set('third', 300, nothing);
  timers.set('first', 100, nothing);
  timers.set('second', 200, nothing);
  assert.equal(clock.pendingTimers, 1);
  clock.advance(200);
  assert.deepEqual(ran, ['first', 'second']);
  assert.equal(clock.pendingTimers, 1);
  timers.cancelAll();
  assert.equal(clock.pendingTimers, 0);
});

test('what runs first may set, cancel and push back what is due with it', () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  const timers = new KeyedTimers<never>(clock, (operation, key) => {
    ran.push(key);
    operation();
  });
  timers.set('first', 100, () => {
    timers.cancel('cancelled');
    timers.set('anew', 50, nothing);
    pushed.pushBack(70);
    return answer(undefined);
  });
  timers.set('cancelled', 100, nothing);
  timers.set('anew', 100, nothing);
  const pushed = timers.set('pushed', 100, nothing);
  clock.advance(149);
  assert.deepEqual(ran, ['first']);
  clock.advance(1);
  assert.deepEqual(ran, ['first', 'anew']);
  clock.advance(20);
  assert.deepEqual(ran, ['first', 'anew', 'pushed']);
});
