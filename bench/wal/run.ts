/**
 * The log engine's own numbers: `npm run bench:wal -- [options]` measures each line in processes of their own, with the
 * machine's floor beside, and prints what was wanted, what was seen, and whether that is enough.
 *
 *   --rounds N         median of N rounds (default 3)
 *   --compare DIR      an older checkout, with its node_modules and generated code, measured in the same rounds
 *   --only MEASURE     lone, flood, batches, compression, streams, fsync, recovery, memory or read; may be repeated
 *   --quick            one short round: does it run?
 *   --directory DIR    where the data goes (default the system's folder for temporary files); recovery needs 15 GB
 *   --out DIR          graphs (SVG) and all figures (JSON) go there (default bench-wal in that folder)
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { refuseOption, scriptOptions } from '../script-options.ts';
import { describeMachine } from '../process-stats.ts';
import { barChart, type Series } from './chart.ts';
import type { Figures } from './measure.ts';
import { MEASURE_NAMES } from './measures/index.ts';
import { median } from './numbers.ts';
import { FULL, QUICK } from './sizes.ts';
import { judge, type Medians, toMarkdown } from './table.ts';

const options = scriptOptions(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '3' },
    compare: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
    out: { type: 'string' },
  },
});

const sizes = options.quick ? QUICK : FULL;
const rounds = options.quick ? 1 : Number(options.rounds);
const here = join(import.meta.dirname, '../..');
const unknown = options.only.filter((name) => !MEASURE_NAMES.includes(name));
if (unknown.length > 0) {
  refuseOption(import.meta.filename, `--only takes ${MEASURE_NAMES.join(', ')}, not ${unknown.join(', ')}`);
}
const measures = MEASURE_NAMES.filter((name) => options.only.length === 0 || options.only.includes(name));
/** What each of these shows is once enough, and takes long. */
const ONCE = new Set(['recovery', 'streams']);
/** What an older checkout may not have. */
const ONLY_HERE = new Set(['compression']);

/** Figures of all rounds by checkout, measure and figure. */
class Rounds {
  readonly #values = new Map<string, number[]>();

  add(measure: string, figures: Figures): void {
    for (const [name, value] of Object.entries(figures)) {
      const key = `${measure}.${name}`;
      this.#values.set(key, [...(this.#values.get(key) ?? []), value]);
    }
  }

  medians(): Medians {
    return Object.fromEntries([...this.#values].map(([key, values]) => [key, median(values)]));
  }
}

/** Runs one measure in a process of its own. */
async function measure(root: string, name: string): Promise<Figures> {
  const directory = mkdtempSync(join(options.directory, 'walka-bench-'));
  try {
    const script = join(import.meta.dirname, 'subject.ts');
    const args = ['--expose-gc', script, root, name, directory, JSON.stringify(sizes)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    const code = await new Promise((done) => child.once('close', done));
    if (code !== 0) throw new Error(`${name} of ${root} ended with ${code}`);
    return JSON.parse(output) as Figures;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const checkouts = [{ name: 'this checkout', root: here, rounds: new Rounds() }];
if (options.compare !== undefined) {
  checkouts.push({ name: 'older', root: resolve(options.compare), rounds: new Rounds() });
}

for (let round = 1; round <= rounds; round++) {
  for (const [at, name] of measures.entries()) {
    if (round > 1 && ONCE.has(name)) continue;
    // Every other round in the other order, so that none always comes first.
    for (const checkout of round % 2 === 1 ? checkouts : checkouts.toReversed()) {
      if (checkout.root !== here && ONLY_HERE.has(name)) continue;
      process.stderr.write(`round ${round} of ${rounds}, ${at + 1} of ${measures.length}: ${name}, ${checkout.name}\n`);
      checkout.rounds.add(name, await measure(checkout.root, name));
    }
  }
}

const [now = {}, older = null] = checkouts.map((checkout) => checkout.rounds.medians());
const verdicts = judge(new Set(measures), now, older);
const out = options.out ?? join(options.directory, 'bench-wal');
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, 'figures.json'),
  `${JSON.stringify({ machine: describeMachine(), rounds, sizes, now, older, verdicts }, null, 2)}\n`,
);
for (const name of measures) {
  const series: Series[] = checkouts.map((checkout) => ({
    name: checkout.name,
    values: ofMeasure(checkout.rounds.medians(), name),
  }));
  writeFileSync(
    join(out, `${name}.svg`),
    barChart(`${name}: median of ${rounds}`, Object.keys(series[0]?.values ?? {}), series),
  );
}
const missed = verdicts.filter(({ isMet }) => isMet === false);
process.stdout.write(
  `\n${describeMachine()}\nMedian of ${rounds} round(s); graphs and all figures are in ${out}.\n\n${toMarkdown(verdicts)}\n\n` +
    (missed.length === 0
      ? 'All that was measured is reached.\n'
      : `Not reached: ${missed.map(({ measure: line, durability }) => `${line} (${durability})`).join('; ')}.\n`),
);

function ofMeasure(medians: Medians, name: string): Medians {
  const prefix = `${name}.`;
  return Object.fromEntries(
    Object.entries(medians)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
