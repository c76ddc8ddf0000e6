/** What is exported about share groups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesBound } from '../../src/metrics/series.ts';
import { shareFigures } from '../../src/share/figures.ts';
import { produce } from '../support/data-apis.ts';
import { initializeState, ShareMember } from '../support/share-apis.ts';
import { startTestBroker } from '../support/test-broker.ts';

const ACCEPT = 1;

test('share groups tell where they begin, what is in flight, and how far they are behind', async () => {
  await using broker = await startTestBroker({ settings: { 'share.coordinator.state.topic.num.partitions': '1' } });
  const { services } = broker;
  const topicId = await broker.createTopic('orders');
  await initializeState(services, 'group', topicId);
  const client = await broker.connect();
  await produce(client, 'orders', 0, 'a', 'b', 'c', 'd');
  const member = new ShareMember(await broker.connect(), topicId);
  const { metadata, engine, partitions, sharePartitions } = services;
  const figures = shareFigures(sharePartitions, { metadata, engine, partitions, bound: new SeriesBound(() => 10) });
  const values = (): unknown[] => figures.map(({ collect }) => [...collect()].map(({ value }) => value));
  assert.deepEqual(values(), [[], [], []]);
  await member.fetch();
  assert.deepEqual(values(), [[0], [4], [4]]);
  await member.acknowledge([0, 1, ACCEPT]);
  assert.deepEqual(values(), [[2], [2], [2]]);
  const [labels] = [...(figures[0]?.collect() ?? [])].map((value) => value.labels);
  assert.deepEqual(labels, { group: 'group', topic: 'orders', partition: 0 });
  assert.equal(partitions.traffic(topicId)?.sentRecords, 4);
});
