/** Bytes that no client would send, against a live broker: it answers or closes, and lives on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBatch } from '../../../protocol/records/build.ts';
import { batchPositions } from '../../../protocol/records/iterate.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Codec, loadCodecs } from '../../support/codecs.ts';
import {
  ApiVersions,
  Fetch,
  Produce,
  fetchRequest,
  fetched,
  onlyProduced,
  produceRequest,
} from '../../support/data-apis.ts';
import { interpretWrite, randomMessage, versionsOf } from '../../support/schema-interpreter.ts';
import { requestFrame, type WireClient } from '../../support/wire-client.ts';
import { WatchedBroker, connectMany, eventually } from './watched-broker.ts';

const SEED = 20_260;
/** Requests under way before their answers are awaited. */
const ROUND = 64;
/** socket.request.max.bytes by default. */
const MAX_FRAME_BYTES = 100 * 1024 * 1024;

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

test('random bytes close the connection, unless they begin like a long frame', async () => {
  await using broker = await WatchedBroker.start();
  const random = seededRandom(SEED);
  const frames = Array.from({ length: 600 }, () => random.bytes(random.int(2000)));
  const isRefused = (bytes: Buffer): boolean => {
    const length = bytes.length < 4 ? 0 : bytes.readInt32BE(0);
    return length < 0 || length > MAX_FRAME_BYTES;
  };
  const refused = frames.filter(isRefused).length;
  assert.ok(refused > 500, `${refused} are refused`);
  const clients = await connectMany(broker, frames.length);
  let closed = 0;
  for (const [i, client] of clients.entries()) {
    void client.closed.then(() => (closed += 1));
    client.send(frames[i] as Buffer);
  }
  await eventually(`${refused} connections are closed`, () => closed === refused);
  for (const client of clients) client.close();
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
  const client = await broker.connect();
  const errorOf = async (records: Buffer): Promise<number> =>
    onlyProduced(await client.call(Produce, 9, produceRequest('batches', 0, records))).errorCode;
  let stored = 0;
  for (let at = 0; at < whole.length; at++) {
    const records = Buffer.from(whole);
    records[at] = ((records[at] as number) + 1 + random.int(255)) & 0xff;
    if ((await errorOf(records)) === 0) stored += 1;
    assert.notEqual(await errorOf(whole.subarray(0, at)), 0, `${at} of ${whole.length} bytes`);
  }
  const [read] = fetched(await client.call(Fetch, 11, fetchRequest('batches', [{ partition: 0 }])));
  const bytes = read?.records ?? Buffer.alloc(0);
  const positions = [...batchPositions(bytes)];
  // Its leader epoch is the broker's to set, and not covered by the checksum.
  assert.deepEqual([stored, positions.length], [4, 4]);
  for (const at of positions) assert.ok(bytes.subarray(at + 16, at + whole.length).equals(whole.subarray(16)));
  client.close();
  await broker.assertWell();
});

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
