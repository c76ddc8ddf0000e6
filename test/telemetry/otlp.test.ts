/** Reading OTLP: what clients send, and what nobody should. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { turn } from '../../src/base/real-time.ts';
import { type PushedMetric, readMetrics } from '../../src/telemetry/otlp.ts';
import { MalformedMessageError } from '../../src/telemetry/protobuf.ts';
import { field, metricsData } from '../support/otlp.ts';

const read = (bytes: Buffer): Promise<PushedMetric[]> => readMetrics(bytes, turn);

test('gauges and sums are read with their attributes and those of the resource', async () => {
  const bytes = metricsData(
    [
      { name: 'g', points: [{ value: 1.5, attributes: { topic: 't', partition: '3' } }, { value: -2 }] },
      { name: 's', sum: { isDelta: true, isMonotonic: true }, points: [{ value: 7 }] },
    ],
    { group_id: 'readers' },
  );
  const resource = new Map([['group_id', 'readers']]);
  const none = new Map();
  assert.deepEqual(await read(bytes), [
    {
      name: 'g',
      description: 'About g.',
      resource,
      kind: 'gauge',
      isMonotonic: false,
      isDelta: false,
      points: [
        {
          value: 1.5,
          attributes: new Map([
            ['topic', 't'],
            ['partition', '3'],
          ]),
        }, // prettier-ignore
        { value: -2, attributes: none },
      ],
    },
    {
      name: 's',
      description: 'About s.',
      resource,
      kind: 'sum',
      isMonotonic: true,
      isDelta: true,
      points: [{ value: 7, attributes: none }],
    },
  ]);
});

test('fields that are not known are skipped, and other kinds of metrics are named', async () => {
  const unknown = [
    Buffer.from([0xf8, 0x07, 0x96, 0x01]),
    field(90, 'text'),
    Buffer.from('f90701020304050607080d01020304', 'hex'),
  ];
  const histogram = field(2, field(1, 'h'), field(12, field(1, 'whatever')));
  const [metric] = await read(field(1, ...unknown.slice(0, 2), field(2, unknown[1] as Buffer, histogram)));
  assert.deepEqual([metric?.name, metric?.kind, metric?.points], ['h', 'other', []]);
  assert.deepEqual(await read(Buffer.concat(unknown.slice(0, 2))), []);
  assert.deepEqual(await read(Buffer.alloc(0)), []);
});

test('histograms are read with their bounds, and what is none is told from them', async () => {
  const buckets = { bounds: [0.5, 2], counts: [1, 2, 3], sum: 9.5 };
  const points = [
    { value: 6, buckets, attributes: { topic: 't' } },
    { value: 4 },
    { value: 6, buckets: { ...buckets, bounds: [2, 2] } },
    { value: 6, buckets: { ...buckets, bounds: [1] } },
    { value: 6, buckets: { ...buckets, bounds: [1, Infinity] } },
  ];
  const [metric] = await read(metricsData([{ name: 'h', histogram: { isDelta: true }, points }]));
  assert.deepEqual([metric?.kind, metric?.isDelta], ['histogram', true]);
  assert.deepEqual(metric?.points[0], { value: 6, attributes: new Map([['topic', 't']]), histogram: buckets });
  assert.deepEqual(metric?.points[1]?.histogram, { bounds: [], counts: [4], sum: 0 });
  assert.deepEqual(
    metric?.points.slice(2).map(({ histogram }) => histogram),
    [null, null, null],
  );
});

test('what is no OTLP is refused as such, wherever it ends', async () => {
  const buckets = { bounds: [1, 2], counts: [0, 1, 0], sum: 1.5 };
  const whole = metricsData(
    [
      { name: 'g', points: [{ value: 1, attributes: { a: 'b' } }] },
      { name: 'h', histogram: { isDelta: false }, points: [{ value: 1, buckets }] },
    ],
    { c: 'd' },
  ); // prettier-ignore
  for (let end = 1; end < whole.length; end++) {
    await assert.rejects(read(whole.subarray(0, end)), MalformedMessageError, `${end} bytes`);
  }
  for (const hex of ['00', '0f', '0bff', '08ffffffffffffffffffff01', '0affffffff0f', '09', '0d0000', '0aff']) {
    await assert.rejects(read(Buffer.from(hex, 'hex')), MalformedMessageError, hex);
  }
});

test('changed bytes are read or refused, and nothing else', async () => {
  const random = seededRandom(11);
  const points = [{ value: 1, attributes: { a: 'b' } }];
  const sum = { isDelta: true, isMonotonic: true };
  const whole = metricsData(
    [
      { name: 'g', points },
      { name: 's', sum, points },
    ],
    { c: 'd' },
  ); // prettier-ignore
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(whole);
    for (const byte of random.bytes(1 + (round % 4))) bytes[byte % bytes.length] = random.bytes(1)[0] as number;
    try {
      await read(bytes);
    } catch (error) {
      assert.ok(error instanceof MalformedMessageError, String(error));
      refused += 1;
    }
  }
  assert.ok(refused > 1000);
});

test('a push of more elements than memory should hold is refused', async () => {
  const empty = Buffer.from([0x0a, 0]);
  const points = (count: number) =>
    field(1, field(2, field(2, field(5, ...Array.from({ length: count }, () => empty)))));
  assert.equal((await read(points(40_000)))[0]?.points.length, 40_000);
  await assert.rejects(read(points(60_000)), MalformedMessageError);
  const scopes = field(1, ...Array.from({ length: 60_000 }, () => Buffer.from([0x12, 0])));
  await assert.rejects(read(scopes), MalformedMessageError);
  const attributes = field(1, field(1, ...Array.from({ length: 60_000 }, () => empty)));
  await assert.rejects(read(attributes), MalformedMessageError);
});
