/** When a client that sends a large frame is left unread for a while: where that saves turns and loses no bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadRests } from '../../src/server/tls/read-rests.ts';

const KIB = 1024;
const RECORD_BYTES = 16 * KIB;
/** Longer than a decision takes. */
const A_WHILE_MS = 100;

class World {
  nowMs = 0;
  readonly rests = new ReadRests(() => this.nowMs);
  /** Turns that ended in a rest, and all. */
  rested = 0;
  turns = 0;

  /** One turn after the other, of which each brings what `perMs` bytes a millisecond come to. */
  run(forMs: number, { perMs, whileResting = perMs, turnMs = RECORD_BYTES / perMs }: Flow): void {
    this.rested = 0;
    this.turns = 0;
    let isResting = false;
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; ) {
      const stepMs = isResting ? 1 : turnMs;
      this.nowMs += stepMs;
      isResting = this.rests.turnEnded(stepMs * (isResting ? whileResting : perMs));
      this.turns += 1;
      if (isResting) this.rested += 1;
    }
  }
}

interface Flow {
  readonly perMs: number;
  readonly whileResting?: number;
  readonly turnMs?: number;
}

test('a client whose records come one by one, fast, is read once in a millisecond', () => {
  const world = new World();
  const flow = { perMs: 200 * KIB, whileResting: 190 * KIB };
  world.run(A_WHILE_MS, flow);
  world.run(A_WHILE_MS, flow);
  assert.ok(world.turns <= 2 * A_WHILE_MS, `${world.turns} turns`);
  assert.ok(world.rested > 0);
});

test('one of whom less comes then is read at once, and tried again less and less often', () => {
  const world = new World();
  const flow = { perMs: 200 * KIB, whileResting: 150 * KIB };
  world.run(A_WHILE_MS, flow);
  const restedFirst = world.rested;
  assert.ok(restedFirst > 0);
  world.run(100 * A_WHILE_MS, flow);
  assert.ok(world.rested > 0);
  assert.ok(world.rested < 20 * restedFirst, `${world.rested} of ${world.turns} turns`);
});

test('one that is slow is always read', () => {
  const world = new World();
  world.run(10 * A_WHILE_MS, { perMs: 30 * KIB });
  assert.equal(world.rested, 0);
});

test('one that brings much at a time is always read', () => {
  const world = new World();
  world.run(10 * A_WHILE_MS, { perMs: 500 * KIB, turnMs: 1 });
  assert.equal(world.rested, 0);
});

test('a pause says nothing for or against', () => {
  const world = new World();
  const flow = { perMs: 200 * KIB };
  world.run(A_WHILE_MS, flow);
  assert.ok(world.rested > 0);
  world.nowMs += 10 * A_WHILE_MS;
  world.run(A_WHILE_MS, flow);
  assert.ok(world.rested > 0, 'it is tried again soon');
});
