/** The table of a benchmark run, in Markdown, with the machine it ran on. */
import { cpus, release, totalmem } from 'node:os';
import type { Figures } from './load-generator.ts';

/** All rounds of one measurement on one broker. */
export interface Result {
  readonly measurement: string;
  readonly broker: string;
  readonly rounds: readonly Figures[];
}

/** The middle value; of an even count, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function figure(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function medians(result: Result, name: string): number {
  return median(result.rounds.map((round) => round[name] ?? Number.NaN));
}

/** One line a figure, one column a broker, each the median of its rounds; ratios are of the first broker to the second. */
export function table(results: readonly Result[]): string {
  const brokers = [...new Set(results.map(({ broker }) => broker))];
  const withRatio = brokers.length === 2;
  const header = ['measurement', 'figure', ...brokers, ...(withRatio ? ['ratio'] : [])];
  const rows = [header, header.map(() => '---')];
  for (const [measurement, group] of Map.groupBy(results, (result) => result.measurement)) {
    const names = Object.keys(group[0]?.rounds[0] ?? {});
    for (const name of names) {
      const values = brokers.map((broker) => {
        const result = group.find((candidate) => candidate.broker === broker);
        return result === undefined ? Number.NaN : medians(result, name);
      });
      const ratio = withRatio ? [figure((values[0] ?? Number.NaN) / (values[1] ?? Number.NaN))] : [];
      rows.push([name === names[0] ? measurement : '', name, ...values.map(figure), ...ratio]);
    }
  }
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** What the figures were taken on. */
export function machine(): string {
  const processors = cpus();
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} × ${processors[0]?.model ?? 'unknown CPU'}, ${memoryGib} GiB, Linux ${release()}, Node ${process.version}`;
}
