/**
 * Runs of the simulation by hand: `npm run test:simulation -- --runs 10000`, one that failed again: `--seed 17`, and one
 * seed with the power failing at every step of the disk in its first life: `--seed 17 --every-step`.
 */
import { scriptOptions } from '../../bench/script-options.ts';
import { simulate } from './run.ts';

const values = scriptOptions(import.meta.filename, {
  options: {
    seed: { type: 'string' },
    first: { type: 'string', default: '1' },
    runs: { type: 'string', default: '500' },
    'power-cut-at': { type: 'string' },
    trace: { type: 'boolean', default: false },
    'every-step': { type: 'boolean', default: false },
  },
});

let failures = 0;
let appends = 0;
let merges = 0;
let passes = 0;
let evictions = 0;
let astray = 0;

async function attempt(seed: number, powerCutAt?: number): Promise<number> {
  try {
    const report = await simulate(seed, { ...(powerCutAt !== undefined && { powerCutAt }), trace: values.trace });
    appends += report.appends;
    merges += report.merges;
    passes += report.passes;
    evictions += report.evictions;
    if (report.wentAstray) astray += 1;
    return report.firstSteps;
  } catch (error) {
    failures += 1;
    console.log((error as Error).cause);
    console.log(`FAILED ${seed}: ${(error as Error).message}`);
    return 0;
  }
}

if (values.seed !== undefined) {
  const seed = Number(values.seed);
  const cut = values['power-cut-at'];
  const steps = await attempt(seed, cut === undefined ? undefined : Number(cut));
  if (values['every-step']) for (let step = 1; step <= steps; step++) await attempt(seed, step);
} else {
  const first = Number(values.first);
  for (let seed = first; seed < first + Number(values.runs); seed++) await attempt(seed);
}
console.log(
  `simulation: ${failures === 0 ? 'no run failed' : `${failures} runs failed`}, ${appends} appends, ${merges} merges, ` +
    `${passes} compactions, ${evictions} evictions, ${astray} runs with misdirected writes`,
);
process.exitCode = failures === 0 ? 0 : 1;
