/** The server over real sockets, with handlers made for the purpose. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { apiVersionsHandler } from '../../src/handlers/api-versions.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { Server } from '../../src/server/server.ts';
import { openTestServices } from '../support/test-services.ts';
import { until } from '../support/run-clock.ts';
import { requestFrame, type WireClient } from '../support/wire-client.ts';
import { answer, BIG, client, connect, ECHO, echo, LATE, produce, startRig, turn } from './rig.ts';

for (const plainSockets of [false, true]) {
  describe(plainSockets ? 'a server that reads by data events' : 'a server that reads into its own memory', () => {
    test('answers requests that came in one write in order', async () => {
      const rig = await startRig({}, plainSockets);
      const c = await client(rig);
      c.send(Buffer.concat(Array.from({ length: 250 }, (_, i) => echo(i, `body ${i}`))));
      for (let i = 0; i < 250; i++) assert.equal(await answer(c), `${i}:body ${i}`);
    });

    test('puts frames together from single bytes', async () => {
      const rig = await startRig({}, plainSockets);
      const c = await client(rig);
      for (const byte of echo(7, 'in pieces')) {
        c.send(Buffer.from([byte]));
        await turn();
      }
      assert.equal(await answer(c), '7:in pieces');
    });

    test('takes frames of every size whole', async () => {
      const rig = await startRig({}, plainSockets);
      const c = await client(rig);
      for (const size of [1, 4000, 65_536, 70_000, 300_000, 1_000_000, 1_100_000, 1_300_000, 9_000_000]) {
        const body = Buffer.alloc(size, size & 0x7f).toString('latin1');
        c.send(echo(size, body));
        assert.equal(await answer(c), `${size}:${body}`);
        c.send(produce(size, body));
        const key = body.slice(0, 20);
        await until(() => rig.counters.pendingWrites === 1);
        rig.commit(key);
        assert.equal(await answer(c), `${size}:${key}`);
      }
      assert.equal(rig.pool.leaks().length, 0);
    });

    test('closes on a frame that is too long or has a negative length', async () => {
      const rig = await startRig({ maxFrameBytes: 1000 }, plainSockets);
      for (const length of [1001, -1, -2147483648, 0x7fffffff]) {
        const c = await client(rig);
        const prefix = Buffer.alloc(4);
        prefix.writeInt32BE(length);
        c.send(prefix);
        await c.closed;
      }
    });
  });
}

describe('request order', () => {
  test('a request starts only after the one before has taken effect', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([echo(1, 'slow'), echo(2, 'next')]));
    await until(() => rig.started.length === 1);
    assert.deepEqual(rig.started, ['slow']);
    rig.finish('slow');
    assert.equal(await answer(c), '1:slow');
    assert.equal(await answer(c), '2:next');
  });

  test('a produce request lets the next one start, and answers still leave in order', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([produce(1, 'a'), produce(2, 'b'), echo(3, 'c')]));
    await until(() => rig.started.length === 3);
    rig.commit('b');
    rig.commit('a');
    assert.equal(await answer(c), '1:a');
    assert.equal(await answer(c), '2:b');
    assert.equal(await answer(c), '3:c');
    assert.equal(rig.counters.pendingWrites, 0);
  });

  test('a request without an answer holds up nothing', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([produce(1, 'silent'), echo(2, 'heard')]));
    assert.equal(await answer(c), '2:heard');
  });

  test('any number of requests without an answer may come in one write', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([...Array.from({ length: 350 }, (_, i) => produce(i, 'silent')), echo(1, 'heard')]));
    assert.equal(await answer(c), '1:heard');
  });

  test('at most 100 requests of a connection are open at a time', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat(Array.from({ length: 101 }, (_, i) => produce(i, `p${i}`))));
    await until(() => rig.started.length >= 100);
    await turn();
    assert.equal(rig.started.length, 100);
    rig.commit('p0');
    await until(() => rig.started.length === 101);
  });
});

describe('requests that cannot be served', () => {
  test('an unknown API closes the connection', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(requestFrame(999, 0, 1));
    assert.equal(await c.next(), null);
  });

  test('requests that came before it in the same write are answered', async () => {
    const rig = await startRig();
    const negative = Buffer.from([0xff, 0xff, 0xff, 0xff]);
    const failing = ['close', 'crash', 'reject'].map((body) => echo(3, body));
    for (const bad of [requestFrame(999, 0, 3), Buffer.alloc(4), requestFrame(ECHO, 2, 3), negative, ...failing]) {
      const c = await client(rig);
      c.send(Buffer.concat([echo(1, 'good'), echo(2, 'too'), bad, echo(4, 'never')]));
      assert.equal(await answer(c), '1:good');
      assert.equal(await answer(c), '2:too');
      assert.equal(await answer(c), null);
    }
  });

  test('an unsupported version closes the connection', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(requestFrame(ECHO, 2, 1));
    assert.equal(await c.next(), null);
  });

  test('ApiVersions from the future is answered in version 0', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(requestFrame(18, 99, 5, Buffer.from([1, 2, 3])));
    const frame = await c.next();
    assert.equal(frame?.toString('hex'), '00000005002300000001001200000005');
    c.send(echo(6, 'still there'));
    assert.equal(await answer(c), '6:still there');
  });

  test('bytes that are no request close the connection', async () => {
    const rig = await startRig();
    for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\x01\0', '\0\0\0\0', '\x16\x03\x01\x02\0\x01\0']) {
      const c = await client(rig);
      c.send(Buffer.from(garbage, 'latin1'));
      await c.closed;
    }
  });

  test('bytes after a request body are ignored, as librdkafka sends some', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(requestFrame(18, 0, 1, Buffer.from([0])));
    assert.equal((await c.next())?.readInt32BE(0), 1);
  });

  for (const body of ['close', 'crash', 'reject']) {
    test(`a handler that fails (${body}) closes its connection and no other`, async () => {
      const rig = await startRig();
      const [bad, good] = [await client(rig), await client(rig)];
      bad.send(Buffer.concat([echo(1, body), echo(2, 'never')]));
      assert.equal(await bad.next(), null);
      good.send(echo(3, 'fine'));
      assert.equal(await answer(good), '3:fine');
    });
  }
});

describe('connections', () => {
  test('one that is idle for too long is closed, one that is not stays', async () => {
    const rig = await startRig({ maxIdleMs: 10_000 });
    const [idle, busy] = [await client(rig), await client(rig)];
    await until(() => rig.server.connectionCount === 2);
    rig.clock.advance(8000);
    busy.send(echo(1, 'here'));
    await busy.next();
    rig.clock.advance(4000);
    await idle.closed;
    assert.equal(rig.counters.connectionsIdleClosed, 1);
    busy.send(echo(2, 'still'));
    assert.equal(await answer(busy), '2:still');
  });

  test('one whose client takes its answer slowly is not idle', async () => {
    const rig = await startRig({ maxIdleMs: 10_000 });
    const slow = await client(rig);
    let taken = 0;
    slow.socket.on('data', (chunk: Buffer) => void (taken += chunk.length));
    slow.send(requestFrame(BIG, 0, 1, (w) => w.int32(50)));
    for (let wanted = 3; wanted < 50; wanted += 3) {
      slow.socket.resume();
      await until(() => taken >= wanted * 1024 * 1024);
      slow.socket.pause();
      for (let turns = 0; turns < 20; turns++) await turn();
      rig.clock.advance(1500);
      assert.equal(rig.counters.connectionsIdleClosed, 0, `closed after ${taken} bytes`);
    }
  });

  test('more than allowed for one address are closed', async () => {
    const rig = await startRig({ maxConnectionsPerIp: 2 });
    const kept = [await client(rig), await client(rig)];
    await until(() => rig.server.connectionCount === 2);
    const refused = await client(rig);
    await refused.closed;
    kept[0]?.close();
    await until(() => rig.server.connectionCount === 1);
    const next = await client(rig);
    next.send(echo(1, 'in'));
    assert.equal(await answer(next), '1:in');
  });

  test('more than max.connections wait, the first first, until another ends', async () => {
    const rig = await startRig({ maxConnections: 2 });
    const kept = [await client(rig), await client(rig)];
    await until(() => rig.server.connectionCount === 2);
    const [third, gone, fourth] = [await client(rig), await client(rig), await client(rig)];
    third.send(echo(3, 'third'));
    fourth.send(echo(4, 'fourth'));
    kept[0]?.send(echo(1, 'kept'));
    assert.equal(await answer(kept[0] as WireClient), '1:kept');
    assert.deepEqual(rig.started, ['kept']);
    gone.reset();
    kept[0]?.close();
    assert.equal(await answer(third), '3:third');
    assert.equal(rig.server.connectionCount, 2);
    assert.ok(!rig.started.includes('fourth'));
    third.close();
    assert.equal(await answer(fourth), '4:fourth');
    assert.equal(rig.counters.connectionsRejected, 0);
  });

  test('those that wait come in when max.connections is raised', async () => {
    await using opened = await openTestServices({ settings: { 'max.connections': '1' } });
    const { services } = opened;
    const pool = new SlabPool({ budgetBytes: 1024 * 1024 });
    const handlers = [apiVersionsHandler(() => [])];
    const listener = { name: 'PLAINTEXT', host: '127.0.0.1', port: 0 };
    await using server = await Server.open({ services, handlers, pool, counters: new ServerCounters() }, [listener]);
    const [first, second] = [await connect(server), await connect(server)];
    second.send(requestFrame(ApiKey.ApiVersions, 0, 7));
    await until(() => server.connectionCount === 1);
    services.config.setDynamic(new Map([['max.connections', '2']]), new Map());
    assert.equal((await second.next())?.readInt32BE(0), 7);
    first.close();
  });

  test('as many as the backlog has room for wait at max.connections, more are closed', async () => {
    const rig = await startRig({ maxConnections: 1, backlog: 2 });
    await client(rig);
    await until(() => rig.server.connectionCount === 1);
    const waiting: WireClient[] = [];
    for (let i = 0; i < 2; i++) {
      waiting.push(await client(rig));
      waiting[i]?.send(echo(i, 'waits'));
    }
    await (await client(rig)).closed;
    assert.equal(rig.counters.connectionsRejected, 1);
    await rig.server.close();
    for (const c of waiting) await c.closed;
  });

  test('an override for an address beats max.connections.per.ip', async () => {
    const rig = await startRig({ maxConnectionsPerIp: 0, maxConnectionsPerIpOverrides: new Map([['127.0.0.1', 1]]) });
    const c = await client(rig);
    c.send(echo(1, 'in'));
    assert.equal(await answer(c), '1:in');
    const refused = await client(rig);
    await refused.closed;
  });

  test('close answers the writes in flight, destroy does not', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(produce(1, 'in flight'));
    await until(() => rig.started.length === 1);
    const closing = rig.server.close();
    rig.commit('in flight');
    assert.equal(await answer(c), '1:in flight');
    await closing;
    await c.closed;
    assert.equal(rig.pool.leaks().length, 0);
  });

  test('close answers a write that is under way', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(produce(1, 'slow write'));
    await until(() => rig.started.length === 1);
    const closing = rig.server.close();
    for (let turns = 0; turns < 20; turns++) await turn();
    rig.finish('slow write');
    assert.equal(await answer(c), '1:slow write');
    await closing;
  });

  test('whoever closes, also at the same time, is told when all is closed', async () => {
    const rig = await startRig();
    const c = await client(rig);
    await until(() => rig.server.connectionCount === 1);
    await Promise.all([rig.server.destroy(), rig.server.close(), rig.server.destroy()]);
    await c.closed;
  });

  test('close answers the writes in flight, also when the code for the next request is not there yet', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([produce(1, 'in flight'), requestFrame(LATE, 0, 2)]));
    await until(() => rig.started.includes('loading'));
    const closing = rig.server.close();
    rig.commit('in flight');
    assert.equal(await answer(c), '1:in flight');
    await closing;
  });

  test('close does not wait for a request that only waits', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(echo(1, 'slow'));
    await until(() => rig.started.length === 1);
    await rig.server.close();
    await c.closed;
  });
});
