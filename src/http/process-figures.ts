/** Figures of the process, its event loop and its garbage collector, as prom-client collects them. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Figure, FigureValue } from '../metrics/figures.ts';

/** One for all brokers of the process: what watches the event loop cannot be taken away again. */
let registry: Registry | null = null;

/** Gauges whose names end as counters' do; `nodejs_active_resources` and its siblings have the same by kind. */
const MISNAMED = /^nodejs_active_\w+_total$/;

export async function processFigures(): Promise<Figure[]> {
  if (registry === null) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  const metrics = await registry.getMetricsAsJSON();
  return metrics
    .filter(({ name }) => !MISNAMED.test(name))
    .map(({ name, help, type, values }) => ({
      name,
      help,
      // The package's type is an enum of these words.
      type: String(type) as Figure['type'],
      collect: () => values as unknown as readonly FigureValue[],
    }));
}
