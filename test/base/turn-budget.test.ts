/** Work of many in short turns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turn } from '../../src/base/real-time.ts';
import { TurnBudget } from '../../src/base/turn-budget.ts';

test('what a turn has no room for waits for a later one, in order', async () => {
  const budget = new TurnBudget(3);
  const done: string[] = [];
  const take = (name: string) => () => {
    budget.spend(1);
    done.push(name);
  };
  assert.equal(budget.hasRoom, true);
  budget.spend(3);
  assert.equal(budget.hasRoom, false);
  const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => budget.run(take(name))));
  await turn();
  assert.deepEqual(done, [], 'this turn has nothing left');
  await turn();
  assert.deepEqual(done, ['a', 'b', 'c']);
  assert.equal(budget.hasRoom, false, 'one waits');
  await turn();
  assert.deepEqual(done, ['a', 'b', 'c', 'd']);
  assert.equal(budget.hasRoom, true);
  await all;
});

test('the next turn has room again for who comes alone, however much he took before', async () => {
  const budget = new TurnBudget(3);
  for (let batch = 0; batch < 5; batch++) {
    budget.spend(2);
    assert.equal(budget.hasRoom, true);
    budget.spend(2);
    assert.equal(budget.hasRoom, false, 'in one turn it is used up');
    await turn();
    assert.equal(budget.hasRoom, true);
  }
});

test('a turn does no more than its budget, whoever asks when', async () => {
  const budget = new TurnBudget(10);
  let inThisTurn = 0;
  let most = 0;
  const piece = (): void => {
    budget.spend(2);
    inThisTurn += 2;
    most = Math.max(most, inThisTurn);
  };
  const done: Array<Promise<void>> = [];
  for (let turns = 0; turns < 10; turns++) {
    // More comes than a turn has room for, before its end and behind it.
    for (let i = 0; i < 4; i++) {
      if (budget.hasRoom) piece();
      else done.push(budget.run(piece));
    }
    for (let i = 0; i < 3; i++) done.push(budget.run(piece));
    await turn();
    inThisTurn = 0;
  }
  while (!budget.hasRoom) {
    await turn();
    inThisTurn = 0;
  }
  await Promise.all(done);
  assert.equal(most, 10);
});

test('who has much to do takes turns with the others', async () => {
  const budget = new TurnBudget(10);
  budget.spend(10);
  const done: string[] = [];
  const work = async (name: string, pieces: number): Promise<void> => {
    for (let left = pieces; left > 0; left--) {
      const piece = (): void => {
        budget.spend(10);
        done.push(name);
      };
      if (budget.hasRoom) piece();
      else await budget.run(piece);
    }
  };
  await Promise.all([work('much', 6), work('more', 4), work('little', 1)]);
  assert.deepEqual(done.slice(0, 3), ['much', 'more', 'little']);
  assert.deepEqual(done.slice(3), ['much', 'more', 'much', 'more', 'much', 'more', 'much', 'much']);
});

test('work that fails rejects, and the next has its turn', async () => {
  const budget = new TurnBudget(1);
  const failing = budget.run(() => {
    throw new Error('broken');
  });
  const next = budget.run(() => Promise.resolve('done'));
  await assert.rejects(failing, /broken/);
  assert.equal(await next, 'done');
});
