/** The end of a turn of the event loop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterTurn, atTurnEnd } from '../../src/base/turns.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('who waits for the end of a turn is called in order, and those after it once all that set off has run', async () => {
  const seen: string[] = [];
  afterTurn(() => seen.push('after'));
  atTurnEnd(() => {
    seen.push('end 1');
    void Promise.resolve().then(() => seen.push('promise'));
    process.nextTick(() => seen.push('tick'));
  });
  atTurnEnd(() => seen.push('end 2'));
  await nextTurn();
  await nextTurn();
  assert.deepEqual(seen, ['end 1', 'end 2', 'tick', 'promise', 'after']);
});

test('a callback that asks again is called in the next turn', async () => {
  const seen: string[] = [];
  atTurnEnd(() => {
    seen.push('first');
    atTurnEnd(() => seen.push('second'));
  });
  await nextTurn();
  assert.deepEqual(seen, ['first']);
  await nextTurn();
  await nextTurn();
  assert.deepEqual(seen, ['first', 'second']);
});
