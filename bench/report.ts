/** Medians of the rounds, as a table in Markdown. */
import type { Figures } from './measures.ts';

/** A measure's figures of every round, by broker. */
export class Results {
  readonly #figures = new Map<string, Map<string, number[]>>();
  readonly #targets: readonly string[];

  constructor(targets: readonly string[]) {
    this.#targets = targets;
  }

  add(target: string, figures: Figures): void {
    for (const [name, value] of Object.entries(figures)) {
      const byTarget = this.#figures.get(name) ?? new Map<string, number[]>();
      this.#figures.set(name, byTarget);
      const values = byTarget.get(target) ?? [];
      values.push(value);
      byTarget.set(target, values);
    }
  }

  /** The medians by measure and broker. */
  medians(): Record<string, Record<string, number>> {
    const result: Record<string, Record<string, number>> = {};
    for (const [name, byTarget] of this.#figures) {
      result[name] = Object.fromEntries([...byTarget].map(([target, values]) => [target, median(values)]));
    }
    return result;
  }

  toMarkdown(): string {
    const [first, ...others] = this.#targets;
    const head = ['', ...this.#targets, ...others.map((other) => `${first} / ${other}`)];
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    const rows = Object.entries(this.medians()).map(([name, byTarget]) => line(this.#row(name, byTarget)));
    return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows].join('\n');
  }

  #row(name: string, byTarget: Readonly<Record<string, number>>): string[] {
    const values = this.#targets.map((target) => byTarget[target] ?? Number.NaN);
    const ratios = values.slice(1).map((value) => (values[0] ?? Number.NaN) / value);
    return [name, ...values.map(show), ...ratios.map((ratio) => (Number.isNaN(ratio) ? '–' : `${show(ratio)}×`))];
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function show(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
