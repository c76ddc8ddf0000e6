/**
 * The sweeps of the performance guide, over the log engine by itself: `npm run bench:tuning -- [options]`.
 *
 *   --rounds N         median of N rounds (default 3)
 *   --only SWEEP       may be given several times
 *   --directory DIR    where the data goes (default: the system's folder for temporary files)
 *   --docs DIR         renews the measured parts of the documentation in that folder
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { refuseOption, scriptOptions } from '../script-options.ts';
import { runProgram } from '../generators/program.ts';
import { describeMachine } from '../process-stats.ts';
import { writeDocs } from '../report/docs.ts';
import { toMarkdown } from '../report/markdown.ts';
import { addFigure, type Results } from '../results.ts';
import { commitOf, packageVersion } from '../targets/index.ts';
import type { Figure } from '../workload.ts';
import { SWEEPS } from './sweeps.ts';

const SUBJECT = join(import.meta.dirname, 'subject.ts');

const options = scriptOptions(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
    directory: { type: 'string', default: tmpdir() },
    docs: { type: 'string' },
    amounts: { type: 'string', default: 'full' },
  },
});

const results: Results = {
  format: 1,
  at: new Date().toISOString(),
  machine: describeMachine(),
  load: loadavg()[0] ?? 0,
  versions: { Walka: packageVersion(), ...commitOf() },
  options: options.only.flatMap((name) => ['--only', name]),
  size: options.amounts,
  rounds: Number(options.rounds),
  targets: [{ name: 'Walka', description: 'the log engine (`walka/wal`) by itself' }],
  workloads: [],
  leftOut: [],
};

const end = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort(new Error(signal)));

async function figuresOf(name: string): Promise<Figure[]> {
  const directory = await mkdtemp(join(options.directory, 'walka-tuning-'));
  try {
    const args = ['--expose-gc', SUBJECT, name, directory, options.amounts];
    return JSON.parse(await runProgram(process.execPath, args, end.signal)) as Figure[];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const unknown = options.only.filter((name) => !SWEEPS.some((sweep) => sweep.name === name));
if (unknown.length > 0) {
  const names = SWEEPS.map(({ name }) => name).join(', ');
  refuseOption(import.meta.filename, `--only takes ${names}, not ${unknown.join(', ')}`);
}
const sweeps = SWEEPS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
for (let round = 1; round <= results.rounds; round++) {
  for (const { name, title, about } of sweeps) {
    process.stderr.write(`round ${round} of ${results.rounds}: ${title}\n`);
    for (const figure of await figuresOf(name)) addFigure(results, { name, title, about }, 'Walka', figure);
  }
}
if (options.docs !== undefined) writeDocs(resolve(options.docs), results, 'tuning');
process.stdout.write(toMarkdown(results));
