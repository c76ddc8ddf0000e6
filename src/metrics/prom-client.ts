/** Figures in a registry of prom-client, which is the caller's. */
import type { Figure } from './figures.ts';

/** What is used of a `Registry` of prom-client. */
export interface RegistryLike {
  // The package's own type of a metric asks for much that its registry does not use.
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
}

/**
 * Registers the figures: collected whenever the registry's text is asked for.
 * @returns takes them out again
 */
export function registerFigures(registry: RegistryLike, figures: readonly Figure[]): () => void {
  for (const { name, help, type, collect } of figures) {
    // The registry asks a metric only for its name and its values; counters kept elsewhere need nothing more.
    const get = () => Promise.resolve({ name, help, type, values: [...collect()], aggregator: 'sum' });
    registry.registerMetric({ name, get } as never);
  }
  return () => {
    for (const { name } of figures) registry.removeSingleMetric(name);
  };
}
