/** Figures as Prometheus text, by prom-client. Loaded only when metrics are served. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Figure } from '../metrics/figures.ts';
import { registerFigures } from '../metrics/prom-client.ts';

export interface MetricsText {
  readonly contentType: string;
  /** Collected now; who asks meanwhile gets the same. */
  text(): Promise<string>;
}

/** A registry of its own, so that several brokers can live in one process. */
export function prometheusText(figures: readonly Figure[]): MetricsText {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerFigures(registry, figures);
  let collecting: Promise<string> | null = null;
  const text = async (): Promise<string> => {
    collecting ??= registry.metrics();
    try {
      return await collecting;
    } finally {
      collecting = null;
    }
  };
  return { contentType: registry.contentType, text };
}
