import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { RowIndex } from '../../src/base/row-index.ts';
import { RowPages } from '../../src/base/row-pages.ts';

/** Keys as stream ids are, and as they might be. */
const KEYS: Readonly<Record<string, (random: ReturnType<typeof seededRandom>) => number>> = {
  'that follow each other': (random) => 1 + random.int(400_000),
  'a power of two apart': (random) => 2 ** 20 * (1 + random.int(20_000)),
  'far apart and negative': (random) =>
    (random.int(2) === 0 ? -1 : 1) * (1 + random.int(2 ** 31 - 1)) * 2 ** random.int(20),
};

for (const [what, next] of Object.entries(KEYS)) {
  test(`rows are found by their number as in a map, with numbers ${what}`, () => {
    const random = seededRandom(11);
    const column = new RowPages().column();
    const index = new RowIndex(column);
    const model = new Map<number, number>();
    const free: number[] = [];
    for (let step = 0; step < 600_000; step++) {
      const key = next(random);
      const known = model.get(key);
      if (known === undefined) {
        const row = free.pop() ?? model.size;
        column.set(row, key);
        index.add(row);
        model.set(key, row);
      } else if (random.int(4) === 0) {
        index.remove(known);
        column.set(known, 0);
        model.delete(key);
        free.push(known);
      }
      const other = next(random);
      assert.equal(index.find(other), model.get(other) ?? -1);
    }
    assert.equal(index.size, model.size);
    for (const [key, row] of model) assert.equal(index.find(key), row);
    for (const row of model.values()) index.remove(row);
    assert.equal(index.size, 0);
    for (const key of model.keys()) assert.equal(index.find(key), -1);
  });
}

test('rows in the order of their numbers are found, also where some were taken out and used again', () => {
  const column = new RowPages().column();
  const index = new RowIndex(column);
  const count = 50_000;
  const set = (row: number, key: number): void => {
    column.set(row, key);
    index.add(row);
  };
  for (let row = 0; row < count; row++) set(row, row + 1);
  for (let key = 1; key <= count; key++) assert.equal(index.find(key), key - 1);
  for (let row = 0; row < count; row += 7) {
    index.remove(row);
    column.set(row, 0);
    assert.equal(index.find(row + 1), -1);
  }
  assert.equal(index.find(0), -1, 'the number of none');
  for (let row = 0; row < count; row += 14) set(row, 2 ** 32 + row + 1);
  for (let row = 0; row < count; row++) {
    assert.equal(index.find(row + 1), row % 7 === 0 ? -1 : row);
    assert.equal(index.find(2 ** 32 + row + 1), row % 14 === 0 ? row : -1);
  }
});

test('a million rows take less than 17 bytes each', () => {
  const column = new RowPages().column();
  const index = new RowIndex(column);
  for (let row = 0; row < 1_000_000; row++) {
    column.set(row, row + 1);
    index.add(row);
  }
  assert.ok(index.memoryBytes < 17_000_000, `${index.memoryBytes}`);
});

test('rows for which room was made are found, and take no more', () => {
  for (const rows of [10_000, 700_000]) {
    const column = new RowPages().column();
    const [index, grown] = [new RowIndex(column), new RowIndex(column)];
    index.reserve(rows);
    const { memoryBytes } = index;
    for (let row = 0; row < rows; row++) {
      column.set(row, row + 1);
      index.add(row);
      grown.add(row);
    }
    for (let row = 0; row < rows; row += 101) assert.equal(index.find(row + 1), row);
    assert.equal(index.find(rows + 1), -1);
    assert.equal(index.memoryBytes, grown.memoryBytes);
    if (rows > 100_000) assert.equal(index.memoryBytes, memoryBytes);
  }
});
