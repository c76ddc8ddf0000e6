/** The conformance scenarios through node-rdkafka (Debian's librdkafka), which is compiled into the folder WALKA_RDKAFKA. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { type Codec, type FormerMessage, loadFrom, runScenarios } from './scenarios.ts';
import { type Run, security } from '../node/scenario-runner.ts';

const { AdminClient, KafkaConsumer, Producer } = loadFrom('WALKA_RDKAFKA', 'node-rdkafka');

const TIMEOUT_MS = 60_000;

const settings = ({ bootstrap }: Run) => ({ ...security?.librdkafka, 'bootstrap.servers': bootstrap });

/** Calls what takes a callback. */
const call = (object: any, method: string, ...args: readonly unknown[]): Promise<any> =>
  promisify((done: (error: Error | null, result?: unknown) => void) => object[method](...args, done))();

async function withAdmin<T>(run: Run, use: (admin: any) => Promise<T>): Promise<T> {
  const admin = AdminClient.create(settings(run));
  try {
    return await use(admin);
  } finally {
    admin.disconnect();
  }
}

async function using<T>(client: any, use: (client: any) => Promise<T>): Promise<T> {
  await call(client, 'connect', { timeout: TIMEOUT_MS });
  try {
    return await use(client);
  } finally {
    await call(client, 'disconnect');
  }
}

const bytes = (text: string | null | undefined): Buffer | null => (text == null ? null : Buffer.from(text));

function produce(run: Run, topic: string, messages: readonly FormerMessage[], codec: Codec, more = {}): Promise<void> {
  const producer = new Producer({
    ...settings(run),
    dr_cb: true,
    acks: -1,
    'compression.codec': codec,
    'message.max.bytes': 4 << 20,
    'linger.ms': 5,
    ...more,
  });
  return using(producer, async () => {
    producer.setPollInterval(10);
    const errors: unknown[] = [];
    let count = 0;
    producer.on('delivery-report', (error: unknown) => {
      count++;
      if (error) errors.push(error);
    });
    for (const { key, value, partition = -1, timestamp, headers = {} } of messages) {
      const given = Object.entries(headers).map(([name, text]) => ({ [name]: text }));
      producer.produce(topic, partition, bytes(value), bytes(key), timestamp, null, given);
    }
    await call(producer, 'flush', TIMEOUT_MS);
    while (count < messages.length) await once(producer, 'delivery-report');
    assert.deepEqual(errors, []);
  });
}

const consumerOf = (run: Run, group: string): any =>
  new KafkaConsumer(
    {
      ...settings(run),
      'group.id': group,
      'enable.auto.commit': false,
      'session.timeout.ms': 30_000,
      'heartbeat.interval.ms': 300,
      'fetch.wait.max.ms': 100,
    },
    { 'auto.offset.reset': 'earliest' },
  );

await runScenarios({
  lacks: {},
  hasHeaders: true,
  create: (run, topic, partitions, config) =>
    withAdmin(run, (admin) =>
      call(admin, 'createTopic', { topic, num_partitions: partitions, replication_factor: 1, config }, TIMEOUT_MS),
    ),
  partitionCount: (run, topic) =>
    using(new Producer(settings(run)), async (client) => {
      const { topics } = await call(client, 'getMetadata', { topic, timeout: TIMEOUT_MS });
      return topics.find(({ name }: { name: string }) => name === topic).partitions.length;
    }),
  produce,
  produceIdempotent: (run, topic, messages) =>
    produce(run, topic, messages, 'none', { 'enable.idempotence': true, 'batch.num.messages': 10 }),
  async join(run, group, topic, onRead) {
    const consumer = consumerOf(run, group);
    await call(consumer, 'connect', { timeout: TIMEOUT_MS });
    consumer.on('data', ({ partition, offset, key, value, headers = [] }: any) => {
      const texts = headers
        .flatMap((header: object) => Object.entries(header))
        .map(([name, of]: any) => [name, String(of)]);
      const texted = { key: key?.toString() ?? null, value: value?.toString() ?? null };
      onRead({ partition, offset, ...texted, headers: Object.fromEntries(texts) });
    });
    consumer.setDefaultConsumeTimeout(50);
    consumer.subscribe([topic]);
    consumer.consume();
    return {
      owned: () => (consumer.isConnected() ? consumer.assignments().length : 0),
      commit: async (offset) => consumer.commitSync([{ topic, partition: 0, offset }]),
      close: () => call(consumer, 'disconnect'),
    };
  },
  commit: (run, group, topic, offsets) =>
    using(consumerOf(run, group), async (consumer) =>
      consumer.commitSync(offsets.map((offset, partition) => ({ topic, partition, offset }))),
    ),
  committed: (run, group, topic, partitions) =>
    using(consumerOf(run, group), async (consumer) => {
      const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
      const found = await call(consumer, 'committed', asked, TIMEOUT_MS);
      return found.map(({ offset }: any) => offset);
    }),
  offsetAt: (run, topic, time) =>
    using(consumerOf(run, `${topic}-nobody`), async (consumer) => {
      const found = await call(consumer, 'offsetsForTimes', [{ topic, partition: 0, offset: time }], TIMEOUT_MS);
      return found[0].offset;
    }),
  delete: (run, topic) => withAdmin(run, (admin) => call(admin, 'deleteTopic', topic, TIMEOUT_MS)),
});
