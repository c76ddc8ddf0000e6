/**
 * Figures through the metrics API of OpenTelemetry. The API is the caller's: `@opentelemetry/api` is an optional peer, and
 * its meter does nothing until the program sets up an SDK.
 */
import type { Figure } from './figures.ts';

type Attributes = Record<string, string | number>;

interface Observable {
  addCallback(callback: (result: { observe(value: number, attributes?: Attributes): void }) => void): void;
  removeCallback(callback: (result: { observe(value: number, attributes?: Attributes): void }) => void): void;
}

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface MeterLike {
  createObservableCounter(name: string, options: { readonly description: string; readonly unit?: string }): Observable;
  createObservableGauge(name: string, options: { readonly description: string; readonly unit?: string }): Observable;
}

/** What a name says of the unit, as OpenTelemetry writes it. */
export function unitOf(name: string): { readonly unit?: string } {
  if (/_seconds(_sum)?$/.test(name)) return { unit: 's' };
  if (/_bytes(_total)?$/.test(name)) return { unit: 'By' };
  return {};
}

/**
 * Has the meter ask for the figures whenever it collects. Sums, counts and buckets are counters of their own.
 * @returns ends it
 */
export function observeFigures(meter: MeterLike, figures: readonly Figure[]): () => void {
  const ends = figures.flatMap(({ name, help, type, collect }) => {
    const names = type === 'counter' || type === 'gauge' ? [name] : namesOf(type, name);
    return names.map((line) => {
      const options = { description: help, ...unitOf(line) };
      const isGauge = type === 'gauge' || (type === 'summary' && line === name);
      const observable = isGauge
        ? meter.createObservableGauge(line, options)
        : meter.createObservableCounter(line, options);
      const callback = (result: Parameters<Parameters<Observable['addCallback']>[0]>[0]): void => {
        for (const { metricName = name, value, labels } of collect()) {
          if (metricName === line) result.observe(value, labels ?? {});
        }
      };
      observable.addCallback(callback);
      return () => observable.removeCallback(callback);
    });
  });
  return () => {
    for (const end of ends) end();
  };
}

function namesOf(type: 'histogram' | 'summary', name: string): string[] {
  return [type === 'histogram' ? `${name}_bucket` : name, `${name}_sum`, `${name}_count`];
}

/** Where the API keeps what a program's SDK registered. */
const GLOBAL = Symbol.for('opentelemetry.js.api.1');

/** True when the program has set up an SDK: else there is nothing to observe for. */
export function isObserved(): boolean {
  return (globalThis as Record<symbol, unknown>)[GLOBAL] !== undefined;
}

/** The global meter, where the program has the API; null without it. */
export async function globalMeter(): Promise<MeterLike | null> {
  const peer = '@opentelemetry/api';
  try {
    const { metrics } = (await import(peer)) as { readonly metrics: { getMeter(name: string): MeterLike } };
    return metrics.getMeter('walka');
  } catch {
    return null;
  }
}
