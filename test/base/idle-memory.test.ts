/** When an idle process gives memory back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseWhenIdle } from '../../src/base/idle-memory.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';

function broker() {
  const clock = new ManualClock();
  let [cpu, released] = [500, 0];
  const release = (): void => {
    cpu += 1000; // collecting is no work of its own
    released++;
  };
  const stop = releaseWhenIdle(clock, () => cpu, release);
  /** Gives how often memory was given back until then. */
  const pass = (seconds: number, cpuPerSecond: number): number => {
    for (let i = 0; i < seconds; i++) {
      cpu += cpuPerSecond;
      clock.advance(1000);
    }
    return released;
  };
  return { pass, stop };
}

test('memory is given back once after a start and after each time of work, when there is nothing to do', () => {
  const { pass, stop } = broker();
  assert.equal(pass(2, 5), 0);
  assert.equal(pass(2, 5), 1, 'after the start');
  assert.equal(pass(1000, 5), 1, 'once');
  assert.equal(pass(1000, 400), 1, 'not while it works');
  assert.equal(pass(400, 5), 2, 'after work');
  stop();
  pass(9, 400);
  assert.equal(pass(1000, 5), 2, 'not when it was ended');
});

test('work that comes again and again within minutes finds its compiled code, as memory is not given back between', () => {
  const { pass } = broker();
  for (let round = 0; round < 10; round++) {
    pass(10, 400);
    assert.equal(pass(240, 5), 0, `round ${round}`);
  }
  assert.equal(pass(100, 5), 1, 'once the work has ended');
});
