/** When the event loop rests so that requests gather: worlds of clients on a virtual clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { Gather } from '../../src/server/gather.ts';

const REST_MS = 0.4;
/** What a turn costs, and each request in it. */
const TURN_MS = 0.08;
const REQUEST_MS = 0.03;

/** An event loop whose turns serve all requests that are due. */
class Loop {
  readonly clock = new ManualClock();
  readonly gather: Gather;
  rests = 0;
  turns = 0;
  served = 0;
  #ended: (() => void) | null = null;

  constructor(restMs = REST_MS) {
    this.gather = new Gather({
      clock: this.clock,
      restMs,
      rest: (ms) => {
        this.rests += 1;
        this.clock.advance(ms);
      },
      afterTurn: (callback) => {
        this.#ended = callback;
      },
    });
  }

  serve(count: number): void {
    this.turns += 1;
    this.served += count;
    for (let i = 0; i < count; i++) this.gather.requestStarted(ApiKey.Produce);
    this.clock.advance(TURN_MS + count * REQUEST_MS);
    this.#ended?.();
    this.#ended = null;
  }

  /** Requests by the clock, whatever becomes of those before. */
  openLoad(perMs: number, forMs: number): void {
    const startMs = this.clock.monotonicMs();
    let taken = 0;
    while (this.clock.monotonicMs() < startMs + forMs) {
      const due = Math.floor((this.clock.monotonicMs() - startMs) * perMs) - taken;
      if (due === 0) this.clock.advance(1 / perMs);
      else this.serve(due);
      taken += due;
    }
  }

  /** So many clients of which each sends its next request when it has had its answer for a while. */
  closedLoad(clients: number, thinkMs: number, forMs: number): void {
    const untilMs = this.clock.monotonicMs() + forMs;
    const sendsAt = Array.from({ length: clients }, (_, i) => this.clock.monotonicMs() + i * 0.05);
    while (this.clock.monotonicMs() < untilMs) {
      const nowMs = this.clock.monotonicMs();
      const due = sendsAt.flatMap((atMs, i) => (atMs <= nowMs ? [i] : []));
      if (due.length === 0) {
        this.clock.advance(Math.min(...sendsAt) - nowMs);
        continue;
      }
      const rests = this.rests;
      this.serve(due.length);
      const answeredMs = this.clock.monotonicMs() - (this.rests - rests) * REST_MS;
      for (const i of due) sendsAt[i] = answeredMs + thinkMs;
    }
  }
}

test('many small requests by the clock are served several at a time', () => {
  const loop = new Loop();
  loop.openLoad(5, 1000);
  assert.ok(loop.gather.isResting);
  const { turns, served } = loop;
  loop.openLoad(5, 1000);
  assert.ok(
    (loop.served - served) / (loop.turns - turns) > 2,
    `${loop.served - served} in ${loop.turns - turns} turns`,
  );
});

test('few requests are served at once', () => {
  const loop = new Loop();
  loop.openLoad(1.5, 3000);
  assert.equal(loop.rests, 0);
});

test('a client that waits for each answer is hardly ever slowed down', () => {
  const loop = new Loop();
  loop.closedLoad(1, 0.08, 60_000);
  assert.ok(loop.served > 250_000, String(loop.served));
  assert.ok(loop.rests < 120, String(loop.rests));
});

test('clients that wait for their answers together hardly notice a trial', () => {
  for (const clients of [2, 4, 8]) {
    const loop = new Loop();
    loop.closedLoad(clients, 0.1, 60_000);
    assert.ok(loop.rests > 0);
    assert.ok(loop.rests * REST_MS < 60_000 / 500, `${clients} clients: ${loop.rests}`);
  }
});

test('turns that serve many without it are left alone', () => {
  const loop = new Loop();
  loop.openLoad(24, 10_000);
  assert.ok(loop.rests < 200, String(loop.rests));
});

test('rests end when the load does, and come back with it', () => {
  const loop = new Loop();
  loop.openLoad(5, 1000);
  assert.ok(loop.gather.isResting);
  loop.openLoad(0.5, 1000);
  assert.ok(!loop.gather.isResting);
  const { rests } = loop;
  loop.openLoad(0.5, 1000);
  assert.equal(loop.rests, rests);
  loop.openLoad(5, 10_000);
  assert.ok(loop.gather.isResting);
});

test('a load that slowly falls is still gathered', () => {
  const loop = new Loop();
  for (let perMs = 6; perMs > 4; perMs -= 0.1) loop.openLoad(perMs, 400);
  const { rests } = loop;
  loop.openLoad(4, 200);
  assert.ok(loop.rests > rests);
});

test('with a rest of 0 nothing is counted', () => {
  const loop = new Loop(0);
  loop.openLoad(5, 2000);
  assert.equal(loop.rests, 0);
});

test('fetches do not count, and a turn that brought something large is followed by no rest', () => {
  const fetching = new Loop();
  for (let i = 0; i < 10_000; i++) {
    fetching.gather.requestStarted(ApiKey.Fetch);
    fetching.serve(0);
  }
  assert.equal(fetching.rests, 0);
  const loop = new Loop();
  loop.openLoad(5, 1000);
  assert.ok(loop.gather.isResting);
  const { rests } = loop;
  loop.gather.received(300_000);
  loop.serve(2);
  assert.equal(loop.rests, rests);
  loop.serve(2);
  assert.equal(loop.rests, rests + 1);
});
