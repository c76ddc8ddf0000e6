import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NumberMap } from '../../src/base/number-map.ts';
import { seededRandom } from '../../src/base/random.ts';

/** Keys as stream ids are, and as they might be. */
const KEYS: Readonly<Record<string, (random: ReturnType<typeof seededRandom>) => number>> = {
  'that follow each other': (random) => 1 + random.int(400_000),
  'a power of two apart': (random) => 2 ** 20 * (1 + random.int(20_000)),
  'far apart and negative': (random) =>
    (random.int(2) === 0 ? -1 : 1) * (1 + random.int(2 ** 31 - 1)) * 2 ** random.int(20),
};

for (const [what, next] of Object.entries(KEYS)) {
  test(`a number map says what a map says, with keys ${what}`, () => {
    const random = seededRandom(11);
    const map = new NumberMap();
    const model = new Map<number, number>();
    for (let step = 0; step < 600_000; step++) {
      const key = next(random);
      assert.equal(map.set(key, step), model.get(key) ?? -1);
      model.set(key, step);
      const other = next(random);
      assert.equal(map.get(other), model.get(other) ?? -1);
    }
    assert.equal(map.size, model.size);
    for (const [key, value] of model) assert.equal(map.get(key), value);
  });
}
