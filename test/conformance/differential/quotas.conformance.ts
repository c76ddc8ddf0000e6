/**
 * What quotas do, side by side with Apache Kafka 4.4.0: the same requests to both, whose answers must carry the same
 * throttle times but for the time that passed between the requests.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildBatch } from '../../../protocol/records/build.ts';
import { BrokerProcess, cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { missing } from '../client-suite.ts';
import { ApiClient, type Body } from './api-client.ts';
import { Session } from './session.ts';

const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
let brokers: readonly [kafka: BrokerProcess, walka: BrokerProcess];

before(async () => {
  if (skip !== false) return;
  const settings = { 'log.retention.ms': '-1' };
  const kafka = await BrokerProcess.start({ target: 'kafka', settings });
  brokers = [kafka, await BrokerProcess.start({ target: conformanceTarget, settings })];
});

after(async () => {
  for (const broker of brokers ?? []) await broker[Symbol.asyncDispose]();
});

/** One step of a client: what it is told, and what else must be the same. */
interface Seen {
  readonly throttleMs: number;
  readonly rest: unknown;
}

/** One that was seen so long after the quota was set. */
interface Timed extends Seen {
  readonly afterMs: number;
}

const timeoutMs = 10_000;
/** What one sample of a quota's window may make. */
const TOLERANCE_MS = 1500;

/** Runs the same on both, each with a client id of its own, and compares step by step. */
async function compare(name: string, quotas: Readonly<Record<string, number>>, run: Run): Promise<void> {
  const [kafka, walka] = await Promise.all(brokers.map((broker) => runOn(broker, name, quotas, run)));
  assert.equal(walka?.length, kafka?.length);
  for (const [step, seen] of (walka ?? []).entries()) {
    const expected = kafka?.[step] as Timed;
    assert.deepEqual(seen.rest, expected.rest, `step ${step}`);
    assert.equal(seen.throttleMs > 0, expected.throttleMs > 0, `step ${step}: ${seen.throttleMs}`);
    const distance = Math.abs(seen.throttleMs - expected.throttleMs);
    // Time that passes between requests counts for the client, and one of the brokers may have been slower.
    const tolerance = TOLERANCE_MS + Math.abs(seen.afterMs - expected.afterMs);
    assert.ok(distance <= tolerance, `step ${step}: ${seen.throttleMs} ms, and Kafka ${expected.throttleMs} ms`);
  }
}

interface World {
  readonly topic: string;
  readonly admin: ApiClient;
  connect(): Promise<ApiClient>;
  see(seen: Seen): void;
}

type Run = (world: World) => Promise<void>;

async function runOn(
  broker: BrokerProcess,
  clientId: string,
  quotas: Readonly<Record<string, number>>,
  run: Run,
): Promise<Timed[]> {
  const clients: ApiClient[] = [];
  const connect = async (id: string): Promise<ApiClient> => {
    const client = await ApiClient.open(broker.port, id);
    clients.push(client);
    return client;
  };
  try {
    const admin = await connect('admin');
    const topic = `quota-${clientId}`;
    await admin.call('CreateTopics', 7, {
      timeoutMs,
      topics: [{ name: topic, numPartitions: 1, replicationFactor: 1 }],
    });
    for (let i = 0; i < 3; i++) await untilProduced(admin, topic);
    const ops = Object.entries(quotas).map(([key, value]) => ({ key, value, remove: false }));
    const entries = [{ entity: [{ entityType: 'client-id', entityName: clientId }], ops }];
    await admin.call('AlterClientQuotas', 1, { entries, validateOnly: false });
    // Kafka's broker learns of it a little after its controller.
    const components = [{ entityType: 'client-id', matchType: 0, match: clientId }];
    for (;;) {
      const answer: any = await admin.call('DescribeClientQuotas', 1, { components, strict: true });
      if (answer.entries.length > 0) break;
    }
    await using session = new Session(broker.port, clientId);
    await session.published();
    const startMs = performance.now();
    const all: Timed[] = [];
    const see = (seen: Seen): void => void all.push({ ...seen, afterMs: performance.now() - startMs });
    await run({ connect: () => connect(clientId), topic, admin, see });
    return all;
  } finally {
    for (const client of clients) client.close();
  }
}

function produceBody(topic: string, valueBytes: number): Body {
  const records = buildBatch([{ key: null, value: Buffer.alloc(valueBytes), timestampMs: 1_700_000_000_000 }]);
  return { acks: -1, timeoutMs: 10_000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] };
}

