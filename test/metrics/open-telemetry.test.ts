/** Figures through a meter of OpenTelemetry's shape, as the SDK calls it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, type Figure, gauge, histogramValues } from '../../src/metrics/figures.ts';
import { observeFigures } from '../../src/metrics/open-telemetry.ts';

type Observed = [value: number, attributes: Record<string, string | number> | undefined];
type Callback = (result: { observe(value: number, attributes?: Record<string, string | number>): void }) => void;

/** A meter that collects when it is told to. */
class Meter {
  readonly kinds = new Map<string, string>();
  readonly units = new Map<string, string | undefined>();
  readonly #callbacks = new Map<string, Set<Callback>>();

  createObservableCounter(name: string, options: { readonly unit?: string }) {
    return this.#create('counter', name, options.unit);
  }

  createObservableGauge(name: string, options: { readonly unit?: string }) {
    return this.#create('gauge', name, options.unit);
  }

  collect(name: string): Observed[] {
    const observed: Observed[] = [];
    const observe = (value: number, attributes?: Record<string, string | number>) => observed.push([value, attributes]);
    for (const callback of this.#callbacks.get(name) ?? []) callback({ observe });
    return observed;
  }

  #create(kind: string, name: string, unit: string | undefined) {
    this.kinds.set(name, kind);
    this.units.set(name, unit);
    const callbacks = new Set<Callback>();
    this.#callbacks.set(name, callbacks);
    return {
      addCallback: (callback: Callback) => void callbacks.add(callback),
      removeCallback: (callback: Callback) => void callbacks.delete(callback),
    };
  }
}

const figures: Figure[] = [
  counter('written_bytes_total', 'Bytes.', () => 42),
  gauge('open', 'Open ones.', () => 3),
  {
    name: 'wait_seconds',
    help: 'Waits.',
    type: 'histogram',
    collect: () => histogramValues('wait_seconds', { boundsMs: [1, 2], counts: [5, 1, 0], sumMs: 6000 }),
  },
];

test('counters, gauges and histograms are observed whenever the meter collects, with units', () => {
  const meter = new Meter();
  observeFigures(meter, figures);
  assert.deepEqual(meter.collect('written_bytes_total'), [[42, {}]]);
  assert.deepEqual(meter.collect('open'), [[3, {}]]);
  assert.deepEqual(meter.collect('wait_seconds_sum'), [[6, {}]]);
  assert.deepEqual(meter.collect('wait_seconds_count'), [[6, {}]]);
  assert.deepEqual(meter.collect('wait_seconds_bucket'), [
    [5, { le: 0.001 }],
    [6, { le: 0.002 }],
    [6, { le: '+Inf' }],
  ]);
  assert.equal(meter.kinds.get('open'), 'gauge');
  assert.equal(meter.kinds.get('wait_seconds_bucket'), 'counter');
  assert.equal(meter.units.get('written_bytes_total'), 'By');
  assert.equal(meter.units.get('wait_seconds_sum'), 's');
});

test('nothing is observed once it has ended', () => {
  const meter = new Meter();
  const end = observeFigures(meter, figures);
  end();
  assert.deepEqual(meter.collect('open'), []);
});
