/** Clients that leave, with or without a word, in the middle of something. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/run-clock.ts';
import { requestFrame, type WireClient } from '../support/wire-client.ts';
import { answer, BIG, client, counts, echo, produce, type Rig, startRig, turn } from './rig.ts';

const leave = {
  closes: (c: WireClient) => void c.socket.destroy(),
  'resets its connection': (c: WireClient) => void c.reset(),
};

/** A connection with a request that waits until its client leaves, and others behind it that have arrived. */
async function parked(rig: Rig, behind: readonly Buffer[]): Promise<WireClient> {
  const c = await client(rig);
  const bytes = Buffer.concat([echo(1, 'slow wait'), ...behind]);
  const before = rig.counters.bytesIn;
  c.send(bytes);
  await until(() => rig.counters.bytesIn === before + bytes.length);
  return c;
}

/** Waits until the connection is gone; produce requests behind the one that waited may have started, and are committed. */
async function ended(rig: Rig, behind: number): Promise<void> {
  const isOver = (): boolean => rig.server.connectionCount === 0;
  await until(() => isOver() || rig.started.length === 1 + behind);
  for (const key of rig.started.slice(1)) rig.commit(key);
  await until(() => isOver() && rig.counters.pendingWrites === 0);
}

for (const plainSockets of [false, true]) {
  for (const [how, go] of Object.entries(leave)) {
    describe(`a client that ${how}${plainSockets ? ', read by data events' : ''}`, () => {
      for (const count of [0, 1, 50]) {
        test(`is noticed at once behind a request that waits and ${count} more`, async () => {
          const rig = await startRig({}, plainSockets);
          const c = await parked(
            rig,
            Array.from({ length: count }, (_, i) => produce(i, `p${i}`)),
          );
          go(c);
          await ended(rig, count);
          assert.deepEqual(rig.pool.leaks(), []);
        });
      }

      test('is noticed behind a request that waits and a produce request of 1 MiB', async () => {
        const rig = await startRig({}, plainSockets);
        go(await parked(rig, [produce(2, 'x'.repeat(1024 * 1024))]));
        await ended(rig, 1);
        assert.deepEqual(rig.pool.leaks(), []);
      });

      test('in the middle of a large frame gives its memory back', async () => {
        const rig = await startRig({}, plainSockets);
        for (const request of [echo, produce]) {
          const c = await client(rig);
          const before = rig.counters.bytesIn;
          c.send(request(1, 'x'.repeat(20_000_000)).subarray(0, 10_000_000));
          await until(() => rig.counters.bytesIn === before + 10_000_000);
          go(c);
          await until(() => rig.server.connectionCount === 0);
          assert.deepEqual(rig.pool.leaks(), []);
        }
      });

      test('with writes in flight leaves nothing behind once they are committed', async () => {
        const rig = await startRig({}, plainSockets);
        const c = await client(rig);
        c.send(Buffer.concat([produce(1, 'a'), produce(2, 'b')]));
        await until(() => rig.started.length === 2);
        go(c);
        for (let turns = 0; turns < 20; turns++) await turn();
        rig.commit('b');
        rig.commit('a');
        await until(() => rig.counters.pendingWrites === 0 && rig.server.connectionCount === 0);
        assert.deepEqual(rig.pool.leaks(), []);
      });
    });
  }
}

test('what a client sent before it closed takes effect, also behind a request that waits', async () => {
  const rig = await startRig();
  const c = await parked(rig, [produce(2, 'silent'), produce(3, 'silent'), echo(4, 'slow wait more'), echo(5, 'last')]);
  assert.deepEqual(rig.started, ['slow wait']);
  c.socket.end();
  await until(() => rig.server.connectionCount === 0);
  assert.deepEqual(rig.started, ['slow wait', 'silent', 'silent', 'slow wait more', 'last']);
});

test('a client that closed only its side gets the answers to what had taken effect', async () => {
  const rig = await startRig();
  const c = await client(rig);
  counts.held = 0;
  c.send(Buffer.concat([requestFrame(BIG, 0, 1, (w) => w.int32(20)), produce(2, 'written'), echo(3, 'last')]));
  c.socket.end();
  assert.equal((await c.next())?.length, 4 + 20 * 1024 * 1024);
  await until(() => rig.started.includes('written'));
  for (let turns = 0; turns < 20; turns++) await turn();
  rig.commit('written');
  assert.equal(await answer(c), '2:written');
  assert.equal(await answer(c), '3:last');
  assert.equal(await answer(c), null);
});

test('a client that closed only its side gets the answer to a write that was under way', async () => {
  const rig = await startRig();
  const c = await client(rig);
  c.send(produce(1, 'slow write'));
  await until(() => rig.started.length === 1);
  c.socket.end();
  for (let turns = 0; turns < 20; turns++) await turn();
  rig.finish('slow write');
  assert.equal(await answer(c), '1:slow write');
  assert.equal(await answer(c), null);
});

test('what waits behind a request that waits is bounded, and is served in the end', async () => {
  const rig = await startRig();
  const c = await client(rig);
  const count = 20_000;
  c.send(
    Buffer.concat([echo(0, 'slow wait'), ...Array.from({ length: count }, (_, i) => echo(i + 1, 'x'.repeat(500)))]),
  );
  await until(() => rig.started.length === 1);
  for (let turns = 0; turns < 500; turns++) await turn();
  assert.ok(rig.counters.bytesIn < 256 * 1024, `${rig.counters.bytesIn} bytes read ahead`);
  rig.finish('slow wait');
  for (let i = 0; i <= count; i++) assert.ok((await answer(c))?.startsWith(`${i}:`));
});

test('connections are counted right, whatever ends them', async () => {
  const rig = await startRig({ maxConnectionsPerIp: 20 });
  const ends = [
    (c: WireClient) => void c.reset(),
    (c: WireClient) => void c.socket.end(),
    (c: WireClient) => c.send(Buffer.alloc(4)),
    (c: WireClient) => c.send(Buffer.concat([echo(1, 'crash'), Buffer.alloc(100)])),
    (c: WireClient) => c.send(Buffer.from([0x7f, 0xff, 0xff, 0xff])),
  ];
  for (let round = 0; round < 5; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => client(rig)));
    await until(() => rig.server.connectionCount === 20);
    for (const [i, c] of clients.entries()) ends[i % ends.length]?.(c);
    await until(() => rig.server.connectionCount === 0);
  }
  assert.equal(rig.counters.connections, 0);
  assert.equal(rig.counters.connectionsRejected, 0);
});
