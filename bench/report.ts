/** The table of a benchmark run, in Markdown. */
import type { Figures } from './measures.ts';

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

/**
 * One line a figure, one column a broker, each the median over its rounds; with two brokers also the ratio of the first
 * to the second.
 * @param rounds by broker, the figures of each round
 */
export function table(rounds: ReadonlyMap<string, readonly Figures[]>): string {
  const brokers = [...rounds.keys()];
  const names = new Set([...rounds.values()].flat().flatMap((figures) => Object.keys(figures)));
  const header = ['figure', ...brokers, ...(brokers.length === 2 ? ['ratio'] : [])];
  const rows = [header, header.map((_, column) => (column === 0 ? '---' : '---:'))];
  for (const name of names) {
    const values = brokers.map((broker) =>
      median((rounds.get(broker) ?? []).flatMap((figures) => (name in figures ? [figures[name] as number] : []))),
    );
    const [first = Number.NaN, second = Number.NaN] = values;
    const ratio = brokers.length === 2 ? [figure(first / second)] : [];
    rows.push([name, ...values.map(figure), ...ratio]);
  }
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}
