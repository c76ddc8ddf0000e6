/** Work in steps, on a thread of its own or between those of others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSteps, type Steps } from '../../src/base/steps.ts';

function* counting(steps: number, done: number[]): Steps<string> {
  for (let step = 0; step < steps; step++) {
    if (step > 0) yield;
    done.push(step);
  }
  return 'counted';
}

test('without a pause all steps are taken at once', () => {
  const done: number[] = [];
  assert.equal(inSteps(counting(3, done), null), 'counted');
  assert.deepEqual(done, [0, 1, 2]);
});

test('with a pause others come between the steps, and what has one step is there at once', async () => {
  const done: number[] = [];
  const pause = (): Promise<void> => Promise.resolve(void done.push(-1));
  assert.equal(inSteps(counting(1, done), pause), 'counted');
  const counted = inSteps(counting(3, done), pause);
  assert.equal(await counted, 'counted');
  assert.deepEqual(done, [0, 0, -1, 1, -1, 2]);
});

test('what a later step throws is a rejection, and nothing is done after it', async () => {
  function* failing(): Steps<void> {
    yield;
    throw new Error('broken');
  }
  assert.throws(() => inSteps(failing(), null), /broken/);
  await assert.rejects(Promise.resolve(inSteps(failing(), () => Promise.resolve())), /broken/);
});
