/** Clients with quotas as kafkajs sees them: everything arrives, some of it later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { type Broker, startBroker } from '../src/index.ts';
import { scrape } from './support/scrape.ts';
import { WireClient } from './support/wire-client.ts';
import { AlterClientQuotas } from './support/config-apis.ts';

async function setQuota(broker: Broker, clientId: string, key: string, value: number): Promise<void> {
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  const entity = [{ entityType: 'client-id', entityName: clientId }];
  const entries = [{ entity, ops: [{ key, value, remove: false }] }];
  const answer = await client.call(AlterClientQuotas, 1, { entries, validateOnly: false });
  client.close();
  assert.equal(answer.entries[0]?.errorCode, 0);
}

function kafkaOf(broker: Broker, clientId: string): Kafka {
  return new Kafka({ clientId, brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
}

async function throttled(broker: Broker, quota: string, clientId: string): Promise<number> {
  const { values } = await scrape(broker.metricsPort as number);
  const labels = `{quota="${quota}",user="",client_id="${clientId}"}`;
  return values.get(`walka_quota_throttled_requests_total${labels}`) ?? 0;
}

test('producers and consumers over their quotas are held back, and get everything through', async () => {
  const config = { 'walka.metrics.port': 0, 'group.initial.rebalance.delay.ms': 0 };
  await using broker = await startBroker({ topics: ['t'], config });
  // Low enough that what a slow machine sends and reads within seconds is still beyond what ten seconds allow.
  await setQuota(broker, 'slow', 'producer_byte_rate', 80_000);
  await setQuota(broker, 'slow', 'consumer_byte_rate', 90_000);
  const [slow, other] = [kafkaOf(broker, 'slow').producer(), kafkaOf(broker, 'other').producer()];
  await Promise.all([slow.connect(), other.connect()]);
  const value = Buffer.alloc(255_000, 1);
  const order: string[] = [];
  const send = async (producer: typeof slow, key: string): Promise<void> => {
    await producer.send({ topic: 't', messages: [{ key, value: key.startsWith('slow') ? value : 'x' }] });
    order.push(key);
  };
  for (let i = 0; i < 4; i++) await send(slow, `slow ${i}`);
  await send(other, 'other');
  await send(slow, 'last');
  assert.ok((await throttled(broker, 'producer_byte_rate', 'slow')) >= 1);
  await Promise.all([slow.disconnect(), other.disconnect()]);
  const consumer = kafkaOf(broker, 'slow').consumer({ groupId: 'g', maxBytesPerPartition: 300_000 });
  await consumer.connect();
  await consumer.subscribe({ topic: 't', fromBeginning: true });
  const keys: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { key: Buffer | null } }): Promise<void> => {
      keys.push(String(message.key));
      if (keys.length === 6) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  assert.deepEqual(keys, order);
  assert.ok((await throttled(broker, 'consumer_byte_rate', 'slow')) >= 1);
  await consumer.disconnect();
});
