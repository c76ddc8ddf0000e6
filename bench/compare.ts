/**
 * `npm run bench:compare -- REV [--rounds N] [--quick] [--only WORKLOAD …] [--override K=V …] [--out DIR]`: builds another revision beside this checkout, puts both
 * through the same rounds, and says for each figure whether the difference is larger than what the rounds differ by
 * themselves. Without --only: the workloads that show most of what a change does.
 *
 * A revision is checked out in a folder of its own, which is removed at the end, and uses this checkout's node_modules
 * unless its lock file differs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bench } from './command.ts';
import { headOf } from './script-options.ts';
import { walkaProgram } from './targets/index.ts';

const here = join(import.meta.dirname, '..');
const DEFAULTS = ['throughput', 'latency', 'round-trip', 'producers', 'memory', 'start'];

/** @throws Error with what it said */
function run(folder: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

const lockFile = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');

function build(folder: string): string {
  run(folder, 'npm', 'run', 'build');
  return walkaProgram(folder);
}

async function compare([revision, ...rest]: readonly string[]): Promise<number> {
  if (revision === '--help' || revision === '-h') {
    process.stdout.write(`${headOf(import.meta.filename)}\n`);
    return 0;
  }
  const { values: options } = parseArgs({
    args: rest,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true, default: [] },
      override: { type: 'string', multiple: true, default: [] },
      directory: { type: 'string', default: tmpdir() },
      out: { type: 'string', default: 'walka-bench' },
    },
  });
  if (revision === undefined || revision.startsWith('-')) throw new Error('npm run bench:compare -- REV [options]');
  const commit = run(here, 'git', 'rev-parse', '--short', `${revision}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), 'walka-compare-'));
  const worktree = join(folder, 'walka');
  try {
    run(here, 'git', 'worktree', 'add', '--detach', worktree, commit);
    if (lockFile(worktree) === lockFile(here)) symlinkSync(join(here, 'node_modules'), join(worktree, 'node_modules'));
    else run(worktree, 'npm', 'ci', '--no-audit', '--no-fund');
    process.stderr.write(`building ${revision} and this checkout\n`);
    const [before, after] = [build(worktree), build(here)];
    const only = options.only.length === 0 ? DEFAULTS : options.only;
    const builds = [`${commit}=${before}`, `this=${after}`];
    return await bench({ ...options, only, walka: builds, withoutKafka: true, isComparison: true });
  } finally {
    spawnSync('git', ['worktree', 'remove', '--force', worktree], { cwd: here });
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await compare(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:compare: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
