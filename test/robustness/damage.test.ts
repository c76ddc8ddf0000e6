/** Damaged data directories; `npm run test:damage` goes through thousands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damageLoop } from './damage/damage-loop.ts';

for (const seed of [1, 20]) {
  test(`a damaged journal is served byte for byte or refused by name, and nothing is deleted (seed ${seed})`, async () => {
    const { problems, results } = await damageLoop(seed, 2, 60);
    assert.deepEqual(problems, []);
    for (const result of ['served', 'refused start', 'refused reads']) assert.ok((results[result] ?? 0) > 0, result);
  });
}
