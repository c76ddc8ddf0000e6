/** When an idle process gives memory back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseWhenIdle } from '../../src/base/idle-memory.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';

test('memory is given back once after a start and after each time of work, when there is nothing to do', () => {
  const clock = new ManualClock();
  let [cpu, released] = [500, 0];
  const stop = releaseWhenIdle(
    clock,
    () => cpu,
    () => {
      cpu += 1000; // collecting is no work of its own
      released++;
    },
  );
  const pass = (seconds: number, cpuPerSecond: number): number => {
    for (let i = 0; i < seconds; i++) {
      cpu += cpuPerSecond;
      clock.advance(1000);
    }
    return released;
  };
  assert.equal(pass(2, 5), 0);
  assert.equal(pass(2, 5), 1, 'after the start');
  assert.equal(pass(60, 5), 1, 'once');
  assert.equal(pass(60, 400), 1, 'not while it works');
  assert.equal(pass(9, 5), 2, 'after work');
  stop();
  pass(9, 400);
  assert.equal(pass(9, 5), 2, 'not when it was ended');
});
