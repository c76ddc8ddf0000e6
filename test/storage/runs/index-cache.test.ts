/** Which indexes stay in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexCache } from '../../../src/storage/runs/index-cache.ts';

class Index {
  isUsed = false;
  isDropped = false;
  readonly byteLength: number;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }

  drop(): void {
    this.isDropped = true;
  }
}

/** A cache with these indexes, none of them used since it was taken in. */
function holding(budgetBytes: number, ...indexes: Index[]): IndexCache {
  const cache = new IndexCache(budgetBytes);
  for (const index of indexes) cache.keep(index);
  for (const index of indexes) index.isUsed = false;
  return cache;
}

test('what was not used goes first, the oldest of it before others', () => {
  const indexes = [new Index(100), new Index(100), new Index(100), new Index(100)] as const;
  const cache = holding(400, ...indexes);
  indexes[0].isUsed = true;
  const late = new Index(200);
  cache.keep(late);
  assert.deepEqual(
    [...indexes, late].map(({ isDropped }) => isDropped),
    [false, true, true, false, false],
  );
  assert.equal(cache.byteLength, 400);
  cache.keep(new Index(100));
  assert.equal(indexes[3].isDropped, true, 'the used one was passed over once');
});

test('where all are used, the oldest go', () => {
  const indexes = [new Index(100), new Index(100)] as const;
  const cache = holding(200, ...indexes);
  for (const index of indexes) index.isUsed = true;
  cache.keep(new Index(100));
  assert.deepEqual(
    indexes.map(({ isDropped }) => isDropped),
    [true, false],
  );
});

test('the one just taken in stays, however large it is', () => {
  const small = new Index(10);
  const cache = holding(50, small);
  const large = new Index(1000);
  cache.keep(large);
  assert.deepEqual([small.isDropped, large.isDropped, cache.byteLength], [true, false, 1000]);
  cache.forget(large);
  cache.forget(large);
  assert.equal(cache.byteLength, 0);
});

test('with very many streams there is room for a run of each in some files', () => {
  let streams = 100_000;
  const cache = new IndexCache(100, () => streams);
  const indexes = [new Index(100), new Index(100), new Index(100)];
  for (const index of indexes.slice(0, 2)) cache.keep(index);
  assert.equal(indexes[0]?.isDropped, true);
  streams += 1;
  cache.keep(indexes[2] as Index);
  assert.deepEqual([indexes[1]?.isDropped, cache.byteLength], [false, 200]);
});
