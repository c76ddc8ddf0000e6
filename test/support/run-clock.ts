/** Lets the event loop, or a virtual clock with it, run until something asynchronous is done. */
import assert from 'node:assert/strict';
import type { ManualClock } from '../../src/base/manual-clock.ts';

/** Lets `count` turns of the event loop pass, while clocks stand still. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets turns pass, while clocks stand still, until `condition` holds: sockets need them. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    assert.ok(turn < 200_000, 'the condition never came true');
    await turns(1);
  }
}

/** What `promise` resolves to without any clock; fails when it does not. */
export async function soon<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  void Promise.allSettled([promise]).then(() => (isSettled = true));
  await until(() => isSettled);
  return promise;
}

/** Moves `clock` forward, turn by turn of the event loop, until `promise` is settled. */
export async function settle<T>(clock: ManualClock, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const outcome: { result?: PromiseSettledResult<T> } = {};
  void Promise.allSettled([promise]).then(([result]) => {
    outcome.result = result;
  });
  for (let turn = 0; outcome.result === undefined; turn++) {
    assert.ok(turn < 20_000, 'it settles');
    clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return outcome.result;
}

/** As `settle`; gives the value or throws. */
export async function runUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const result = await settle(clock, promise);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
