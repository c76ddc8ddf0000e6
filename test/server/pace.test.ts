/** When the event loop rests so that requests gather, and when it stays awake: worlds of clients on a virtual clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { Pace } from '../../src/server/pace.ts';

const REST_MS = 0.4;
const POLL_MS = 0.2;
/** What a turn costs, and each request in it. */
const TURN_MS = 0.08;
const REQUEST_MS = 0.03;
const REQUEST_BYTES = 1200;
/** What a sleep costs whoever ends it. */
const WAKE_MS = 0.04;

/** An event loop whose turns serve all requests that are due. */
class Loop {
  readonly clock = new ManualClock();
  readonly pace: Pace;
  rests = 0;
  turns = 0;
  served = 0;
  polls = 0;
  busy = 0;
  #awakeUntilMs = 0;
  #drawn = 0;
  #ended: (() => void) | null = null;

  constructor(restMs = REST_MS, pollMs = POLL_MS) {
    this.pace = new Pace({
      clock: this.clock,
      restMs,
      pollMs,
      rest: (ms) => {
        this.rests += 1;
        this.clock.advance(ms);
      },
      poll: (ms) => {
        this.polls += 1;
        this.#awakeUntilMs = this.clock.monotonicMs() + ms;
      },
      onBusy: () => {
        this.busy += 1;
      },
      afterTurn: (callback) => {
        this.#ended = callback;
      },
    });
  }

  /** One turn with so many requests, or those with so many records each. */
  serve(count: number, records: readonly number[] = Array.from({ length: count }, () => 1)): void {
    this.turns += 1;
    this.served += count;
    for (let i = 0; i < count; i++) this.pace.requestStarted(ApiKey.Produce, REQUEST_BYTES * (records[i] ?? 1));
    this.clock.advance(TURN_MS + count * REQUEST_MS);
    const ended = this.#ended;
    this.#ended = null;
    ended?.();
  }

  /** As `openLoad`, each at a time of its own; `perMs` may change, and how many records each has. */
  randomLoad(perMs: (atMs: number) => number, forMs: number, recordsOf: (random: Random) => number = () => 1): void {
    const random = seededRandom(1);
    const startMs = this.clock.monotonicMs();
    let nextMs = 0;
    for (let nowMs = 0; nowMs < forMs; nowMs = this.clock.monotonicMs() - startMs) {
      let due = 0;
      for (; nextMs <= nowMs; due++) nextMs -= Math.log((random.int(1e9) + 1) / 1e9) / perMs(nextMs);
      if (due === 0) this.#idle(Math.max(nextMs - nowMs, 0.001));
      else
        this.serve(
          due,
          Array.from({ length: due }, () => recordsOf(random)),
        );
    }
  }

  /** Nothing is due for so long: the loop sleeps, if it may. */
  #idle(ms: number): void {
    this.clock.advance(ms);
    if (this.clock.monotonicMs() > this.#awakeUntilMs) this.clock.advance(WAKE_MS);
  }

  /** Between 0.7 and 1.3, or clients that met once would stay together. */
  #jitter(): number {
    this.#drawn = (this.#drawn + (Math.sqrt(5) - 1) / 2) % 1;
    return 0.7 + 0.6 * this.#drawn;
  }

  /** Requests by the clock, whatever becomes of those before. */
  openLoad(perMs: number, forMs: number): void {
    const startMs = this.clock.monotonicMs();
    let taken = 0;
    while (this.clock.monotonicMs() < startMs + forMs) {
      const due = Math.floor((this.clock.monotonicMs() - startMs) * perMs) - taken;
      if (due === 0) this.#idle(1 / perMs);
      else this.serve(due);
      taken += due;
    }
  }

  /**
   * Records by the clock from a client that sends each at once, but never has more than `inFlight` requests unanswered:
   * what is due meanwhile goes into one larger request with the next answer.
   */
  eagerLoad(perMs: number, inFlight: number, forMs: number): void {
    const startMs = this.clock.monotonicMs();
    let [taken, gathered] = [0, 0];
    while (this.clock.monotonicMs() < startMs + forMs) {
      const due = Math.floor((this.clock.monotonicMs() - startMs) * perMs) - taken;
      taken += due;
      const records = gathered > 0 ? [gathered] : [];
      const single = Math.min(due, inFlight - records.length);
      for (let i = 0; i < single; i++) records.push(1);
      gathered = due - single;
      if (records.length === 0) this.#idle(1 / perMs);
      else this.serve(records.length, records);
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
        this.#idle(Math.min(...sendsAt) - nowMs);
        continue;
      }
      const rests = this.rests;
      this.serve(due.length);
      const answeredMs = this.clock.monotonicMs() - (this.rests - rests) * REST_MS;
      for (const i of due) sendsAt[i] = answeredMs + thinkMs * this.#jitter();
    }
  }
}

