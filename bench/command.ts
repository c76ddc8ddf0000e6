/** The benchmark as a command: what it is told, what it runs, and the reports that it writes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '../src/config/config-error.ts';
import { findGenerators, onlyOwnGenerator } from './generators/index.ts';
import { describeMachine } from './process-stats.ts';
import { duration, Progress } from './progress.ts';
import { writeDocs } from './report/docs.ts';
import { toHtml } from './report/html.ts';
import { comparison, conditions, toMarkdown } from './report/markdown.ts';
import { addLeftOut, addUnmeasured, type Results } from './results.ts';
import { planSeconds, runRounds } from './rounds.ts';
import { type Sizes, SIZES } from './sizes.ts';
import { commitOf, external, kafka, packageVersion, walka, walkaProgram, whyNoKafka } from './targets/index.ts';
import type { Target } from './targets/target.ts';
import type { Workload } from './workload.ts';
import { WORKLOAD_NAMES, WORKLOADS } from './workloads/index.ts';

const SHOW_EVERY_MS = 1000;
const INTERRUPTED = 130;
const OUT = 'walka-bench';

/** As `walka bench --help` tells them. */
export interface BenchOptions {
  readonly quick?: boolean;
  /** A key of `SIZES`; default by `quick`. */
  readonly size?: string;
  readonly rounds?: string;
  readonly only?: readonly string[];
  readonly without?: readonly string[];
  readonly target?: readonly string[];
  readonly walka?: readonly string[];
  readonly withoutKafka?: boolean;
  readonly override?: readonly string[];
  readonly directory?: string;
  readonly out?: string;
  readonly docs?: string;
  /** Only the builds in `walka`, and what the second is to the first. */
  readonly isComparison?: boolean;
  /** Prints the results as JSON. */
  readonly isJson?: boolean;
}

function split(option: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new ConfigError(`--${option} wants NAME=VALUE, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function chosen({ only = [], without = [] }: BenchOptions, sizes: Sizes): typeof WORKLOADS {
  for (const name of [...only, ...without]) {
    if (WORKLOAD_NAMES.includes(name)) continue;
    throw new ConfigError(`${name} is no workload; there are ${WORKLOAD_NAMES.join(', ')}`);
  }
  const isWanted = ({ name, isThorough }: Workload): boolean =>
    only.length === 0 ? sizes.isThorough || isThorough !== true : only.includes(name);
  return WORKLOADS.filter((workload) => isWanted(workload) && !without.includes(workload.name));
}

function chosenTargets(options: BenchOptions): Target[] {
  const settings = Object.fromEntries((options.override ?? []).map((text) => split('override', text)));
  const builds = (options.walka ?? []).map((text) => split('walka', text));
  const ours = options.isComparison === true ? [] : [walka('Walka', walkaProgram(), settings)];
  const targets = [
    ...ours,
    ...builds.map(([name, program]) => walka(name, resolve(program), settings)),
    ...(options.withoutKafka === true || whyNoKafka() !== null ? [] : [kafka]),
    ...(options.target ?? []).map(external),
  ];
  const names = targets.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return targets;
  throw new ConfigError(`two targets are called ${twice}: figures go by the name`);
}

function sizeOf({ quick = false, size = quick ? 'quick' : 'full' }: BenchOptions): keyof typeof SIZES {
  if (!Object.hasOwn(SIZES, size))
    throw new ConfigError(`--size is one of ${Object.keys(SIZES).join(', ')}, not ${size}`);
  return size as keyof typeof SIZES;
}

/** What decides over the figures, as it was told on the command line. */
function told({ quick = false, only = [], without = [], override = [], size }: BenchOptions): string[] {
  const lists = {
    '--only': only,
    '--without': without,
    '--override': override,
    '--size': size === undefined ? [] : [size],
  };
  const pairs = Object.entries(lists).flatMap(([option, texts]) => texts.flatMap((text) => [option, text]));
  return [...(quick ? ['--quick'] : []), ...pairs];
}

/** Ends everything at Ctrl-C: whatever waits, waits with this signal. */
function interruptible(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Whoever called may end at once.
    process.removeAllListeners(signal);
    process.on(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
  }
  return controller;
}

function begin(options: BenchOptions, targets: readonly Target[]): Results {
  const results: Results = {
    format: 1,
    at: new Date().toISOString(),
    machine: describeMachine(),
    load: loadavg()[0] ?? 0,
    versions: { Walka: packageVersion(), ...commitOf(), Node: process.version.slice(1) },
    options: told(options),
    size: sizeOf(options),
    rounds: 0,
    targets: targets.map(({ name, description }) => ({ name, description })),
    workloads: [],
    leftOut: [],
  };
  const whyNot = options.withoutKafka === true ? null : whyNoKafka();
  if (whyNot !== null) addLeftOut(results, { what: 'Apache Kafka', why: whyNot });
  return results;
}

function write(results: Results, options: BenchOptions): void {
  const out = resolve(options.out ?? OUT);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(out, 'report.md'), toMarkdown(results));
  writeFileSync(join(out, 'report.html'), toHtml(results));
  if (options.docs !== undefined) writeDocs(resolve(options.docs), results, 'broker');
  if (options.isJson === true) process.stdout.write(`${JSON.stringify(results)}\n`);
  else {
    const isComparison = options.isComparison === true;
    const text = isComparison ? `${conditions(results)}\n\n${comparison(results)}\n` : toMarkdown(results);
    process.stdout.write(`${text}\nReports and all figures: ${out}\n`);
  }
}

/** Runs the command; gives its exit code. @throws ConfigError for options that are none */
export async function bench(options: BenchOptions): Promise<number> {
  const sizes = SIZES[sizeOf(options)];
  const workloads = chosen(options, sizes);
  const targets = chosenTargets(options);
  const rounds = Number(options.rounds ?? (sizes === SIZES.full ? 3 : 1));
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new ConfigError(`--rounds wants a number from 1 on, not ${options.rounds}`);
  const results = begin(options, targets);
  const { signal } = interruptible();
  const generators = sizes === SIZES.tiny ? onlyOwnGenerator() : findGenerators();
  Object.assign(results.versions, generators.versions);
  for (const leftOut of generators.missing) addLeftOut(results, leftOut);
  if ((options.only ?? []).length === 0) {
    for (const { title } of WORKLOADS.filter((workload) => !workloads.includes(workload))) {
      addLeftOut(results, { what: title, why: 'not in this run (--quick, --without)' });
    }
  }
  const plan = {
    targets,
    workloads,
    rounds,
    sizes,
    generators,
    parentDirectory: resolve(options.directory ?? tmpdir()),
    signal,
  };
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
  addUnmeasured(results, workloads);
  write(results, options);
  return 0;
}
