import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { RowPages } from '../../src/base/row-pages.ts';

test('columns say what was set in their rows, and 0 elsewhere', () => {
  const random = seededRandom(5);
  const rows = new RowPages();
  const columns = Array.from({ length: 8 }, () => rows.column());
  const models = columns.map(() => new Map<number, number>());
  for (let step = 0; step < 200_000; step++) {
    const column = random.int(8);
    const row = random.int(random.int(2) === 0 ? 300 : 50_000);
    const value = random.int(3) === 0 ? 0 : random.int(2 ** 31 - 1) * 2 ** random.int(20);
    columns[column]?.set(row, value);
    models[column]?.set(row, value);
    const other = random.int(60_000);
    assert.equal(columns[column]?.get(other), models[column]?.get(other) ?? 0);
  }
  for (const [column, model] of models.entries()) {
    for (const [row, value] of model) assert.equal(columns[column]?.get(row), value);
  }
  assert.equal(columns[0]?.get(-1), 0);
});

test('few rows take little memory, and zeros none', () => {
  const rows = new RowPages();
  const column = rows.column();
  column.set(1_000_000, 0);
  assert.equal(rows.memoryBytes, 0);
  column.set(3, 1);
  assert.ok(rows.memoryBytes <= 4096, `${rows.memoryBytes}`);
});

test('rows have eight columns at most', () => {
  const rows = new RowPages();
  for (let i = 0; i < 8; i++) rows.column();
  assert.throws(() => rows.column(), RangeError);
});
