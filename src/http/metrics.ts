/** /metrics for Prometheus, in its text format or as OpenMetrics, whichever the request prefers. */
import { accepts } from 'hono/accepts';
import type { Clock } from '../base/clock.ts';
import type { Figure } from '../metrics/figures.ts';
import { type Format, writeFigures } from './exposition.ts';
import type { HttpModule } from './router.ts';

const TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};
const OPENMETRICS = 'application/openmetrics-text';

/** @param figures of the moment, collected when they are asked for; who asks meanwhile gets the same */
export function metricsModule(figures: () => Promise<readonly Figure[]>, clock: Clock): HttpModule {
  const collecting = new Map<Format, Promise<readonly Buffer[]>>();
  const collect = async (format: Format): Promise<readonly Buffer[]> => writeFigures(await figures(), format, clock);
  const collected = (format: Format): Promise<readonly Buffer[]> => {
    let current = collecting.get(format);
    if (current === undefined) {
      current = collect(format).finally(() => collecting.delete(format));
      collecting.set(format, current);
    }
    return current;
  };
  return {
    routes: [
      {
        method: 'GET',
        path: '/metrics',
        async handle(context) {
          const supports = ['text/plain', OPENMETRICS];
          const isOpenMetrics = accepts(context, { header: 'Accept', supports, default: 'text/plain' }) === OPENMETRICS;
          const format = isOpenMetrics ? 'openmetrics' : 'text';
          return context.body(streamOf(await collected(format)), 200, { 'content-type': TYPES[format] });
        },
      },
    ],
  };
}

/** Chunks as somebody takes them. */
function streamOf(chunks: readonly Buffer[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}
