/** The report as Markdown. */
import { compare, median, type Results, type Row, spread, type WorkloadResult } from '../results.ts';
import { show, showRatio } from './numbers.ts';

/** A quiet machine has less. */
const BUSY_LOAD = 0.7;
const BUSY = '(**a busy machine: trust ratios and CPU times rather than rates and latencies**)';

const line = (cells: readonly string[]): string =>
  `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;

function cell(values: readonly number[] | undefined): string {
  if (values === undefined) return '–';
  const middle = show(median(values));
  return values.length === 1 ? middle : `${middle} ± ${Math.round(spread(values) * 100)} %`;
}

function rowCells({ name, unit, values }: Row, targets: readonly string[]): string[] {
  const [first] = targets;
  const ours = values[first ?? ''];
  const ratios = targets.slice(1).map((target) => {
    const theirs = values[target];
    return ours === undefined || theirs === undefined ? '–' : showRatio(median(ours) / median(theirs));
  });
  return [`${name}, ${unit}`, ...targets.map((target) => cell(values[target])), ...ratios];
}

/** One workload's lines: medians, half the distance from least to greatest, and the first target by each other. */
export function table(workload: WorkloadResult, targets: readonly string[]): string {
  const [first, ...others] = targets;
  const head = ['', ...targets, ...others.map((other) => `${first} / ${other}`)];
  const align = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(align), ...workload.rows.map((row) => line(rowCells(row, targets)))].join('\n');
}

export function targetNames({ targets }: Results): string[] {
  return targets.map(({ name }) => name);
}

/** What a reader must know of the run, as a list. */
export function conditions(results: Results): string {
  const { at, machine, load, versions, size, rounds, targets, options } = results;
  const text = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Machine: ${machine}`,
    ...(load === undefined
      ? []
      : [`- Load when the run began: ${load.toFixed(1)}${load > BUSY_LOAD ? ` ${BUSY}` : ''}`]),
    ...targets.map(({ name, description }) => `- ${name}: ${description}`),
    `- Versions: ${text.join(', ')}`,
    `- ${at.slice(0, 10)}, ${size} sizes, median of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}; ± is half the distance from the ` +
      'least to the greatest, as a part of the median',
    ...(options.length === 0 ? [] : [`- Options: \`${options.join(' ')}\``]),
  ].join('\n');
}

export function leftOutList({ leftOut }: Results): string {
  return leftOut.map(({ what, why }) => `- ${what}: ${why.split('\n')[0]}`).join('\n');
}

export function toMarkdown(results: Results): string {
  const targets = targetNames(results);
  const sections = results.workloads.map(
    (workload) => `## ${workload.title}\n\n${workload.about}\n\n${table(workload, targets)}\n`,
  );
  const left = results.leftOut.length === 0 ? [] : [`## Left out\n\n${leftOutList(results)}\n`];
  return ['# Benchmark\n', `${conditions(results)}\n`, ...sections, ...left].join('\n');
}

/** Two builds side by side: the second against the first, with what the spread allows to say. */
export function comparison(results: Results): string {
  const [before = '', after = ''] = targetNames(results);
  const rows = results.workloads.flatMap(({ title, rows: all }) =>
    all.flatMap(({ name, unit, better, values }) => {
      const [old, now] = [values[before], values[after]];
      if (old === undefined || now === undefined) return [];
      const verdict = compare(now, old, better);
      const shown = verdict === 'better' || verdict === 'worse' ? `**${verdict}**` : verdict;
      const ratio = showRatio(median(now) / median(old));
      return [line([`${title}: ${name}, ${unit}`, cell(old), cell(now), ratio, shown])];
    }),
  );
  const head = ['', before, after, `${after} / ${before}`, 'verdict'];
  return [line(head), '|---|---:|---:|---:|---|', ...rows].join('\n');
}
