/** How stored delivery states come together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { combine, type StateBatch } from '../../../src/coordinator/share/state-batches.ts';
import { cpuClock } from '../../support/cpu-time.ts';

function batch(firstOffset: number, lastOffset: number, deliveryState = 0, deliveryCount = 1): StateBatch {
  return { firstOffset, lastOffset, deliveryState, deliveryCount };
}

test('a later state of some records lies over that of more', () => {
  assert.deepEqual(combine([batch(0, 9)], [batch(3, 5, 2)], 0), [batch(0, 2), batch(3, 5, 2), batch(6, 9)]);
  assert.deepEqual(combine([batch(3, 5)], [batch(0, 9, 0, 2)], 0), [batch(0, 9, 0, 2)]);
});

test('more deliveries count more, then the higher state', () => {
  assert.deepEqual(combine([batch(0, 9, 2)], [batch(0, 9, 0)], 0), [batch(0, 9, 2)]);
  assert.deepEqual(combine([batch(0, 9, 2, 1)], [batch(0, 4, 0, 2)], 0), [batch(0, 4, 0, 2), batch(5, 9, 2, 1)]);
});

test('ranges that stand alike become one, holes stay', () => {
  assert.deepEqual(combine([batch(0, 4), batch(8, 9)], [batch(5, 6)], 0), [batch(0, 6), batch(8, 9)]);
});

test('what lies before the start offset is dropped', () => {
  assert.deepEqual(combine([batch(0, 4), batch(5, 9)], [batch(2, 3, 2)], 7), [batch(7, 9)]);
  assert.deepEqual(combine([], [batch(2, 9, 2)], 7), [batch(7, 9, 2)]);
});

test('the state of each record is the newest that was said of it', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const model = new Map<number, StateBatch>();
    let batches: readonly StateBatch[] = [];
    for (let step = 0; step < 12; step++) {
      const first = random.int(20);
      const added = batch(first, first + random.int(8), random.int(5), 1 + random.int(3));
      batches = combine(batches, [added], 0);
      for (let offset = first; offset <= added.lastOffset; offset++) {
        const old = model.get(offset);
        const rank = ({ deliveryCount, deliveryState }: StateBatch): number => deliveryCount * 10 + deliveryState;
        if (old === undefined || rank(added) >= rank(old)) model.set(offset, added);
      }
      const found = new Map<number, string>();
      for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of batches) {
        for (let offset = firstOffset; offset <= lastOffset; offset++) {
          assert.ok(!found.has(offset), `offset ${offset} has two states: seed ${seed}`);
          found.set(offset, `${deliveryState}#${deliveryCount}`);
        }
      }
      const wanted = [...model].map(([offset, { deliveryState, deliveryCount }]) => {
        return [offset, `${deliveryState}#${deliveryCount}`] as const;
      });
      assert.deepEqual(found, new Map(wanted.sort(([a], [b]) => a - b)), `seed ${seed}`);
    }
  }
});

test('many ranges come together in one pass, in whatever order they are', () => {
  const count = 50_000;
  const accepted = Array.from({ length: count }, (_, i) => batch(2 * i, 2 * i, 2));
  const released = Array.from({ length: count }, (_, i) => batch(2 * i + 1, 2 * i + 1));
  const cpuMs = cpuClock();
  assert.equal(combine(accepted, released.toReversed(), 0).length, 2 * count);
  assert.ok(cpuMs() < 3000);
});

test('a range that ends before it begins says nothing', () => {
  assert.deepEqual(combine([batch(0, 20)], [batch(10, 5, 2)], 0), [batch(0, 20)]);
});
