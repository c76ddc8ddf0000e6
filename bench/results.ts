/** What a run found out: every figure of every round, and all that one must know to read it. `results.json` is this. */
import type { Better, Figure, Workload } from './workload.ts';

/** One line of a table. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  /** Values of all rounds, by target. */
  readonly values: Record<string, number[]>;
}

export interface WorkloadResult {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly rows: Row[];
}

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface Results {
  /** Of this file. */
  readonly format: 1;
  /** When the run began, ISO 8601. */
  readonly at: string;
  /** In a few words. */
  readonly machine: string;
  /** Load average of the machine when the run began: processes that wanted a core in the minute before. */
  readonly load?: number;
  readonly versions: Record<string, string>;
  readonly options: readonly string[];
  readonly size: string;
  /** That were run to their end. */
  rounds: number;
  readonly targets: ReadonlyArray<{ readonly name: string; readonly description: string }>;
  readonly workloads: WorkloadResult[];
  readonly leftOut: LeftOut[];
}

/** Adds what a workload noted. */
export function addFigure(
  results: Results,
  { name, title, about }: Pick<Workload, 'name' | 'title' | 'about'>,
  target: string,
  figure: Figure,
): void {
  let workload = results.workloads.find((other) => other.name === name);
  if (workload === undefined) results.workloads.push((workload = { name, title, about, rows: [] }));
  let row = workload.rows.find((other) => other.name === figure.name && other.unit === figure.unit);
  if (row === undefined) {
    row = { name: figure.name, unit: figure.unit, better: figure.better, values: {} };
    workload.rows.push(row);
  }
  (row.values[target] ??= []).push(figure.value);
}

/** Once, whatever the rounds. */
export function addLeftOut(results: Results, leftOut: LeftOut): void {
  const isKnown = results.leftOut.some(({ what, why }) => what === leftOut.what && why === leftOut.why);
  if (!isKnown) results.leftOut.push(leftOut);
}

/** Names what was asked for and has no figure on any broker, nor a reason for that: what makes its load is not here. */
export function addUnmeasured(results: Results, workloads: readonly Pick<Workload, 'name' | 'title'>[]): void {
  for (const { name, title } of workloads) {
    const isKnown =
      results.workloads.some((measured) => measured.name === name) ||
      results.leftOut.some(({ what }) => what === title || what.startsWith(`${title},`));
    if (!isKnown) addLeftOut(results, { what: title, why: 'what makes its load is not here' });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Half of the distance between the least and the greatest, as a part of the median; 0 for one value. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / 2 / Math.abs(middle);
}

export type Verdict = 'better' | 'worse' | 'no difference seen' | 'too few rounds to say';

const LEAST_ROUNDS = 3;

/**
 * By spread: a difference counts when no round of one is as good as any round of the other, and there is more between them
 * than half of what the rounds of either differ by.
 */
export function compare(ours: readonly number[], theirs: readonly number[], better: Better): Verdict {
  if (Math.min(ours.length, theirs.length) < LEAST_ROUNDS) return 'too few rounds to say';
  const [least, most] = [Math.min(...ours), Math.max(...ours)];
  const [theirLeast, theirMost] = [Math.min(...theirs), Math.max(...theirs)];
  const gap = Math.max(least - theirMost, theirLeast - most);
  if (better === null || gap <= Math.max(most - least, theirMost - theirLeast) / 2) return 'no difference seen';
  return least > theirMost === (better === 'higher') ? 'better' : 'worse';
}
