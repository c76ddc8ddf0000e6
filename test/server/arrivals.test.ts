/** How fast new connections come: rates of listeners and of addresses, on a clock that stands still. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { ApiVersions } from '../support/data-apis.ts';
import { setQuotas } from '../support/quotas.ts';
import { soon, turns, until } from '../support/run-clock.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import type { WireClient } from '../support/wire-client.ts';

const VERSIONS = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

/** Connections, one after the other, each with a request; the numbers of those that were served. */
async function connect(
  broker: TestBroker,
  count: number,
): Promise<{ served: Set<number>; closed: Set<number>; clients: WireClient[] }> {
  const [served, closed] = [new Set<number>(), new Set<number>()];
  const clients: WireClient[] = [];
  for (let i = 0; i < count; i++) {
    const client = await soon(broker.connect());
    clients.push(client);
    void client.call(ApiVersions, 3, VERSIONS).then(
      () => served.add(i),
      () => closed.add(i),
    );
    await turns(5);
  }
  return { served, closed, clients };
}

describe('connections beyond the rate of a listener', () => {
  test('wait unread and are served in their order, one after the other', async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ clock, limits: { maxConnectionRateOf: () => 2 } });
    const { served } = await connect(broker, 23);
    await until(() => served.size === 20);
    assert.equal(broker.counters.connections, 20);
    clock.advance(499);
    await turns(20);
    assert.equal(served.size, 20);
    clock.advance(1);
    await until(() => served.size === 21);
    clock.advance(1000);
    await until(() => served.size >= 22);
    assert.deepEqual(
      [...served].sort((a, b) => a - b),
      Array.from({ length: served.size }, (_, i) => i),
    );
    for (let i = 0; i < 5; i++) {
      clock.advance(1000);
      await turns(20);
    }
    await until(() => served.size === 23);
    assert.ok(broker.counters.connectionsDelayed >= 3);
  });

  test('are closed when more wait than may', async () => {
    const clock = new ManualClock();
    const limits = { maxConnectionRate: 1, backlog: 3 };
    await using broker = await startTestBroker({ clock, limits });
    const { served, closed } = await connect(broker, 16);
    await until(() => served.size + closed.size === 13);
    assert.deepEqual([served.size, [...closed]], [10, [13, 14, 15]]);
  });

  test('end with the server', async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ clock, limits: { maxConnectionRate: 1 } });
    const { closed } = await connect(broker, 12);
    await broker.server.close();
    await until(() => closed.size === 2);
  });
});

describe('connections beyond the quota of their address', () => {
  test('are closed within a window, unread, and do not count', async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ clock });
    await setQuotas(broker.services, { ip: '127.0.0.1' }, { connection_creation_rate: 1 });
    const { served, closed } = await connect(broker, 14);
    await until(() => served.size === 10);
    clock.advance(999);
    await turns(20);
    assert.deepEqual([served.size, closed.size], [10, 0]);
    clock.advance(1);
    await until(() => closed.size === 4);
    assert.equal(broker.counters.connectionsRejected, 4);
    clock.advance(11_000);
    const later = await connect(broker, 10);
    await until(() => later.served.size === 10);
  });

  for (const ip of ['::ffff:127.0.0.1', '[0:0:0:0:0:FFFF:7F00:1]', '127.000.000.001', 'localhost']) {
    test(`are closed where it is ${ip}, too`, async () => {
      const clock = new ManualClock();
      await using broker = await startTestBroker({ clock });
      await setQuotas(broker.services, { ip }, { connection_creation_rate: 1 });
      await until(() => broker.services.quotas.table?.addressLimit('127.0.0.1') === 1);
      const { served, closed } = await connect(broker, 11);
      await until(() => served.size === 10);
      clock.advance(1000);
      await until(() => closed.size === 1);
    });
  }

  test('that has none of its own count against the default; with the quota gone all may come', async () => {
    const clock = new ManualClock();
    await using broker = await startTestBroker({ clock });
    await setQuotas(broker.services, { ip: null }, { connection_creation_rate: 1 });
    await setQuotas(broker.services, { ip: '10.1.1.1' }, { connection_creation_rate: 1000 });
    const { served, closed } = await connect(broker, 11);
    await until(() => served.size === 10);
    clock.advance(1000);
    await until(() => closed.size === 1);
    await setQuotas(broker.services, { ip: null }, { connection_creation_rate: null });
    await setQuotas(broker.services, { ip: '10.1.1.1' }, { connection_creation_rate: null });
    assert.equal(broker.services.quotas.addresses, null);
    const later = await connect(broker, 20);
    await until(() => later.served.size === 20);
  });
});
