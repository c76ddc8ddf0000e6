/** The client with brokers that are older, silent, moved, or no brokers at all. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { type MetadataResponse, writeMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { readProduceRequest } from '../../protocol/generated/produce-request.ts';
import { writeProduceResponse } from '../../protocol/generated/produce-response.ts';
import type { Input } from '../../protocol/input.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type ClientOptions, KafkaClient } from '../../src/client/kafka-client.ts';
import { Producer } from '../../src/client/producer.ts';
import { scriptedBroker, type ScriptedApi } from './scripted-broker.ts';

function connect(port: number, options: Partial<ClientOptions> = {}): Promise<KafkaClient> {
  return KafkaClient.connect({ bootstrap: [{ host: '127.0.0.1', port }], clock: systemClock, ...options });
}

function metadata(maxVersion: number, answer: () => Input<MetadataResponse>): ScriptedApi {
  return {
    minVersion: 0,
    maxVersion,
    answer: (_, version, response) => writeMetadataResponse(response, answer(), version),
  };
}

function topic(name: string, leaderId: number): NonNullable<Input<MetadataResponse>['topics']>[number] {
  return { name, partitions: [{ partitionIndex: 0, leaderId }] };
}

/** Takes batches in version 3 and answers with these codes, one after the other, then with none. */
function produce(codes: number[], taken: Buffer[]): ScriptedApi {
  return {
    minVersion: 0,
    maxVersion: 3,
    answer(request, version, response) {
      const { topicData } = readProduceRequest(request, version);
      const errorCode = codes.shift() ?? ErrorCode.NONE;
      const records = topicData[0]?.partitionData[0]?.records;
      if (errorCode === ErrorCode.NONE && records) taken.push(Buffer.from(records));
      const partitionResponses = [{ index: 0, errorCode, baseOffset: 5 }];
      writeProduceResponse(response, { responses: [{ name: 'orders', partitionResponses }] }, version);
    },
  };
}

test('a broker that knows only version 0 of ApiVersions is asked again in it', async () => {
  let port = 0;
  const brokers = () => [{ nodeId: 7, host: '127.0.0.1', port }];
  const apis = { [ApiKey.Metadata]: metadata(1, () => ({ brokers: brokers(), topics: [topic('orders', 7)] })) };
  await using broker = await scriptedBroker(apis, 0);
  port = broker.port;
  using client = await connect(port);
  assert.deepEqual(
    (await client.topic('orders')).partitions.map(({ leaderId }) => leaderId),
    [7],
  );
  assert.deepEqual(broker.asked, [ApiKey.ApiVersions, ApiKey.ApiVersions, ApiKey.Metadata]);
});

test('an API that the broker lacks, or speaks in other versions only, is named', async () => {
  const apis = { [ApiKey.Metadata]: metadata(0, () => ({})) };
  await using broker = await scriptedBroker(apis);
  using client = await connect(broker.port);
  await assert.rejects(client.metadata(null), {
    code: 'NO_VERSION',
    message: 'the broker serves Metadata in versions 0 to 0, and this client 1 to 12',
  });
});

test('records follow a leader that has moved, in order and once each', async () => {
  const taken: Buffer[] = [];
  const ports = [0, 0];
  let leaderId = 0;
  const apis = (codes: number[]) => ({
    [ApiKey.Metadata]: metadata(8, () => ({
      brokers: ports.map((port, nodeId) => ({ nodeId, host: '127.0.0.1', port })),
      topics: [topic('orders', leaderId)],
    })),
    [ApiKey.Produce]: produce(codes, taken),
  });
  await using first = await scriptedBroker(apis([ErrorCode.NONE, ErrorCode.NOT_LEADER_OR_FOLLOWER]));
  await using second = await scriptedBroker(apis([]));
  ports[0] = first.port;
  ports[1] = second.port;
  using client = await connect(first.port);
  const producer = new Producer(client, { isIdempotent: false });
  const orders = await producer.topic('orders');
  for (const value of ['a', 'b']) {
    void orders.send({ key: null, value: Buffer.from(value), timestampMs: 1 });
    await producer.flush();
    leaderId = 1;
  }
  assert.equal(second.asked.filter((key) => key === ApiKey.Produce).length, 1);
  assert.deepEqual(
    taken.map((batch) => batch.subarray(-2, -1).toString()),
    ['a', 'b'],
  );
});

test('a batch that is too large goes in halves; a record that is too large is refused', async () => {
  const taken: Buffer[] = [];
  let port = 0;
  const apis = {
    [ApiKey.Metadata]: metadata(8, () => ({
      brokers: [{ nodeId: 0, host: '127.0.0.1', port }],
      topics: [topic('orders', 0)],
    })),
    [ApiKey.Produce]: produce([ErrorCode.MESSAGE_TOO_LARGE, 0, 0, ErrorCode.MESSAGE_TOO_LARGE], taken),
  };
  await using broker = await scriptedBroker(apis);
  port = broker.port;
  using client = await connect(port);
  const producer = new Producer(client, { isIdempotent: false });
  const orders = await producer.topic('orders');
  for (const value of ['a', 'b', 'c']) void orders.send({ key: null, value: Buffer.from(value), timestampMs: 1 });
  await producer.flush();
  assert.deepEqual(
    taken.map((batch) => batch.readInt32BE(57)),
    [1, 2],
  );
  void orders.send({ key: null, value: Buffer.from('d'), timestampMs: 1 });
  await assert.rejects(producer.flush(), { code: ErrorCode.MESSAGE_TOO_LARGE });
});

test('what speaks no Kafka is told of, and so is one that says nothing', { timeout: 120_000 }, async () => {
  const web = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const { port } = web.address() as AddressInfo;
  await assert.rejects(connect(port), {
    code: 'NOT_KAFKA',
    message: /^what answers at 127\.0\.0\.1:\d+ does not speak Kafka/,
  });
  web.close();
  const apis = { [ApiKey.Metadata]: { minVersion: 0, maxVersion: 9, answer: () => false } };
  await using silent = await scriptedBroker(apis);
  using client = await connect(silent.port, { requestTimeoutMs: 30, retryMs: 0 });
  await assert.rejects(client.metadata(null), {
    code: 'TIMED_OUT',
    message: /did not answer Metadata within 0\.03 seconds/,
  });
});

test('a broker that advertises itself where nobody is, is told of with that address', async () => {
  const apis = {
    [ApiKey.Metadata]: metadata(8, () => ({
      brokers: [{ nodeId: 3, host: '127.0.0.1', port: 1 }],
      topics: [topic('orders', 3)],
    })),
  };
  await using broker = await scriptedBroker(apis);
  using client = await connect(broker.port, { retryMs: 0 });
  await assert.rejects(client.leader('orders', 0), {
    code: 'UNREACHABLE',
    message: `broker 3 is advertised at 127.0.0.1:1, as 127.0.0.1:${broker.port} says: no broker answers at 127.0.0.1:1`,
  });
});
