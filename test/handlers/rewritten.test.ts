/** How much of records in another form is held for requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Holding, Rewritten } from '../../src/handlers/rewritten.ts';

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Asks to write so many bytes; says whether that has been done. */
function write(holding: Holding, byteLength: number): { isDone: boolean } {
  const state = { isDone: false };
  void holding.writeAnew(() => Promise.resolve(byteLength)).then(() => (state.isDone = true));
  return state;
}

test('beyond the bound only the first goes on, once nothing waits for its commit', async () => {
  const rewritten = new Rewritten(100, 2);
  const [committing, first, second] = [rewritten.begin(), rewritten.begin(), rewritten.begin()];
  write(committing, 60);
  write(first, 20);
  write(second, 20);
  await settle();
  committing.prepared();
  assert.equal(rewritten.bytes, 100);
  const writes = [write(second, 1), write(first, 500), write(first, 5)];
  await settle();
  assert.deepEqual(
    writes.map(({ isDone }) => isDone),
    [false, false, false],
  );
  committing.release();
  await settle();
  assert.deepEqual(
    writes.map(({ isDone }) => isDone),
    [true, true, true],
    'there is room for a moment',
  );
  assert.equal(rewritten.bytes, 546);
  const later = [write(second, 1), write(first, 5)];
  await settle();
  assert.deepEqual(
    later.map(({ isDone }) => isDone),
    [false, true],
    'the first is held up by nobody',
  );
  first.prepared();
  await settle();
  assert.equal(later[0]?.isDone, false, 'what the first has made waits for its commit');
  first.release();
  await settle();
  assert.equal(later[0]?.isDone, true);
  second.release();
  assert.equal(rewritten.bytes, 0);
});

test('so many are written at a time, in order, and one that fails makes room for the next', async () => {
  const rewritten = new Rewritten(100, 2);
  const [one, other] = [rewritten.begin(), rewritten.begin()];
  const begun: string[] = [];
  const ends: Array<(error: Error | null) => void> = [];
  const ask = (name: string, holding: Holding): Promise<void> =>
    holding.writeAnew(() => {
      begun.push(name);
      return new Promise((resolve, reject) => ends.push((error) => (error === null ? resolve(1) : reject(error))));
    });
  const all = [ask('a', one), ask('b', other), ask('c', one), ask('d', other)];
  await settle();
  assert.deepEqual(begun, ['a', 'b']);
  ends[1]?.(new Error('b is damaged'));
  await assert.rejects(all[1] as Promise<void>, /damaged/);
  await settle();
  assert.deepEqual(begun, ['a', 'b', 'c']);
  for (const index of [0, 2, 3]) {
    ends[index]?.(null);
    await all[[0, 1, 2, 3][index] as number];
    await settle();
  }
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
  assert.equal(rewritten.bytes, 3);
  one.release();
  other.release();
  assert.equal(rewritten.bytes, 0);
});

test('what is let go of unprepared makes room for others, and nothing counts afterwards', async () => {
  const rewritten = new Rewritten(100, 2);
  const [failed, next] = [rewritten.begin(), rewritten.begin()];
  write(failed, 100);
  await settle();
  const waits = write(next, 1);
  await settle();
  assert.equal(waits.isDone, false);
  failed.release();
  await settle();
  assert.equal(waits.isDone, true);
  write(failed, 100);
  await settle();
  assert.equal(rewritten.bytes, 1);
  next.release();
});
