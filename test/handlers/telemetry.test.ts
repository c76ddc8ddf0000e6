/** GetTelemetrySubscriptions and PushTelemetry, by the rules that Apache Kafka 4.4.0 was seen to keep. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ErrorCode } from '../../protocol/errors.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { apiVersionsHandler } from '../../src/handlers/api-versions.ts';
import { handlers } from '../../src/handlers/index.ts';
import { ConfigResourceType } from '../../src/metadata/types.ts';
import { telemetryFigures } from '../../src/telemetry/figures.ts';
import { writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import { call } from '../support/admin-services.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { ask } from '../support/handler-client.ts';
import { metricsData, type TestMetric } from '../support/otlp.ts';
import { openTestServices } from '../support/test-services.ts';
import { GetTelemetrySubscriptions, PushTelemetry } from '../support/telemetry-apis.ts';

const RESERVED = 'AAAAAAAAAAAAAAAAAAAAAQ';
const MAX = 1_048_576;
const { NONE, INVALID_REQUEST, THROTTLING_QUOTA_EXCEEDED, UNKNOWN_SUBSCRIPTION_ID } = ErrorCode;

async function open(settings: Readonly<Record<string, string>> = { 'walka.metrics.port': '0' }) {
  const clock = new ManualClock();
  const { services } = await openTestServices({ clock, settings });
  const subscribe = (name: string, configs: Record<string, string>) =>
    services.metadata.alterDynamicConfigs(
      ConfigResourceType.CLIENT_METRICS,
      name,
      () => new Map(Object.entries(configs)),
    );
  const askFor = (clientInstanceId = ZERO_UUID) => ask(services, GetTelemetrySubscriptions, 0, { clientInstanceId });
  const push = async (clientInstanceId: string, subscriptionId: number, more: object = {}) => {
    const base = { clientInstanceId, subscriptionId, terminating: false, compressionType: 0, metrics: Buffer.alloc(0) };
    return (await ask(services, PushTelemetry, 0, { ...base, ...more })).errorCode;
  };
  const figures = async () => {
    const telemetry = await services.clientTelemetry.get();
    const values = [...telemetry.figures(), ...telemetryFigures(() => telemetry)].flatMap(({ name, collect }) =>
      [...collect()].map(({ metricName = name, labels, value }) => [metricName, labels ?? {}, value] as const),
    );
    return { values, of: (wanted: string) => values.filter(([name]) => name === wanted).map(([, , value]) => value) };
  };
  return { services, clock, subscribe, ask: askFor, push, figures };
}

type World = Awaited<ReturnType<typeof open>>;

/** An instance that has asked. */
async function asked({ ask: askFor }: World) {
  const { clientInstanceId, subscriptionId } = await askFor();
  return { id: clientInstanceId, subscription: subscriptionId };
}

