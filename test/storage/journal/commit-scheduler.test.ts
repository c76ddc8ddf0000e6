/** When a turn's appends are written: at once for a lone caller, together for many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitScheduler } from '../../../src/storage/journal/commit-scheduler.ts';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Appends whose promises resolve when the commit that takes them is made. */
class Appends {
  commits = 0;
  readonly #scheduler = new CommitScheduler(() => {
    this.commits += 1;
    for (const resolve of this.#waiting.splice(0)) resolve();
  });
  readonly #waiting: Array<() => void> = [];

  append(): Promise<void> {
    const done = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#scheduler.schedule();
    return done;
  }
}

test('a caller who waits for each append has each written without waiting for the turn to end', async () => {
  const appends = new Appends();
  let turns = 0;
  setImmediate(() => (turns += 1));
  for (let i = 1; i <= 100; i++) {
    await appends.append();
    assert.equal(appends.commits, i);
  }
  assert.equal(turns, 0);
});

test('who appends without end lets the event loop go round now and then', async () => {
  await nextTurn(); // what was begun before has ended
  const appends = new Appends();
  /** Appends until the event loop has gone round. */
  const untilTurn = async (): Promise<number> => {
    const turn = { ended: false };
    setImmediate(() => (turn.ended = true));
    let count = 0;
    while (!turn.ended && count < 2000) {
      await appends.append();
      count += 1;
    }
    return count;
  };
  for (let i = 0; i < 3; i++) {
    const count = await untilTurn();
    assert.ok(count > 500 && count < 1100, `${count} appends`);
  }
});

test('several callers who go on together share their commits', async () => {
  const appends = new Appends();
  const caller = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await appends.append();
  };
  await Promise.all([caller(), caller(), caller()]);
  assert.ok(appends.commits <= 51, `${appends.commits} commits`);
});

test('what other events of the turn append waits for its end, and then the first does, too', async () => {
  const appends = new Appends();
  const events = async (): Promise<number> => {
    const { commits } = appends;
    // Immediates of one turn are events of their own, with the microtasks of each behind it.
    const done = Array.from({ length: 5 }, () => nextTurn().then(() => appends.append()));
    await Promise.all(done);
    await nextTurn();
    return appends.commits - commits;
  };
  assert.equal(await events(), 2, 'the first at once, the others together');
  assert.equal(await events(), 1, 'all together');
});
