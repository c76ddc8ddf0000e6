/** Large pushes: in turns with others, and of nobody who was forgotten meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turn } from '../../src/base/real-time.ts';
import { Instance } from '../../src/telemetry/client-instances.ts';
import { PushedMetrics } from '../../src/telemetry/pushed-metrics.ts';
import { metricsData } from '../support/otlp.ts';

const WANTED = { prefixes: [''], intervalMs: 1000 };

function instanceNamed(instanceId: string): Instance {
  return new Instance({ instanceId, clientId: 'client', version: 1, wanted: WANTED, subscriptionId: 1 }, 0);
}

/** A metric for each of so many names, each with so many points. */
function push(names: number, points: number, resource: Readonly<Record<string, string>> = {}): Buffer {
  const metrics = Array.from({ length: names }, (_, i) => ({
    name: `metric.${i}`,
    points: Array.from({ length: points }, (__, j) => ({ value: j, attributes: { topic: `topic-${j}` } })),
  }));
  return metricsData(metrics, resource);
}

const seriesOf = (metrics: PushedMetrics): number =>
  metrics.figures().reduce((sum, figure) => sum + [...figure.collect()].length, 0);

test('others have their turn while a large push is read and taken', async () => {
  const metrics = new PushedMetrics(() => 10_000);
  const state = { isTaken: false, turns: 0 };
  const taking = metrics.take(instanceNamed('A'), push(10, 2000), () => true).then(() => (state.isTaken = true));
  while (!state.isTaken) {
    await turn();
    state.turns += 1;
  }
  await taking;
  assert.ok(state.turns > 30, `${state.turns} turns`);
  assert.equal(seriesOf(metrics), 5000);
  assert.equal(metrics.dropped.get('series'), 15_000);
  assert.equal(metrics.pushes, 1);
});

test('nothing is kept of a client that is forgotten while its push is taken, and others share the families', async () => {
  const metrics = new PushedMetrics(() => 5000);
  const [going, staying] = [instanceNamed('A'), instanceNamed('B')];
  const state = { isKnown: true };
  const taking = metrics.take(going, push(10, 400), () => state.isKnown);
  while (seriesOf(metrics) === 0) await turn();
  const beside = metrics.take(staying, push(10, 400), () => true);
  state.isKnown = false;
  metrics.forget('A');
  await Promise.all([taking, beside]);
  assert.equal(seriesOf(metrics), 4000);
  assert.equal(metrics.dropped.size, 0);
  metrics.forget('B');
  assert.equal(seriesOf(metrics), 0);
  await metrics.take(going, push(10, 500), () => true);
  assert.equal(seriesOf(metrics), 5000, 'all room is there again');
});

test('points with very many attributes, or very long names of them, are dropped before anything is made of them', async () => {
  const metrics = new PushedMetrics(() => 5000);
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`attribute-${i}`, 'x']));
  await metrics.take(instanceNamed('A'), push(1, 10_000, many), () => true);
  await metrics.take(instanceNamed('A'), push(1, 1000, { ['a'.repeat(100_000)]: 'x' }), () => true);
  assert.equal(metrics.dropped.get('labels'), 11_000);
  assert.equal(seriesOf(metrics), 0);
});