describe('GetTelemetrySubscriptions', () => {
  test('gives an id to who has none, and the defaults where there is no subscription', async () => {
    const answer = await (await open()).ask();
    assert.notEqual(answer.clientInstanceId, ZERO_UUID);
    const { clientInstanceId: _, subscriptionId: __, ...rest } = answer;
    assert.deepEqual(rest, {
      throttleTimeMs: 0,
      errorCode: NONE,
      acceptedCompressionTypes: [4, 3, 1, 2],
      pushIntervalMs: 300_000,
      telemetryMaxBytes: MAX,
      deltaTemporality: true,
      requestedMetrics: [],
    });
  });

  test('refuses who asks again within the interval', async () => {
    const world = await open();
    const { id } = await asked(world);
    world.clock.advance(299_999);
    const refused = await world.ask(id);
    assert.deepEqual(
      [refused.errorCode, refused.clientInstanceId, refused.pushIntervalMs],
      [THROTTLING_QUOTA_EXCEEDED, ZERO_UUID, 0],
    );
    world.clock.advance(1);
    assert.equal((await world.ask(id)).errorCode, NONE);
  });

  test('joins the subscriptions that match, with the shortest interval', async () => {
    const world = await open();
    await world.subscribe('a', { metrics: 'org.apache.kafka.a,b', 'interval.ms': '2000' });
    await world.subscribe('b', {
      metrics: 'b,c',
      'interval.ms': '1000',
      match: 'client_id=te.t,client_source_address=10[.].*',
    });
    await world.subscribe('c', { metrics: 'd', 'interval.ms': '100', match: 'client_id=es' });
    await world.subscribe('d', { metrics: '*', match: 'client_software_name=.+' });
    const first = await world.ask();
    assert.deepEqual([first.requestedMetrics, first.pushIntervalMs], [['b', 'c', 'org.apache.kafka.a'], 1000]);
    await world.subscribe('d', { metrics: '*', match: 'client_source_port=40000' });
    const second = await world.ask(first.clientInstanceId);
    assert.deepEqual([second.requestedMetrics, second.pushIntervalMs], [['*'], 1000]);
    assert.notEqual(second.subscriptionId, first.subscriptionId);
    await world.subscribe('d', {});
    await world.subscribe('own', { metrics: 'own', match: `client_instance_id=${first.clientInstanceId}` });
    const third = await world.ask(first.clientInstanceId);
    assert.deepEqual(third.requestedMetrics, ['b', 'c', 'org.apache.kafka.a', 'own']);
    const { subscriptionId: one } = await world.ask();
    const { subscriptionId: other } = await world.ask();
    assert.notEqual(one, other);
  });
});

describe('PushTelemetry', () => {
  test('is taken once after an answer, and then once an interval', async () => {
    const world = await open();
    const { id, subscription } = await asked(world);
    assert.equal(await world.push(id, subscription), NONE);
    assert.equal(await world.push(id, subscription), THROTTLING_QUOTA_EXCEEDED);
    assert.equal(await world.push(id, subscription + 1), THROTTLING_QUOTA_EXCEEDED);
    world.clock.advance(300_000);
    assert.equal(await world.push(id, subscription), NONE);
    assert.equal((await world.ask(id)).errorCode, THROTTLING_QUOTA_EXCEEDED);
  });

  test('of no instance is a bad request', async () => {
    const world = await open();
    const { subscription } = await asked(world);
    for (const id of [ZERO_UUID, RESERVED]) assert.equal(await world.push(id, subscription), INVALID_REQUEST, id);
  });

  test('of another subscription sends the client to ask again, at once', async () => {
    const world = await open();
    const { id, subscription } = await asked(world);
    assert.equal(await world.push(id, subscription + 1), UNKNOWN_SUBSCRIPTION_ID);
    assert.equal((await world.ask(id)).errorCode, NONE);
    // Who never asked has no subscription, either.
    const stranger = 'AAAAAAAAAAAAAAAAAAAAQQ';
    assert.equal(await world.push(stranger, subscription), UNKNOWN_SUBSCRIPTION_ID);
    assert.equal((await world.ask(stranger)).errorCode, NONE);
    await world.subscribe('new', { metrics: 'x' });
    assert.equal(await world.push(id, subscription), UNKNOWN_SUBSCRIPTION_ID);
  });

  test('in a codec that is none, or too large, counts as a push', async () => {
    const world = await open();
    const first = await asked(world);
    assert.equal(
      await world.push(first.id, first.subscription, { compressionType: 9 }),
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    );
    assert.equal(await world.push(first.id, first.subscription), THROTTLING_QUOTA_EXCEEDED);
    const second = await asked(world);
    const large = { metrics: Buffer.alloc(MAX + 1) };
    assert.equal(await world.push(second.id, second.subscription, large), ErrorCode.TELEMETRY_TOO_LARGE);
    assert.equal(await world.push(second.id, second.subscription), THROTTLING_QUOTA_EXCEEDED);
  });

  test('that is the last one is taken at any time, and none after it', async () => {
    const world = await open();
    const { id, subscription } = await asked(world);
    assert.equal(await world.push(id, subscription), NONE);
    assert.equal(await world.push(id, subscription, { terminating: true }), NONE);
    assert.equal(await world.push(id, subscription, { terminating: true }), INVALID_REQUEST);
  });

  test('expands to the limit and not beyond it, and is refused where it cannot be expanded', async () => {
    const world = await open({});
    const cases = [
      [1, gzipSync(Buffer.alloc(MAX)), NONE],
      [4, zstdCompressSync(Buffer.alloc(MAX)), NONE],
      [1, gzipSync(Buffer.alloc(MAX + 1)), ErrorCode.INVALID_RECORD],
      [4, zstdCompressSync(Buffer.alloc(100 * MAX)), ErrorCode.INVALID_RECORD],
      ...[1, 2, 3, 4].map((codec) => [codec, Buffer.from('abc'), ErrorCode.INVALID_RECORD] as const),
    ] as const;
    for (const [compressionType, metrics, errorCode] of cases) {
      const { id, subscription } = await asked(world);
      assert.equal(
        await world.push(id, subscription, { compressionType, metrics }),
        errorCode,
        `codec ${compressionType}`,
      );
    }
  });
});

