/** What is written by the client of the commands, to a broker that is slow to take it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { KafkaClient } from '../../src/client/kafka-client.ts';
import { Producer } from '../../src/client/producer.ts';
import { setQuotas } from '../support/quotas.ts';
import { soon, turns, until } from '../support/run-clock.ts';
import { startTestBroker } from '../support/test-broker.ts';

test('without acks a flush waits for what the system has not taken yet, which a client that ends would lose', async () => {
  const clock = new ManualClock();
  await using broker = await startTestBroker({ clock, limits: { maxIdleMs: -1 } });
  await broker.createTopic('t');
  using client = await KafkaClient.connect({
    bootstrap: [{ host: '127.0.0.1', port: broker.port }],
    clock: systemClock,
  });
  const producer = new Producer(client, { acks: 0 });
  const topic = await producer.topic('t');
  const connection = await client.leader('t', 0);
  // After the first request the broker reads no more of it.
  await setQuotas(broker.services, { user: null }, { producer_byte_rate: 1 });
  const state = { isFlushed: true, count: 0 };
  let flushed = Promise.resolve();
  while (state.isFlushed) {
    void topic.send({ key: null, value: Buffer.alloc(100_000), timestampMs: 0 }, 0);
    state.count += 1;
    state.isFlushed = false;
    flushed = producer.flush();
    void flushed.then(() => (state.isFlushed = true));
    await turns(20);
    if (state.isFlushed) assert.equal(connection.unsentBytes, 0);
  }
  await setQuotas(broker.services, { user: null }, { producer_byte_rate: null });
  clock.advance(2 ** 31);
  await soon(flushed);
  client[Symbol.dispose]();
  await until(() => broker.services.partitions.get('t', 0)?.logEndOffset === state.count);
});
