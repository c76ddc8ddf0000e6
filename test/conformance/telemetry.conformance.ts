/** Clients push metrics of their own (KIP-714), which show up beside the broker's: Java's clients and librdkafka. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '../../src/index.ts';
import { cacheDir } from '../support/broker-process.ts';
import { type Scrape, scrape } from '../support/scrape.ts';
import { missing } from './client-suite.ts';
import { ApiClient } from './differential/api-client.ts';
import { javaScenarios } from './java-program.ts';
import { eventually } from './node/scenario-runner.ts';

const { needs, ...java } = javaScenarios('TelemetryClient');
const python = join(cacheDir, 'python/bin/python');
const rdkafka = { files: [python], component: 'python' };
const CLIENT_METRICS = 16;

/** What any client tells, by its kind, and at least how much once it is at work. */
const WANTED = [
  ['p', 'kafka_client_producer_connection_creation_total', 0],
  ['p', 'kafka_client_producer_node_request_latency_max', 1],
  ['c', 'kafka_client_consumer_connection_creation_total', 0],
  ['c', 'kafka_client_consumer_coordinator_assigned_partitions', 1],
] as const;

/** The largest, of the brokers and partitions that have one. */
function valueOf({ values }: Scrape, name: string, clientId: string): number {
  const own = [...values].filter(([series]) => series.startsWith(`${name}{client_id="${clientId}"`));
  return Math.max(-1, ...own.map(([, value]) => value).filter((value) => !Number.isNaN(value)));
}

async function subscribe(port: number, name: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const client = await ApiClient.open(port);
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value, configOperation: 0 }));
  const resources = [{ resourceType: CLIENT_METRICS, resourceName: name, configs }];
  const answer = await client.call('IncrementalAlterConfigs', 1, { resources, validateOnly: false });
  assert.match(JSON.stringify(answer), /"errorCode":0/);
  client.close();
}

/** Runs the program until its metrics are there. */
async function showsMetricsOf(name: string, start: (bootstrap: string) => ChildProcess): Promise<void> {
  await using broker = await startBroker({ topics: ['t'], config: { 'walka.metrics.port': 0 } });
  const port = Number(broker.bootstrapServers.split(':')[1]);
  await subscribe(port, 'all', { metrics: '*', 'interval.ms': '200' });
  await subscribe(port, 'none', { metrics: 'other', match: 'client_id=somebody else' });
  const child = start(broker.bootstrapServers);
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const seen = (): Promise<Scrape> => scrape(broker.metricsPort as number);
  try {
    for (const [kind, metric, least] of WANTED) {
      await eventually(`${metric} of ${name}`, async () => {
        const value = valueOf(await seen(), metric, `${name}-${kind}`);
        return value >= least ? value : undefined;
      });
    }
  } finally {
    child.stdin?.end('\n');
    await closed;
  }
  assert.equal(child.exitCode, 0, output);
  const { values } = await seen();
  assert.equal(values.get('walka_client_pushes_malformed_total'), 0);
  for (const reason of ['not-wanted', 'kind', 'series', 'name', 'labels']) {
    assert.equal(values.get(`walka_client_points_dropped_total{reason="${reason}"}`), 0, reason);
  }
}

test('metrics of Java clients', { skip: needs === undefined ? false : missing(needs), timeout: 600_000 }, async () => {
  await showsMetricsOf('java', (bootstrap) => spawn(java.command, [...java.args, bootstrap, 't']));
});

test('metrics of librdkafka', { skip: missing(rdkafka), timeout: 600_000 }, async () => {
  const program = join(import.meta.dirname, 'python/telemetry_client.py');
  await showsMetricsOf('rd', (bootstrap) => spawn(python, [program, bootstrap, 't']));
});
