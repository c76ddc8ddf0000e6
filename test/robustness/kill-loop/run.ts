/**
 * `npm run test:kill`: at least 50 kills with each of several brokers. `--kills N --seed N --only NAME` change that.
 */
import { scriptOptions } from '../../../bench/script-options.ts';
import { killLoop, type KillLoopOptions } from './kill-loop.ts';

const values = scriptOptions(import.meta.filename, {
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string' }, only: { type: 'string' } },
});

const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);

const RUNS: Readonly<Record<string, Partial<KillLoopOptions>>> = {
  os: {},
  fsync: { settings: { 'walka.durability': 'fsync' } },
  // Files of 1 MiB: every life has rolls, seals, checkpoints and recycled files.
  'small-files': {
    settings: { 'walka.journal.file.bytes': '1048576', 'log.retention.check.interval.ms': '100' },
    maxValueBytes: 4000,
  },
  'small-files-fsync': {
    settings: {
      'walka.journal.file.bytes': '1048576',
      'walka.durability': 'fsync',
      'log.retention.check.interval.ms': '100',
    },
    maxValueBytes: 4000,
  },
  // Lives that are long enough for journal files to become segments, and segments better ones.
  converting: {
    settings: { 'walka.journal.file.bytes': '1048576', 'log.retention.check.interval.ms': '100' },
    maxValueBytes: 8000,
    maxLifeMs: 4000,
  },
};

let failed = false;
for (const [name, options] of Object.entries(RUNS)) {
  if (values.only !== undefined && values.only !== name) continue;
  const report = await killLoop({ kills: Number(values.kills), seed, ...options });
  const { problems, log, ...figures } = report;
  console.log(`${name}, seed ${seed}: ${JSON.stringify(figures)}`);
  if (problems.length === 0) continue;
  failed = true;
  console.log(problems.join('\n'));
  console.log(log.slice(-8000));
}
process.exitCode = failed ? 1 : 0;
