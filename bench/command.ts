/** The benchmark as a command: what it is told, what it runs, and the reports that it writes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findGenerators } from './generators/index.ts';
import { describeMachine } from './process-stats.ts';
import { duration, Progress } from './progress.ts';
import { writeDocs } from './report/docs.ts';
import { toHtml } from './report/html.ts';
import { comparison, conditions, toMarkdown } from './report/markdown.ts';
import { addLeftOut, type Results } from './results.ts';
import { planSeconds, runRounds } from './rounds.ts';
import { SIZES } from './sizes.ts';
import { commitOf, external, kafka, packageVersion, walka, walkaProgram, whyNoKafka } from './targets/index.ts';
import type { Target } from './targets/target.ts';
import { NOT_SERVED, WORKLOAD_NAMES, WORKLOADS } from './workloads/index.ts';

const SHOW_EVERY_MS = 1000;
const INTERRUPTED = 130;

export const BENCH_HELP = `walka bench [options]: Walka beside Apache Kafka and other brokers, on this machine

  --quick               two minutes: one round, small sizes
  --rounds N            median of N rounds (default 3)
  --only WORKLOAD       ${WORKLOAD_NAMES.slice(0, 6).join(', ')},
                        ${WORKLOAD_NAMES.slice(6, 13).join(', ')},
                        ${WORKLOAD_NAMES.slice(13).join(', ')};
                        may be given several times
  --without WORKLOAD    all but this; may be given several times
  --target NAME=H:P     a broker that runs already; may be given several times
  --walka NAME=PROGRAM  another build of Walka (its main file); may be given several times
  --without-kafka       leave Apache Kafka out
  --override K=V        a setting for Walka; may be given several times
  --directory DIR       where the brokers keep their data (default: the system's folder for temporary files)
  --out DIR             where report.html, report.md and results.json go (default: walka-bench)
  --docs DIR            renews the measured parts of the documentation in that folder, too

Kafka needs Java and its jars, some workloads need librdkafka, Go or Kafka's Java clients: in a checkout of the repository
test/conformance/install.sh brings them. What cannot run is named in the report, the rest runs. Ctrl-C ends everything and
removes what was written.
`;

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      size: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      without: { type: 'string', multiple: true, default: [] },
      target: { type: 'string', multiple: true, default: [] },
      walka: { type: 'string', multiple: true, default: [] },
      'without-kafka': { type: 'boolean', default: false },
      override: { type: 'string', multiple: true, default: [] },
      directory: { type: 'string', default: tmpdir() },
      out: { type: 'string', default: 'walka-bench' },
      docs: { type: 'string' },
      compare: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
}

type Options = ReturnType<typeof parse>;

function split(option: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--${option} wants NAME=VALUE, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function chosen({ only, without }: Options): typeof WORKLOADS {
  for (const name of [...only, ...without]) {
    if (!WORKLOAD_NAMES.includes(name))
      throw new Error(`${name} is no workload; there are ${WORKLOAD_NAMES.join(', ')}`);
  }
  return WORKLOADS.filter(({ name }) => (only.length === 0 || only.includes(name)) && !without.includes(name));
}

function chosenTargets(options: Options): Target[] {
  const settings = Object.fromEntries(options.override.map((text) => split('override', text)));
  const builds = options.walka.map((text) => split('walka', text));
  const ours = options.compare && builds.length > 0 ? [] : [walka('Walka', walkaProgram(), settings)];
  return [
    ...ours,
    ...builds.map(([name, program]) => walka(name, resolve(program), settings)),
    ...(options['without-kafka'] || whyNoKafka() !== null ? [] : [kafka]),
    ...options.target.map(external),
  ];
}

function sizeOf({ quick, size = quick ? 'quick' : 'full' }: Options): keyof typeof SIZES {
  if (!Object.hasOwn(SIZES, size)) throw new Error(`--size is one of ${Object.keys(SIZES).join(', ')}, not ${size}`);
  return size as keyof typeof SIZES;
}

/** Ends everything at Ctrl-C: whatever waits, waits with this signal. */
function interruptible(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
  }
  return controller;
}

function begin(options: Options, argv: readonly string[], targets: readonly Target[]): Results {
  const results: Results = {
    format: 1,
    at: new Date().toISOString(),
    machine: describeMachine(),
    versions: { Walka: packageVersion(), ...commitOf(), Node: process.version.slice(1) },
    options: argv.filter((text) => !text.startsWith('--docs') && !text.startsWith('--out')),
    size: sizeOf(options),
    rounds: 0,
    targets: targets.map(({ name, description }) => ({ name, description })),
    workloads: [],
    leftOut: [...NOT_SERVED],
  };
  const whyNot = options['without-kafka'] ? null : whyNoKafka();
  if (whyNot !== null) addLeftOut(results, { what: 'Apache Kafka', why: whyNot });
  return results;
}

function write(results: Results, options: Options): void {
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(out, 'report.md'), toMarkdown(results));
  writeFileSync(join(out, 'report.html'), toHtml(results));
  if (options.docs !== undefined) writeDocs(resolve(options.docs), results);
  const text = options.compare ? `${conditions(results)}\n\n${comparison(results)}\n` : toMarkdown(results);
  process.stdout.write(`${text}\nReports and all figures: ${out}\n`);
}

/** Runs the command; gives its exit code. @throws Error for options that are none */
export async function bench(argv: readonly string[]): Promise<number> {
  const options = parse(argv);
  if (options.help) {
    process.stdout.write(BENCH_HELP);
    return 0;
  }
  const workloads = chosen(options);
  const targets = chosenTargets(options);
  const sizes = SIZES[sizeOf(options)];
  const rounds = Number(options.rounds ?? (sizes === SIZES.full ? 3 : 1));
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new Error(`--rounds wants a number from 1 on, not ${options.rounds}`);
  const results = begin(options, argv, targets);
  const { signal } = interruptible();
  const generators = findGenerators();
  Object.assign(results.versions, generators.versions);
  for (const leftOut of generators.missing) addLeftOut(results, leftOut);
  const plan = { targets, workloads, rounds, sizes, generators, parentDirectory: resolve(options.directory), signal };
  const seconds = planSeconds(plan);
  process.stderr.write(`${targets.map(({ name }) => name).join(', ')}: about ${duration(seconds)}\n`);
  const progress = new Progress(process.stderr, () => performance.now(), seconds);
  const showing = setInterval(() => progress.show(), SHOW_EVERY_MS);
  try {
    await runRounds(plan, results, progress);
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.clear();
    process.stderr.write(`${(signal.reason as Error).message}; nothing is left behind\n`);
    return INTERRUPTED;
  } finally {
    clearInterval(showing);
    progress.clear();
  }
  write(results, options);
  return 0;
}
