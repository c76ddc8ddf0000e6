import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClosingStack } from '../../src/base/closing-stack.ts';

test('what was opened last is closed first, and each waits for the one before', async () => {
  const closed: string[] = [];
  const stack = new ClosingStack();
  stack.adopt('first', (name) => closed.push(name));
  stack.adopt('second', async (name) => {
    await Promise.resolve();
    closed.push(name);
  });
  await stack.close();
  await stack.close();
  assert.deepEqual(closed, ['second', 'first']);
});

test('what was moved is closed by the new stack only', async () => {
  const closed: string[] = [];
  let moved: ClosingStack;
  {
    await using stack = new ClosingStack();
    stack.adopt('it', (name) => closed.push(name));
    moved = stack.move();
  }
  assert.deepEqual(closed, []);
  await moved.close();
  assert.deepEqual(closed, ['it']);
});

test('where one cannot be closed the others are, and the first error is told', async () => {
  const closed: string[] = [];
  const stack = new ClosingStack();
  stack.adopt('first', (name) => closed.push(name));
  for (const name of ['second', 'third']) stack.adopt(name, () => Promise.reject(new Error(name)));
  await assert.rejects(stack.close(), /third/);
  assert.deepEqual(closed, ['first']);
});
