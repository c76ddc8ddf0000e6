/**
 * A bound for figures that have a time series per topic, partition or group: what is beyond it is not exported, but
 * counted, so that nobody takes the rest for all.
 */
import type { Figure, FigureValue } from './figures.ts';

/** Some of a figure's series: those of a topic's partitions, say. */
export interface SeriesPart {
  /** How many there are. */
  readonly count: number;
  /** Asked for as long as there is room. */
  readonly values: () => Iterable<FigureValue>;
}

/** The bound, and what was left out by figure, as of its last collection. */
export class SeriesBound {
  readonly #max: () => number;
  readonly #leftOut = new Map<string, number>();

  /** @param max series of one figure at most */
  constructor(max: () => number) {
    this.#max = max;
  }

  /** A figure with at most so many values. */
  figure({ name, help, type }: Pick<Figure, 'name' | 'help' | 'type'>, parts: () => Iterable<SeriesPart>): Figure {
    return { name, help, type, collect: () => this.#collect(name, parts()) };
  }

  *#collect(name: string, parts: Iterable<SeriesPart>): Generator<FigureValue, void, undefined> {
    let room = this.#max();
    let leftOut = 0;
    for (const { count, values } of parts) {
      leftOut += Math.max(0, count - room);
      if (room === 0) continue;
      for (const value of values()) {
        if (room === 0) break;
        room -= 1;
        yield value;
      }
    }
    this.#leftOut.set(name, leftOut);
  }

  /** What was left out; collected last, it is of the same moment as the others. */
  get leftOut(): Figure {
    return {
      name: 'walka_metrics_left_out_series',
      help: 'Time series that are not exported, as there are more than walka.metrics.max.series, by metric.',
      type: 'gauge',
      collect: () => [...this.#leftOut].map(([metric, value]) => ({ labels: { metric }, value })),
    };
  }
}
