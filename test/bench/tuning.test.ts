/** Sweeps of the performance guide run on folders of their own. Those that wait for the disk are left to those who measure. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AMOUNTS, subjectIn } from '../../bench/tuning/sweep.ts';
import { SWEEPS } from '../../bench/tuning/sweeps.ts';

const QUICK = ['batch-size', 'streams', 'cache'];

for (const sweep of SWEEPS.filter(({ name }) => QUICK.includes(name))) {
  test(`the sweep ${sweep.name} gives a figure for each value`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'walka-tuning-'));
    try {
      const { subject, figures } = subjectIn(() => mkdtempSync(join(directory, 'log-')), AMOUNTS.tiny);
      await sweep.run(subject);
      assert.ok(figures.length > 3);
      assert.deepEqual(
        figures.filter(({ value }) => !Number.isFinite(value)),
        [],
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
