/** How much a fetch of version 0 to 3 gets, and what is kept of it for clients that do not read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../protocol/records/build.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { fetchHandler } from '../../src/handlers/fetch.ts';
import type { Response } from '../../src/handlers/fetch/read.ts';
import { Fetch, fetched, fetchRequest, onlyProduced, Produce, produce, produceRequest } from '../support/data-apis.ts';
import { readMessageSet } from '../support/message-sets.ts';
import { startTestBroker } from '../support/test-broker.ts';
import { testContext } from '../support/test-services.ts';
import type { WireClient } from '../support/wire-client.ts';

const MIB = 1024 * 1024;

test('no partition gets a message cut off because others have filled the answer', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 3);
  const client = await broker.connect();
  // As messages they are twice as long.
  for (const partition of [0, 1, 2]) {
    for (let i = 0; i < 20; i++) await produce(client, 't', partition, ...Array<string>(2000).fill('0123456789'));
  }
  const wanted = [0, 1, 2].map((partition) => ({ partition, maxBytes: MIB }));
  for (const version of [0, 2, 3]) {
    const first = new Set<number>();
    for (let i = 0; i < 3; i++) {
      const answers = fetched(await client.call(Fetch, version, fetchRequest('t', wanted)));
      for (const { partitionIndex, records } of answers) {
        const count = (await readMessageSet(records ?? assert.fail())).length;
        assert.ok(count > 0 || records?.length === 0, `${records?.length} bytes of a message`);
        if (count > 1000) first.add(partitionIndex);
      }
    }
    assert.equal(first.size, 3, 'each has its turn');
  }
});

test('a message comes whole that is larger than most answers, where its client has room for it', async () => {
  await using broker = await startTestBroker({ settings: { 'message.max.bytes': '5000000' } });
  await broker.createTopic('t');
  const client = await broker.connect();
  await produce(client, 't', 0, 'x'.repeat(3 * MIB));
  for (const version of [0, 2, 3]) {
    const request = fetchRequest('t', [{ partition: 0, maxBytes: 4 * MIB }]);
    const [answer] = fetched(await client.call(Fetch, version, request));
    assert.equal((await readMessageSet(answer?.records ?? assert.fail())).length, 1);
  }
});

test('what is made for clients that do not read is bounded', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  const client = await broker.connect();
  for (let i = 0; i < 5; i++) await produce(client, 't', 0, ...Array<string>(500).fill('x'.repeat(1000)));
  const writer = new Writer();
  Fetch.write(writer, fetchRequest('t', [{ partition: 0, maxBytes: 4 * MIB }]), 0);
  const request = fetchHandler.readRequest(new Reader(writer.toBuffer()), 0);
  const ask = async (): Promise<Response> =>
    (await fetchHandler.handle(testContext(broker.services, 0, 'old'), request)) as Response;
  const size = ({ responses }: Response): number => responses?.[0]?.partitions?.[0]?.records?.byteLength ?? 0;
  const kept = await Promise.all(Array.from({ length: 100 }, ask));
  const total = kept.reduce((sum, answer) => sum + size(answer), 0);
  assert.ok(total > 32 * MIB && total < 48 * MIB, `${total} bytes are kept`);
  assert.ok(kept.every((answer) => size(answer) > 60_000));
  for (const answer of kept) fetchHandler.releaseResponse?.(answer);
  const next = await ask();
  assert.ok(size(next) > 1_900_000, 'all is let go');
  fetchHandler.releaseResponse?.(next);
});

/** Appends batches of seven megabytes of records each, which are sent compressed. */
async function appendExpanding(client: WireClient, partition: number, count: number): Promise<void> {
  const record = { key: null, value: Buffer.alloc(MIB), timestampMs: 1_700_000_000_000 };
  const batch = await buildCompressedBatch(
    Array.from({ length: 7 }, () => record),
    {
      compression: CompressionCodec.GZIP,
    },
  );
  for (let i = 0; i < count; i++) {
    const answer = onlyProduced(await client.call(Produce, 7, produceRequest('t', partition, batch)));
    assert.equal(answer.errorCode, 0);
  }
}

test('a fetch whose batches expand to much is answered after some of them, and each partition has its turn', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t', 2);
  const client = await broker.connect();
  await appendExpanding(client, 0, 10);
  await appendExpanding(client, 1, 10);
  const counts: number[][] = [];
  for (let i = 0; i < 2; i++) {
    const request = fetchRequest('t', [{ partition: 0 }, { partition: 1 }]);
    const answers = fetched(await client.call(Fetch, 2, request));
    assert.ok(answers.every(({ errorCode, highWatermark }) => errorCode === 0 && highWatermark === 70));
    counts.push(
      await Promise.all(answers.map(async ({ records }) => (await readMessageSet(records ?? assert.fail())).length)),
    );
  }
  assert.deepEqual(
    counts.map((each) => each.toSorted((a, b) => a - b)),
    [
      [0, 21],
      [0, 21],
    ],
  );
  assert.notDeepEqual(counts[0], counts[1]);
});

test('nobody waits behind connections whose fetches expand to much', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  await broker.createTopic('small');
  const client = await broker.connect();
  await appendExpanding(client, 0, 10);
  await produce(client, 'small', 0, 'x');
  const greedy = await Promise.all([1, 2, 3, 4].map(() => broker.connect()));
  const fetchMuch = (): Promise<unknown>[] =>
    greedy.map((one) => one.call(Fetch, 2, fetchRequest('t', [{ partition: 0 }])));
  await Promise.all(fetchMuch());
  const order: string[] = [];
  const all = fetchMuch().map((done) => done.then(() => order.push('much')));
  await client.call(Fetch, 2, fetchRequest('small', [{ partition: 0 }]));
  order.push('little');
  await Promise.all(all);
  assert.equal(order[0], 'little');
});
