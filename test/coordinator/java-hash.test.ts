/** What Kafka makes of a key's hash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOrder } from '../../src/coordinator/java-hash.ts';

test("groups come in the order of Kafka's tables", () => {
  const groups = ['grp-1', 'grp-2', 'grp-3', 'grp-4', 'grp-5'];
  const sorted = groups.toSorted((a, b) => tableOrder(a) - tableOrder(b));
  assert.deepEqual(sorted, ['grp-2', 'grp-4', 'grp-1', 'grp-3', 'grp-5']);
});
