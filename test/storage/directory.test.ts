import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Directory } from '../../src/storage/directory.ts';

/** All that is said of the stream in a row. */
function saidOf(directory: Directory, row: number): Record<string, number> {
  const columns = Object.entries(directory).filter(([, value]) => typeof value?.get === 'function' && 'set' in value);
  return Object.fromEntries(
    columns.flatMap(([name, column]) => (column instanceof Map ? [] : [[name, column.get(row) as number]])),
  );
}

test('nothing is left of a deleted stream in the row that another one gets', () => {
  const directory = new Directory();
  const row = directory.add(7, 3);
  for (const column of Object.values(directory)) {
    if (column instanceof Map || typeof column?.set !== 'function' || column === directory.stream) continue;
    column.set(row, 5);
  }
  directory.remove(7);
  // Whoever still knew the row.
  directory.newestAbortEnd.set(row, 9);
  assert.equal(directory.add(8, 0), row);
  const fresh = new Directory();
  assert.deepEqual(saidOf(directory, row), saidOf(fresh, fresh.add(8, 0)));
  assert.equal(directory.leaderEpoch.get(row), -1);
});