test('many small requests by the clock are served several at a time', () => {
  const loop = new Loop();
  loop.openLoad(5, 1000);
  assert.equal(loop.pace.mode, 'resting');
  assert.equal(loop.busy, 1, 'told that they are many');
  const { turns, served } = loop;
  loop.openLoad(5, 1000);
  assert.ok(
    (loop.served - served) / (loop.turns - turns) > 2,
    `${loop.served - served} in ${loop.turns - turns} turns`,
  );
});

test('so are those that come at random, all the time', () => {
  for (const perMs of [3, 5, 8]) {
    const loop = new Loop(0.5);
    loop.randomLoad(() => perMs, 10_000);
    const { turns, rests } = loop;
    loop.randomLoad(() => perMs, 30_000);
    const share = (loop.rests - rests) / (loop.turns - turns);
    assert.ok(share > 0.95, `${perMs} per ms: ${share}`);
  }
});

test('so are those of a client that sends larger ones while it may send no more', () => {
  for (const inFlight of [2, 3, 5]) {
    const loop = new Loop(0.5);
    loop.eagerLoad(5, inFlight, 1000);
    const { turns, rests } = loop;
    loop.eagerLoad(5, inFlight, 30_000);
    const share = (loop.rests - rests) / (loop.turns - turns);
    assert.ok(share > 0.95, `${inFlight} in flight: ${share}`);
  }
});

test('requests of all sizes that come at random are gathered, too', () => {
  const loop = new Loop(0.5);
  loop.randomLoad(
    () => 5,
    5000,
    (random) => 1 + random.int(20),
  );
  const { turns, rests } = loop;
  loop.randomLoad(
    () => 5,
    30_000,
    (random) => 1 + random.int(20),
  );
  const share = (loop.rests - rests) / (loop.turns - turns);
  assert.ok(share > 0.9, String(share));
});

test('one window in which less comes does not end rests that have proved themselves', () => {
  const loop = new Loop();
  loop.openLoad(5, 1000);
  const { rests } = loop;
  loop.openLoad(2.5, 120);
  loop.openLoad(5, 300);
  assert.equal(loop.pace.mode, 'resting');
  assert.ok(loop.rests > rests + 300, String(loop.rests - rests));
});

test('few requests are served at once', () => {
  const loop = new Loop();
  loop.openLoad(1.5, 3000);
  assert.equal(loop.rests, 0);
  assert.equal(loop.busy, 0);
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
    const restless = new Loop(0, 0);
    restless.closedLoad(clients, 0.1, 60_000);
    assert.ok(loop.served > 0.995 * restless.served, `${clients} clients: ${loop.served} of ${restless.served}`);
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
  assert.equal(loop.pace.mode, 'resting');
  loop.openLoad(0.5, 1000);
  assert.equal(loop.pace.mode, 'plain');
  const { rests } = loop;
  loop.openLoad(0.5, 1000);
  assert.equal(loop.rests, rests);
  loop.openLoad(5, 10_000);
  assert.equal(loop.pace.mode, 'resting');
});

test('a load that slowly falls is still gathered', () => {
  const loop = new Loop();
  for (let perMs = 6; perMs > 4; perMs -= 0.1) loop.openLoad(perMs, 400);
  const { rests } = loop;
  loop.openLoad(4, 200);
  assert.ok(loop.rests > rests);
});

