/** What Kafka makes of a key's hash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashMapOrder, tableOrder } from '../../src/coordinator/java-hash.ts';

test("groups come in the order of Kafka's tables", () => {
  const groups = ['grp-1', 'grp-2', 'grp-3', 'grp-4', 'grp-5'];
  const sorted = groups.toSorted((a, b) => tableOrder(a) - tableOrder(b));
  assert.deepEqual(sorted, ['grp-2', 'grp-4', 'grp-1', 'grp-3', 'grp-5']);
});

test('keys come in the order of a HashMap, whose table grows with them', () => {
  const order = (count: number): string => {
    const keys = Array.from({ length: count }, (_, i) => `s${i}`);
    return hashMapOrder(keys, (key) => key).join();
  };
  assert.equal(order(5), 's3,s4,s0,s1,s2');
  assert.equal(order(12), 's3,s4,s5,s11,s6,s10,s7,s8,s9,s0,s1,s2');
  assert.equal(order(13), 's3,s4,s5,s6,s7,s8,s9,s11,s10,s12,s0,s1,s2');
});
