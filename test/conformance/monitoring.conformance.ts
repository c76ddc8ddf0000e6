/** Metrics and alert rules as Prometheus' own code judges them: promlint, its OpenMetrics parser, its reader of rules. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '../../src/index.ts';
import { cacheDir } from '../support/broker-process.ts';
import { Fetch, fetchRequest, produce } from '../support/data-apis.ts';
import { scrape } from '../support/scrape.ts';
import { WireClient } from '../support/wire-client.ts';
import { missing } from './client-suite.ts';

const command = join(cacheDir, 'go', 'monitoring');
const options = { skip: missing({ files: [command], component: 'go' }) };

/** What is wrong, a line each. */
function judged(args: readonly string[], input = ''): string {
  const { status, stdout, error } = spawnSync(command, args, { input, encoding: 'utf8' });
  assert.equal(error, undefined);
  assert.equal(status === 0, stdout === '', stdout);
  return stdout;
}

test('names, types and help of metrics are as promlint wants them, and OpenMetrics can be read', options, async () => {
  await using broker = await startBroker({ topics: ['orders'], config: { 'walka.metrics.port': 0 } });
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  await produce(client, 'orders', 0, 'a');
  await client.call(Fetch, 12, fetchRequest('missing', [{ partition: 0 }]));
  client.close();
  const port = broker.metricsPort as number;
  assert.equal(judged(['lint'], (await scrape(port)).text), '');
  assert.equal(judged(['openmetrics'], (await scrape(port, 'application/openmetrics-text')).text), '');
  assert.match(judged(['lint'], 'requests_ms 1\n'), /requests_ms/);
});

test('the alert rules can be loaded', options, () => {
  assert.equal(judged(['rules', join(import.meta.dirname, '../../dashboards/alerts.yaml')]), '');
});
