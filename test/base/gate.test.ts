/** The gate that lets a few run at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from '../../src/base/gate.ts';

test('no more run at a time than there are places, in the order in which they came', async () => {
  const gate = new Gate(2);
  const started: number[] = [];
  const finish: Array<() => void> = [];
  const all = [0, 1, 2, 3, 4].map((i) =>
    gate.run(() => {
      started.push(i);
      return new Promise<number>((resolve) => (finish[i] = () => resolve(i)));
    }),
  );
  assert.deepEqual(started, [0, 1], 'at once');
  for (const [i, expected] of [
    [1, [0, 1, 2]],
    [0, [0, 1, 2, 3]],
    [3, [0, 1, 2, 3, 4]],
  ] as const) {
    finish[i]?.();
    assert.equal(await all[i], i);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(started, expected);
  }
  finish[2]?.();
  finish[4]?.();
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4]);
});

test('what fails gives its place to the next', async () => {
  const gate = new Gate(1);
  const failing = gate.run(() => Promise.reject(new Error('as the test wants')));
  const next = gate.run(() => Promise.resolve('ran'));
  await assert.rejects(failing, /as the test wants/);
  assert.equal(await next, 'ran');
  assert.equal(await gate.run(() => Promise.resolve('again')), 'again');
});