const COUNTER = { isDelta: true, isMonotonic: true };

describe('pushed metrics', () => {
  async function pushing(world: World, ...pushes: ReadonlyArray<readonly TestMetric[]>) {
    const { id, subscription } = await asked(world);
    const codes = [];
    for (const metrics of pushes) {
      codes.push(await world.push(id, subscription, { metrics: metricsData(metrics, { group_id: 'g' }) }));
      world.clock.advance(1000);
    }
    return { id, codes };
  }

  test('become figures: differences are added up, gauges replaced', async () => {
    const world = await open();
    await world.subscribe('all', { metrics: '*', 'interval.ms': '1000' });
    const member = 'member_id';
    const metrics = (total: number, gauge: number): TestMetric[] => [
      {
        name: 'org.apache.kafka.producer.record.send',
        sum: COUNTER,
        points: [{ value: total, attributes: { 'node.id': '7' } }],
      },
      { name: 'librdkafka.q-size', points: [{ value: gauge, attributes: { [member]: `m${gauge}` } }] },
    ];
    const { id, codes } = await pushing(world, metrics(3, 10), metrics(4, 20));
    assert.deepEqual(codes, [NONE, NONE]);
    const own = { client_id: 'test', client_instance_id: id, group_id: 'g' };
    const { values, of } = await world.figures();
    const pushed = values.filter(([name]) => name.startsWith('kafka_client_'));
    assert.deepEqual(pushed, [
      ['kafka_client_producer_record_send_total', { ...own, node_id: '7' }, 7],
      ['kafka_client_librdkafka_q_size', own, 20],
    ]);
    assert.deepEqual([of('walka_client_pushes_total'), of('walka_client_instances')], [[2], [1]]);
  });

  test('are histograms, too: differences are added up, and other bounds begin anew', async () => {
    const world = await open({ 'walka.metrics.port': '0', 'walka.metrics.max.series': '6' });
    await world.subscribe('all', { metrics: '*', 'interval.ms': '1000' });
    const push = (isDelta: boolean, bounds: readonly number[], counts: readonly number[], sum: number) => [
      {
        name: 'rtt',
        histogram: { isDelta },
        points: [{ value: counts.reduce((a, b) => a + b), buckets: { bounds, counts, sum } }],
      },
    ];
    const { id } = await pushing(world, push(true, [1, 10], [1, 2, 3], 40), push(true, [1, 10], [1, 0, 1], 20));
    const own = { client_id: 'test', client_instance_id: id, group_id: 'g' };
    const lines = async () => (await world.figures()).values.filter(([name]) => name.startsWith('kafka_client_'));
    assert.deepEqual(await lines(), [
      ['kafka_client_rtt_bucket', { ...own, le: 1 }, 2],
      ['kafka_client_rtt_bucket', { ...own, le: 10 }, 4],
      ['kafka_client_rtt_bucket', { ...own, le: '+Inf' }, 8],
      ['kafka_client_rtt_sum', own, 60],
      ['kafka_client_rtt_count', own, 8],
    ]);
    const { subscriptionId } = await world.ask(id);
    const next = async (metrics: readonly TestMetric[]) => {
      world.clock.advance(1000);
      const bytes = metricsData(metrics, { group_id: 'g' });
      assert.equal(await world.push(id, subscriptionId, { metrics: bytes }), NONE);
      return (await lines()).map(([name, labels, value]) => [name.slice(13), labels['le'], value]);
    };
    const fewer = [
      ['rtt_bucket', 1, 7],
      ['rtt_bucket', '+Inf', 8],
      ['rtt_sum', undefined, 9],
      ['rtt_count', undefined, 8],
    ];
    assert.deepEqual(await next(push(false, [1], [7, 1], 9)), fewer);
    const tooMany = push(false, [1, 2, 3, 4], [0, 0, 0, 0, 1], 9);
    const none = [
      {
        name: 'rtt',
        histogram: { isDelta: true },
        points: [{ value: 1, buckets: { bounds: [1], counts: [1], sum: 1 } }],
      },
    ];
    const clashing = [{ name: 'rtt_count', points: [{ value: 1 }] }];
    assert.deepEqual(await next([...tooMany, ...none, ...clashing]), fewer);
    const { values } = await world.figures();
    const dropped = values.filter(([name]) => name.endsWith('dropped_total')).filter(([, , value]) => value > 0);
    assert.deepEqual(
      dropped.map(([, labels, value]) => [labels['reason'], value]),
      [
        ['kind', 2],
        ['series', 1],
      ],
    );
  });

  test('that nobody asked for, of another kind and of no form are not kept, and counted', async () => {
    const world = await open();
    await world.subscribe('some', { metrics: 'org.apache.kafka.a', 'interval.ms': '1000' });
    const points = [{ value: 1 }];
    const { codes, id } = await pushing(
      world,
      [
        { name: 'org.apache.kafka.b', points },
        { name: 'org.apache.kafka.a', points },
      ], // prettier-ignore
      [{ name: 'org.apache.kafka.a.total', points }],
      [{ name: 'org.apache.kafka.a', sum: COUNTER, points }],
    );
    assert.deepEqual(codes, [NONE, NONE, NONE]);
    world.clock.advance(1000);
    const { subscriptionId } = await world.ask(id);
    assert.equal(await world.push(id, subscriptionId, { metrics: Buffer.from('abc') }), ErrorCode.INVALID_RECORD);
    const { values } = await world.figures();
    const dropped = Object.fromEntries(
      values.filter(([name]) => name.endsWith('dropped_total')).map(([, labels, value]) => [labels['reason'], value]),
    );
    assert.deepEqual(dropped, { 'not-wanted': 1, kind: 1, series: 0, name: 0, labels: 0 });
    assert.deepEqual((await world.figures()).of('walka_client_pushes_malformed_total'), [1]);
  });

  test('are bounded in series, and free what an instance held when it is forgotten', async () => {
    const world = await open({ 'walka.metrics.port': '0', 'walka.metrics.max.series': '10' });
    await world.subscribe('all', { metrics: '*', 'interval.ms': '1000' });
    const points = Array.from({ length: 15 }, (_, index) => ({ value: index, attributes: { index: String(index) } }));
    await pushing(world, [{ name: 'a', points }]);
    assert.equal((await world.figures()).of('kafka_client_a').length, 10);
    await pushing(world, [{ name: 'b', points }]);
    assert.deepEqual((await world.figures()).of('kafka_client_b'), []);
    world.clock.advance(60_000);
    assert.deepEqual((await world.figures()).of('kafka_client_a'), []);
    await pushing(world, [{ name: 'b', points }]);
    const { of, values } = await world.figures();
    assert.equal(of('kafka_client_b').length, 10);
    assert.deepEqual(of('walka_client_instances'), [1]);
    assert.equal(values.find(([, labels]) => labels['reason'] === 'series')?.[2], 25);
  });

  test('cannot take names or labels that are ours, nor long ones', async () => {
    const world = await open();
    await world.subscribe('all', { metrics: '*', 'interval.ms': '1000' });
    const attributes = { client_id: 'other', __name__: 'x', constructor: 'y', le: '1', '': 'z', 'a"b\n': 'v' };
    const { id } = await pushing(world, [
      { name: 'walka_requests_total{}', points: [{ value: 1, attributes }] },
      { name: 'x'.repeat(1000), points: [{ value: 1 }] },
      { name: 'long', points: [{ value: 1, attributes: { long: 'x'.repeat(1000) } }] },
      {
        name: 'many',
        points: [{ value: 1, attributes: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, ''])) }],
      },
      {
        name: 'much',
        points: [
          {
            value: 1,
            attributes: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`l${i}`, 'x'.repeat(200)])),
          },
        ],
      },
    ]);
    const pushed = (await world.figures()).values.filter(([name]) => name.startsWith('kafka_client_'));
    const labels = {
      attribute_: 'z',
      attribute___name__: 'x',
      attribute_le: '1',
      a_b_: 'v',
      constructor: 'y',
      group_id: 'g',
    };
    assert.deepEqual(
      pushed.map(([name, own, value]) => [name, { ...own }, value]),
      [['kafka_client_walka_requests_total__', { client_id: 'test', client_instance_id: id, ...labels }, 1]],
    ); // prettier-ignore
  });

  test('have one family for each name that OpenMetrics has', async () => {
    const world = await open();
    await world.subscribe('all', { metrics: '*' });
    const sum = { isDelta: true, isMonotonic: true };
    await pushing(world, [
      { name: 'a', sum, points: [{ value: 1 }] },
      { name: 'a', points: [{ value: 2 }] },
      { name: 'b', points: [{ value: 3 }] },
      { name: 'b', sum, points: [{ value: 4 }] },
      { name: 'c_total', points: [{ value: 5 }] },
      { name: 'c', points: [{ value: 6 }] },
    ]);
    const { values } = await world.figures();
    assert.deepEqual(
      values.filter(([name]) => name.startsWith('kafka_client_')).map(([name, , value]) => [name, value]),
      [
        ['kafka_client_a_total', 1],
        ['kafka_client_b', 3],
        ['kafka_client_c_total', 5],
        ['kafka_client_c', 6],
      ],
    );
    assert.equal(values.find(([, labels]) => labels['reason'] === 'kind')?.[2], 2);
  });

  test('keep no long client ids of instances that somebody makes up', async () => {
    const world = await open();
    const telemetry = await world.services.clientTelemetry.get();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 300; i++) {
      telemetry.ask({ instanceId: ZERO_UUID, labels: new Map([['client_id', `${i}`.padEnd(30_000, 'x')]]) });
    }
    collectGarbage();
    const keptBytes = process.memoryUsage().heapUsed - before;
    assert.equal(telemetry.instanceCount, 300);
    assert.ok(keptBytes < 3_000_000, `${keptBytes} bytes are kept`);
  });

  test('are checked and forgotten where nobody reads them', async () => {
    const world = await open({});
    await world.subscribe('all', { metrics: '*', 'interval.ms': '1000' });
    const { id, subscription } = await asked(world);
    assert.equal(await world.push(id, subscription, { metrics: Buffer.from('abc') }), NONE);
    assert.deepEqual((await world.figures()).of('walka_client_pushes_total'), [0]);
  });
});

test('ApiVersions shows them where somebody reads metrics', async () => {
  const api = apiVersionsHandler(() => handlers);
  const codecs = { api, write: writeApiVersionsRequest, read: readApiVersionsResponse };
  for (const [settings, shown] of [
    [{}, []],
    [{ 'walka.metrics.port': '0' }, [71, 72]],
    [{ 'walka.otel.export': 'metrics' }, [71, 72]],
    [{ 'walka.otel.export': 'traces' }, []],
  ] as const) {
    const { services } = await openTestServices({ settings });
    const names = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const { apiKeys } = await call(services, codecs, 4, names);
    const keys = apiKeys.map(({ apiKey }) => apiKey).filter((key) => key === 71 || key === 72);
    assert.deepEqual(keys, shown, JSON.stringify(settings));
  }
});
