/** What the server does when there is too much of something: writes, answers, memory, large frames. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collectGarbage } from '../support/collect-garbage.ts';
import { until } from '../support/run-clock.ts';
import { requestFrame } from '../support/wire-client.ts';
import { answer, badParts, BIG, client, counts, echo, gate, produce, startRig, turn, WAIT } from './rig.ts';

describe('pressure', () => {
  test('beyond the bound of concurrent writes only connections that produce wait', async () => {
    const rig = await startRig({ maxConcurrentWrites: 2 });
    const [a, b] = [await client(rig), await client(rig)];
    a.send(Buffer.concat([produce(1, 'a1'), produce(2, 'a2'), produce(3, 'a3')]));
    await until(() => rig.started.length === 2);
    b.send(echo(9, 'heartbeat'));
    assert.equal(await answer(b), '9:heartbeat');
    b.send(produce(10, 'b1'));
    rig.commit('a1');
    assert.equal(await answer(a), '1:a1');
    await until(() => rig.started.includes('a3'));
    assert.ok(!rig.started.includes('b1'));
    rig.commit('a2');
    await until(() => rig.started.includes('b1'));
  });

  test('a client with thousands of small requests lets others in between', async () => {
    const rig = await startRig();
    const [hog, other] = [await client(rig), await client(rig)];
    await until(() => rig.server.connectionCount === 2);
    hog.send(Buffer.concat(Array.from({ length: 2000 }, (_, i) => echo(i, 'h'))));
    other.send(echo(1, 'other'));
    assert.equal(await answer(other), '1:other');
    assert.ok(rig.started.indexOf('other') < 500, `after ${rig.started.indexOf('other')} others`);
    for (let i = 0; i < 2000; i++) assert.equal(await answer(hog), `${i}:h`);
  });

  test('many clients with thousands of small requests let a stranger in between', async () => {
    const rig = await startRig();
    const hogs = await Promise.all(Array.from({ length: 40 }, () => client(rig)));
    const requests = Buffer.concat(Array.from({ length: 2000 }, (_, i) => echo(i, 'h')));
    for (const hog of hogs) hog.send(requests);
    const other = await client(rig);
    await until(() => rig.started.length > 10_000);
    const before = rig.started.length;
    other.send(echo(1, 'other'));
    assert.equal(await answer(other), '1:other');
    const between = rig.started.indexOf('other') - before;
    assert.ok(between < 3000, `after ${between} others`);
  });

  test('a slow reader gets its response in full, and no more of it is loaded than may be unsent', async () => {
    const rig = await startRig();
    const slow = await client(rig);
    counts.loaded = 0;
    counts.held = 0;
    slow.socket.pause();
    slow.send(requestFrame(BIG, 0, 1, (w) => w.int32(50)));
    await until(() => counts.loaded >= 2);
    for (let i = 0; i < 100; i++) await turn();
    // What the system's socket buffers took is gone; 2 MiB may be unsent, one part is loaded ahead.
    assert.ok(rig.counters.unsentBytes <= 3 * 1024 * 1024, `${rig.counters.unsentBytes} bytes unsent`);
    assert.ok(counts.loaded < 40, `${counts.loaded} parts loaded`);
    const other = await client(rig);
    other.send(echo(5, 'not slow'));
    assert.equal(await answer(other), '5:not slow');
    slow.socket.resume();
    const frame = await slow.next();
    assert.equal(frame?.length, 4 + 50 * 1024 * 1024);
    for (let i = 0; i < 50; i++) assert.equal(frame[4 + i * 1024 * 1024 + 5], i);
    await until(() => counts.held === 0);
  });

  test('a reader that goes away leaves nothing behind', async () => {
    const rig = await startRig();
    const c = await client(rig);
    counts.loaded = 0;
    counts.held = 0;
    c.socket.pause();
    c.send(requestFrame(BIG, 0, 1, (w) => w.int32(50)));
    await until(() => counts.loaded >= 2);
    c.close();
    await until(() => rig.server.connectionCount === 0);
    await until(() => counts.held === 0);
    assert.equal(rig.counters.unsentBytes, 0);
  });

  test('a part that is loaded when its reader has gone is let go', async () => {
    const rig = await startRig();
    const c = await client(rig);
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(counts, { loaded: 0, held: 0 });
    gate.opened = promise;
    c.send(requestFrame(BIG, 0, 1, (w) => w.int32(3)));
    await until(() => counts.loaded === 1);
    c.reset();
    await until(() => rig.server.connectionCount === 0);
    resolve();
    await until(() => counts.held === 0);
  });

  for (const [i] of badParts.entries()) {
    test(`a response of which part ${i + 1} cannot be had closes its connection`, async () => {
      const rig = await startRig();
      const c = await client(rig);
      counts.held = 0;
      c.send(requestFrame(BIG, 0, 1, (w) => w.int32(-1 - i)));
      assert.equal(await c.next(), null);
      await until(() => counts.held === 0);
      const other = await client(rig);
      other.send(requestFrame(BIG, 0, 2, (w) => w.int32(2)));
      assert.equal((await other.next())?.length, 4 + 2 * 1024 * 1024);
    });
  }

  test('two hundred half frames that claim 100 MiB take little memory', async () => {
    const rig = await startRig();
    const prefix = Buffer.alloc(4 + 2 + 1000);
    prefix.writeInt32BE(100 * 1024 * 1024);
    const clients = await Promise.all(Array.from({ length: 200 }, () => client(rig)));
    for (const c of clients) c.send(prefix);
    await until(() => rig.counters.bytesIn === 200 * prefix.length);
    assert.ok(rig.pool.usedBytes <= rig.pool.budgetBytes / 2, `${rig.pool.usedBytes} bytes used`);
    const c = await client(rig);
    c.send(echo(1, 'alive'));
    assert.equal(await answer(c), '1:alive');
  });
});

describe('memory', () => {
  test('half frames that stall give their memory to clients that send whole ones', async () => {
    const rig = await startRig({}, false, 4 * 1024 * 1024);
    const stalled = await Promise.all(Array.from({ length: 24 }, () => client(rig)));
    const half = Buffer.alloc(64 * 1024, 1);
    half.writeInt32BE(50 * 1024 * 1024);
    for (const c of stalled) c.send(half);
    // Half frames take what there is; those that find nothing are not read any further.
    await until(() => rig.pool.usedBytes + 256 * 1024 > rig.pool.budgetBytes / 2);
    const honest = await client(rig);
    honest.send(produce(1, 'x'.repeat(3_000_000)));
    while (rig.started.length === 0) {
      if (rig.server.connectionCount > 1) rig.clock.advance(500);
      for (let turns = 0; turns < 20; turns++) await turn();
    }
    rig.commit('x'.repeat(20));
    assert.equal(await answer(honest), `1:${'x'.repeat(20)}`);
  });
});

describe('large frames', () => {
  test('do not stay in memory while their requests wait', async () => {
    const rig = await startRig();
    const frame = requestFrame(WAIT, 0, 1, Buffer.alloc(20 * 1024 * 1024));
    for (let i = 1; i <= 5; i++) {
      (await client(rig)).send(frame);
      await until(() => rig.started.length === i);
    }
    for (let turns = 0; turns < 100; turns++) await turn();
    collectGarbage();
    const { arrayBuffers } = process.memoryUsage();
    assert.ok(arrayBuffers < 80 * 1024 * 1024, `${arrayBuffers} bytes in buffers`);
  });

  test('that together are larger than the memory get through one after the other', async () => {
    const rig = await startRig({}, false, 6 * 1024 * 1024);
    const clients = await Promise.all(Array.from({ length: 5 }, () => client(rig)));
    for (const [i, c] of clients.entries()) c.send(echo(i, String(i).repeat(9_000_000)));
    const answers = clients.map((c) => c.next());
    let answered = 0;
    for (const one of answers) void one.then(() => (answered += 1));
    await until(() => answered === clients.length);
    for (const one of answers) assert.equal((await one)?.length, 4 + 9_000_000);
    assert.equal(rig.pool.leaks().length, 0);
  });
});
