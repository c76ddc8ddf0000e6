/** Scripts that a developer starts say what they take, and what they do not know, without a stack trace. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const SCRIPTS: Readonly<Record<string, string>> = {
  'bench/wal/run.ts': '--only',
  'bench/tuning/run.ts': '--only',
  'bench/million/run.ts': '--topics',
  'bench/soak/soak.ts': '--minutes',
  'bench/soak/disk.ts': '--gigabytes',
  'bench/compare.ts': '--rounds',
  'test/robustness/kill-loop/run.ts': '--kills',
  'test/robustness/damage/run.ts': '--damages',
  'test/jepsen/run.ts': '--workload',
  'test/simulation/main.ts': '--runs',
};

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, script), ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

for (const [script, option] of Object.entries(SCRIPTS)) {
  test(`${script} tells its options, and refuses others`, async () => {
    const [help, unknown] = await Promise.all([run(script, '--help'), run(script, '--nonsense')]);
    assert.equal(help.code, 0, help.stderr);
    assert.ok(help.stdout.includes(option), help.stdout);
    assert.doesNotMatch(help.stdout, /^ ?\*/mu);
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.stderr, /--nonsense|bench:compare -- REV/u);
    assert.doesNotMatch(unknown.stderr, /^\s+at /mu);
  });
}

for (const script of ['bench/wal/run.ts', 'bench/tuning/run.ts']) {
  test(`${script} names what --only takes`, async () => {
    const { code, stderr } = await run(script, '--only', 'nonsense');
    assert.equal(code, 1);
    assert.match(stderr, /^--only takes .+, not nonsense$/mu);
    assert.doesNotMatch(stderr, /^\s+at /mu);
  });
}
