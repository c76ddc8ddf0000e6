/** Bytes that no client would send, against a live broker: it answers or closes, and lives on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { responseHeaderVersion } from '../../../protocol/apis.ts';
import { readResponseHeader } from '../../../protocol/header.ts';
import { Reader } from '../../../protocol/reader.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Codec, loadCodecs } from '../../support/codecs.ts';
import { ApiVersions, Produce, onlyProduced, produceRequest } from '../../support/data-apis.ts';
import { interpretWrite, randomMessage, versionsOf } from '../../support/schema-interpreter.ts';
import { requestFrame, type WireClient } from '../../support/wire-client.ts';
import { WatchedBroker, eventually } from './watched-broker.ts';

const SEED = 20_260;
/** Requests under way before their answers are awaited. */
const ROUND = 64;

const codecs = await loadCodecs();
const requests = codecs.filter(({ schema }) => schema.name.endsWith('Request') && schema.apiKey !== undefined);

/**
 * Sends each frame on a connection of its own. Some requests are parked for long by right, so nobody waits for answers:
 * a stranger's answer afterwards says that the broker has looked at them all.
 */
async function offerAll(broker: WatchedBroker, frames: readonly Buffer[]): Promise<void> {
  const stranger = await broker.connect();
  for (let at = 0; at < frames.length; at += ROUND) {
    const clients = await Promise.all(frames.slice(at, at + ROUND).map(() => broker.connect()));
    for (const [i, client] of clients.entries()) client.send(frames[at + i] as Buffer);
    for (let asked = 0; asked < 2; asked++) {
      await stranger.call(ApiVersions, 3, { clientSoftwareName: 'stranger', clientSoftwareVersion: '1' });
    }
    for (const client of clients) client.close();
  }
  stranger.close();
}

function randomFrame(codec: Codec, version: number, random: ReturnType<typeof seededRandom>): Buffer {
  const body = interpretWrite(codec.schema, randomMessage(codec.schema, version, random), version);
  return requestFrame(codec.schema.apiKey as number, version, 1, body);
}

test('random bytes close the connection', async () => {
  await using broker = await WatchedBroker.start();
  const random = seededRandom(SEED);
  await offerAll(
    broker,
    Array.from({ length: 600 }, () => random.bytes(random.int(2000))),
  );
  await broker.assertWell();
});

test('requests of every API and version with random fields, whole and mutated, are answered or refused', async () => {
  await using broker = await WatchedBroker.start({ settings: { 'auto.create.topics.enable': 'false' } });
  const random = seededRandom(SEED + 1);
  const frames: Buffer[] = [];
  for (const codec of requests) {
    for (const version of versionsOf(codec.schema)) {
      frames.push(randomFrame(codec, version, random));
      for (let round = 0; round < 4; round++) {
        const frame = randomFrame(codec, version, random);
        for (let changes = 1 + random.int(4); changes > 0; changes--) {
          frame[12 + random.int(frame.length - 12)] = [0, 1, 2, 0x7f, 0x80, 0xff][random.int(6)] as number;
        }
        frames.push(frame);
      }
    }
  }
  await offerAll(broker, frames);
  await broker.assertWell();
});

test('record batches with any byte changed are answered, and nothing damaged is stored', async () => {
  await using broker = await WatchedBroker.start();
  await broker.createTopic('batches');
  const random = seededRandom(SEED + 2);
  const whole = buildBatch([{ key: null, value: Buffer.alloc(50), timestampMs: 1_700_000_000_000 }]);
  let client = await broker.connect();
  for (let at = 0; at < whole.length; at++) {
    const records = Buffer.from(whole);
    records[at] = random.int(256);
    client = await survive(broker, client, records);
    client = await survive(broker, client, whole.subarray(0, at));
  }
  client.close();
  await broker.assertWell();
});

/** Produces something broken; gives a connection that is open. */
async function survive(broker: WatchedBroker, client: WireClient, records: Buffer): Promise<WireClient> {
  client.start(Produce, 9, produceRequest('batches', 0, records));
  const frame = await client.next();
  if (frame === null) return broker.connect();
  const reader = new Reader(frame);
  readResponseHeader(reader, responseHeaderVersion(Produce.apiKey, 9));
  onlyProduced(Produce.read(reader, 9));
  return client;
}

test('a request that comes one byte at a time is answered', async () => {
  await using broker = await WatchedBroker.start();
  const client = await broker.connect();
  const body = (writer: Parameters<typeof ApiVersions.write>[0]): void => {
    ApiVersions.write(writer, { clientSoftwareName: 'slow', clientSoftwareVersion: '1' }, 3);
  };
  for (const byte of requestFrame(ApiVersions.apiKey, 3, 1, body)) {
    client.send(Buffer.from([byte]));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.result(ApiVersions, 3)).errorCode, 0);
  client.close();
});

test('1,000 requests in a row whose answers nobody reads do not stop the others', async () => {
  await using broker = await WatchedBroker.start();
  const body = (writer: Parameters<typeof ApiVersions.write>[0]): void => {
    ApiVersions.write(writer, { clientSoftwareName: 'deaf', clientSoftwareVersion: '1' }, 3);
  };
  const clients = await Promise.all(Array.from({ length: 20 }, () => broker.connect()));
  for (const client of clients) {
    client.socket.pause();
    client.send(Buffer.concat(Array.from({ length: 1000 }, (_, id) => requestFrame(ApiVersions.apiKey, 3, id, body))));
  }
  await broker.assertWell();
  const [first] = clients as [WireClient];
  first.socket.resume();
  for (let answered = 0; answered < 1000; answered++) assert.equal((await first.result(ApiVersions, 3)).errorCode, 0);
  for (const client of clients) client.close();
});

test('descriptors come back when clients go, however they go', async () => {
  await using broker = await WatchedBroker.start();
  await broker.assertWell();
  const before = broker.descriptors();
  const clients = await Promise.all(Array.from({ length: 300 }, () => broker.connect()));
  for (const [i, client] of clients.entries()) {
    if (i % 3 === 0) client.send(Buffer.from('0000ffff0003', 'hex'));
    if (i % 2 === 0) client.socket.resetAndDestroy();
    else client.socket.end();
  }
  await eventually('the descriptors are back', () => broker.descriptors() <= before + 2);
  for (const client of clients) client.close();
});