test('the loop stays awake for a client that waits for each answer, and sleeps once it is gone', () => {
  const loop = new Loop();
  loop.closedLoad(1, 0.08, 1000);
  assert.equal(loop.pace.mode, 'polling');
  const { served, polls } = loop;
  loop.closedLoad(1, 0.08, 1000);
  const alone = new Loop(REST_MS, 0);
  alone.closedLoad(1, 0.08, 1000);
  assert.ok(loop.served - served > 1.15 * alone.served, `${loop.served - served}, asleep ${alone.served}`);
  assert.equal(loop.polls - polls, loop.served - served);
  loop.openLoad(0.5, 1000);
  assert.equal(loop.pace.mode, 'plain');
});

test('requests by the clock find no loop awake, however many come', () => {
  for (const perMs of [1.5, 2.2, 3, 5, 24]) {
    const loop = new Loop();
    loop.openLoad(perMs, 60_000);
    assert.ok(loop.polls < loop.turns / 500, `${perMs} per ms: ${loop.polls} of ${loop.turns}`);
  }
});

test('staying awake that brought more by chance does not go on and on', () => {
  const loads = [() => 2.5, () => 4, (atMs: number) => 4 + 2 * Math.sin(atMs / 160)];
  for (const [i, perMs] of loads.entries()) {
    // Without rests nothing tells from the start that clients do not wait.
    const loop = new Loop(0);
    loop.randomLoad(perMs, 120_000);
    assert.ok(loop.polls < loop.turns / 3, `load ${i}: ${loop.polls} of ${loop.turns}`);
  }
});

test('a loop that stayed awake for waiting clients rests once requests come by the clock', () => {
  const loop = new Loop();
  loop.closedLoad(1, 0.08, 10_000);
  assert.equal(loop.pace.mode, 'polling');
  loop.openLoad(5, 40_000);
  assert.equal(loop.pace.mode, 'resting');
});

test('staying awake that brings no more requests is given up, and hardly ever tried again', () => {
  const loop = new Loop();
  // Each answer is followed by a request only when the loop sleeps again.
  loop.closedLoad(1, 0.3, 60_000);
  assert.notEqual(loop.pace.mode, 'polling');
  assert.ok(loop.polls < loop.turns / 20, `${loop.polls} of ${loop.turns}`);
});

test('with a rest of 0 the loop only stays awake, and with 0 for both nothing is counted', () => {
  const awake = new Loop(0);
  awake.closedLoad(1, 0.08, 1000);
  assert.equal(awake.pace.mode, 'polling');
  assert.equal(awake.rests, 0);
  const loop = new Loop(0, 0);
  loop.openLoad(5, 2000);
  loop.closedLoad(1, 0.08, 1000);
  assert.equal(loop.rests + loop.polls, 0);
});

test('fetches do not count, and a turn that brought something large is followed by no rest', () => {
  const fetching = new Loop();
  for (let i = 0; i < 10_000; i++) {
    fetching.pace.requestStarted(ApiKey.Fetch, 100);
    fetching.serve(0);
  }
  assert.equal(fetching.rests, 0);
  const loop = new Loop();
  loop.openLoad(5, 1000);
  assert.equal(loop.pace.mode, 'resting');
  const { rests } = loop;
  loop.pace.received(300_000);
  loop.serve(2);
  assert.equal(loop.rests, rests);
  loop.serve(2);
  assert.equal(loop.rests, rests + 1);
});

test('what is put off to the end of a turn runs before the rest, once, and what it puts off in the next turn', () => {
  const loop = new Loop();
  loop.openLoad(5, 500);
  assert.equal(loop.pace.mode, 'resting');
  const { rests } = loop;
  const seen: number[] = [];
  loop.pace.atTurnEnd(() => {
    seen.push(loop.rests - rests);
    loop.pace.atTurnEnd(() => seen.push(loop.rests - rests));
  });
  loop.serve(2);
  assert.deepEqual(seen, [0]);
  loop.serve(2);
  loop.serve(2);
  assert.deepEqual(seen, [0, 1]);
});

test('a turn that brings nothing but fetches is followed by no rest', () => {
  const loop = new Loop();
  loop.openLoad(5, 500);
  const { rests } = loop;
  let served = 0;
  loop.pace.atTurnEnd(() => (served += 1));
  loop.serve(0);
  assert.deepEqual([served, loop.rests - rests], [1, 0]);
  loop.serve(2);
  assert.equal(loop.rests - rests, 1);
});
