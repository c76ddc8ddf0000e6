/** A share of the seeds of the simulation; more are run by hand (`main.ts`). */
import assert from 'node:assert/strict';
import { testInOwnThread } from '../support/own-thread.ts';
import { simulate } from './run.ts';

/** As many threads as CI has cores. */
const SHARES = 2;
const SEEDS = 500;

for (let share = 0; share < SHARES; share++) {
  testInOwnThread(
    import.meta.url,
    `lives of a machine keep what they promised (${share + 1} of ${SHARES})`,
    async () => {
      let appends = 0;
      for (let seed = 1 + share; seed <= SEEDS; seed += SHARES) appends += (await simulate(seed)).appends;
      assert.ok(appends > SEEDS * 10);
    },
  );
}

testInOwnThread(import.meta.url, 'a power cut at any step of the disk loses nothing that was promised', async () => {
  const seed = 2;
  const { firstSteps } = await simulate(seed);
  assert.ok(firstSteps > 50, `${firstSteps} steps`);
  for (let powerCutAt = 1; powerCutAt <= firstSteps; powerCutAt++) await simulate(seed, { powerCutAt });
});