async function untilProduced(admin: ApiClient, topic: string): Promise<void> {
  for (;;) {
    const answer: any = await admin.call('Produce', 9, produceBody(topic, 59_900));
    if (answer.responses[0].partitionResponses[0].errorCode === 0) return;
  }
}

test('producers are told the same', { skip }, () =>
  compare('producer', { producer_byte_rate: 10_000 }, async ({ connect, topic, see }) => {
    // Each on a connection of its own, so that none waits.
    for (const valueBytes of [45_000, 45_000, 45_000, 100]) {
      const answer: any = await (await connect()).call('Produce', 9, produceBody(topic, valueBytes));
      const rest = answer.responses[0].partitionResponses[0].errorCode;
      see({ throttleMs: answer.throttleTimeMs, rest });
    }
  }),
);

test('consumers get the same, and nothing beyond their quota', { skip }, () =>
  compare('consumer', { consumer_byte_rate: 10_000 }, async ({ connect, topic, see }) => {
    let session = { sessionId: 0, sessionEpoch: 0 };
    for (const fetchOffset of [0, 1]) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 60_000 }];
      const topics = [{ topic, partitions }];
      const fetch = { maxWaitMs: 500, minBytes: 1, maxBytes: 10_000_000, topics, ...session };
      const answer: any = await (await connect()).call('Fetch', 12, fetch);
      session = { sessionId: answer.sessionId, sessionEpoch: session.sessionEpoch + 1 };
      const rest = [answer.errorCode, answer.sessionId !== 0, answer.responses.length];
      see({ throttleMs: answer.throttleTimeMs, rest });
    }
    const full = { maxWaitMs: 500, minBytes: 1, maxBytes: 10_000_000, sessionId: 0, sessionEpoch: 0 };
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 60_000 }];
    const answer: any = await (await connect()).call('Fetch', 12, { ...full, topics: [{ topic, partitions }] });
    see({ throttleMs: answer.throttleTimeMs, rest: [answer.sessionId, answer.responses] });
  }),
);

test('changes of topics are made and refused alike, and clients held back', { skip }, () =>
  compare('mutations', { controller_mutation_rate: 0.5 }, async ({ connect, topic, see }) => {
    let calls = 0;
    const create = async (version: number, sizes: readonly number[], validateOnly = false): Promise<void> => {
      const topics = sizes.map((numPartitions, i) => ({
        name: `${topic}-${calls}-${i}`,
        numPartitions,
        replicationFactor: 1,
      }));
      const answer: any = await (await connect()).call('CreateTopics', version, { timeoutMs, topics, validateOnly });
      calls += 1;
      const rest = answer.topics.map(({ errorCode, errorMessage }: any) => [errorCode, errorMessage]).sort();
      see({ throttleMs: answer.throttleTimeMs, rest });
    };
    await create(7, [2]);
    await create(7, [20, 1]);
    await create(7, [1], true);
    await create(5, [3]);
    await create(6, [1]);
    const named = { timeoutMs, topics: [{ name: `${topic}-1-0`, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }] };
    const deleted: any = await (await connect()).call('DeleteTopics', 6, named);
    see({ throttleMs: deleted.throttleTimeMs, rest: deleted.responses[0].errorCode });
    const larger = { timeoutMs, topics: [{ name: `${topic}-1-0`, count: 21, assignments: null }] };
    const grown: any = await (await connect()).call('CreatePartitions', 3, larger);
    see({ throttleMs: grown.throttleTimeMs, rest: grown.results[0].errorCode });
    const oldDeleted: any = await (await connect()).call('DeleteTopics', 4, {
      timeoutMs,
      topicNames: [`${topic}-1-0`],
    });
    see({ throttleMs: oldDeleted.throttleTimeMs, rest: oldDeleted.responses[0].errorCode });
    const metadata = { topics: [{ name: `${topic}-auto` }], allowAutoTopicCreation: true };
    const asked: any = await (await connect()).call('Metadata', 12, metadata);
    see({ throttleMs: asked.throttleTimeMs, rest: asked.topics[0].errorCode });
  }),
);

test('who keeps the broker busy is held back for a window at most', { skip }, () =>
  compare('busy', { request_percentage: 0.000_1 }, async ({ connect, see }) => {
    // The first may be within the quota of the machine that is faster.
    for (let i = 0; i < 4; i++) {
      const answer: any = await (await connect()).call('Metadata', 12, { topics: null });
      if (i > 1) see({ throttleMs: answer.throttleTimeMs, rest: null });
    }
  }),
);
