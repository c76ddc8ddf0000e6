/** What a whole broker exports, as a scrape shows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { type Broker, startBroker, type StartBrokerOptions } from '../../src/index.ts';
import { Fetch, fetchRequest, produce } from '../support/data-apis.ts';
import { scrape, type Scrape } from '../support/scrape.ts';
import { WireClient } from '../support/wire-client.ts';
import { Metadata, FindCoordinator, OffsetCommit } from '../support/admin-apis.ts';

function start(options: StartBrokerOptions = {}): Promise<Broker> {
  const config = { 'walka.metrics.port': 0, 'offsets.topic.num.partitions': 1, ...options.config };
  return startBroker({ ...options, config });
}

function connect({ bootstrapServers }: Broker): Promise<WireClient> {
  return WireClient.open(Number(bootstrapServers.split(':')[1]));
}

function metricsOf({ metricsPort }: Broker): Promise<Scrape> {
  return scrape(metricsPort as number);
}

async function commit(client: WireClient, groupId: string, name: string, committedOffset: number): Promise<void> {
  await client.call(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] });
  const partitions = [{ partitionIndex: 0, committedOffset }];
  const answer = await client.call(OffsetCommit, 8, { groupId, topics: [{ name, partitions }] });
  assert.equal(answer.topics[0]?.partitions[0]?.errorCode, ErrorCode.NONE);
}

test('records and bytes are counted by topic, in and out, and partitions tell where they stand', async () => {
  await using broker = await start({ topics: [{ name: 'orders', partitions: 2 }, 'idle'] });
  const client = await connect(broker);
  await produce(client, 'orders', 0, 'a', 'b', 'c');
  await produce(client, 'orders', 1, 'd');
  await client.call(Fetch, 12, fetchRequest('orders', [{ partition: 0 }, { partition: 1 }]));
  await client.call(Fetch, 12, fetchRequest('orders', [{ partition: 1 }]));
  const { values } = await metricsOf(broker);
  assert.equal(values.get('walka_topic_received_records_total{topic="orders"}'), 4);
  assert.equal(values.get('walka_topic_sent_records_total{topic="orders"}'), 5);
  const received = values.get('walka_topic_received_bytes_total{topic="orders"}') ?? 0;
  const sent = values.get('walka_topic_sent_bytes_total{topic="orders"}') ?? 0;
  assert.ok(received > 100 && sent > received, `${received} in, ${sent} out`);
  assert.equal(values.get('walka_topic_received_records_total{topic="idle"}'), 0);
  assert.equal(values.get('walka_partition_log_end_offset{topic="orders",partition="0"}'), 3);
  assert.equal(values.get('walka_partition_high_watermark{topic="orders",partition="1"}'), 1);
  assert.equal(values.get('walka_partition_last_stable_offset{topic="orders",partition="1"}'), 1);
  assert.equal(values.get('walka_partition_log_start_offset{topic="idle",partition="0"}'), 0);
  const sizes = [0, 1].map((index) => values.get(`walka_partition_size_bytes{topic="orders",partition="${index}"}`));
  assert.equal((sizes[0] ?? 0) + (sizes[1] ?? 0), received);
  client.close();
});

test('groups tell their members, and how far they are behind', async () => {
  await using broker = await start({ topics: ['orders'] });
  const client = await connect(broker);
  await produce(client, 'orders', 0, 'a', 'b', 'c');
  await commit(client, 'readers', 'orders', 1);
  const { values } = await metricsOf(broker);
  assert.equal(values.get('walka_groups{type="classic",state="Empty"}'), 1);
  assert.equal(values.get('walka_group_members{group="readers",type="classic"}'), 0);
  assert.equal(values.get('walka_group_state{group="readers",type="classic",state="Empty"}'), 1);
  assert.equal(values.get('walka_group_committed_offset{group="readers",topic="orders",partition="0"}'), 1);
  assert.equal(values.get('walka_group_lag_records{group="readers",topic="orders",partition="0"}'), 2);
  assert.equal(values.get('walka_coordinator_partitions{topic="__consumer_offsets",status="active"}'), 1);
  client.close();
});

test('series beyond the bound are left out and counted', async () => {
  const topics = ['a', 'b', 'c'].map((name) => ({ name, partitions: 4 }));
  await using broker = await start({ topics, config: { 'walka.metrics.max.series': 6 } });
  const { values, text } = await metricsOf(broker);
  assert.equal(text.match(/^walka_partition_size_bytes\{/gm)?.length, 6);
  assert.equal(values.get('walka_metrics_left_out_series{metric="walka_partition_size_bytes"}'), 6);
  assert.equal(values.get('walka_metrics_left_out_series{metric="walka_topic_sent_bytes_total"}'), 0);
  assert.equal(values.get('walka_partitions'), 12);
});

test('errors are counted by API and name, those of single topics too', async () => {
  await using broker = await start({ config: { 'auto.create.topics.enable': false } });
  const client = await connect(broker);
  await client.call(Metadata, 9, { topics: [{ name: 'a' }, { name: 'b' }] });
  await client.call(Fetch, 12, fetchRequest('a', [{ partition: 0 }]));
  const { values } = await metricsOf(broker);
  assert.equal(values.get('walka_errors_total{api="Metadata",error="UNKNOWN_TOPIC_OR_PARTITION"}'), 2);
  assert.equal(values.get('walka_errors_total{api="Fetch",error="UNKNOWN_TOPIC_OR_PARTITION"}'), 1);
  assert.equal(values.get('walka_requests_total{api="Metadata"}'), 1);
  client.close();
});

test('the broker says what it is and that it is ready', async () => {
  await using broker = await start();
  const { values } = await metricsOf(broker);
  assert.equal(values.get(`walka_broker_info{cluster_id="${broker.clusterId}",node_id="1"}`), 1);
  assert.equal(values.get('walka_ready'), 1);
  assert.ok((values.get('walka_disk_total_bytes') ?? 0) > 0);
  const ready = await fetch(`http://127.0.0.1:${broker.metricsPort}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { ready: true, reasons: [] }]);
});

test('the same is said as OpenMetrics', async () => {
  await using broker = await start({ topics: ['orders'] });
  const { types, text } = await scrape(broker.metricsPort as number, 'application/openmetrics-text; version=1.0.0');
  assert.equal(types.get('walka_topic_received_bytes'), 'counter');
  assert.ok(text.endsWith('# EOF\n'));
});
