/** How many connections each listener may have, and which one is spared, as Apache Kafka 4.4.0 was seen to do it. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { apiVersionsHandler } from '../../src/handlers/api-versions.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { Server } from '../../src/server/server.ts';
import { validateBrokerConfigs } from '../../src/config/validate.ts';
import { Lines } from '../support/log-lines.ts';
import { turns, until } from '../support/run-clock.ts';
import { openTestServices, type TestServices } from '../support/test-services.ts';
import { requestFrame, WireClient } from '../support/wire-client.ts';

const cleanups: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of cleanups.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Limited {
  readonly server: Server;
  readonly services: TestServices['services'];
  readonly counters: ServerCounters;
  readonly clock: ManualClock;
  readonly log: Lines;
  /** A connection to a listener; it has not been read before `served`. */
  open(listener: string): Promise<WireClient>;
}

async function start(settings: Readonly<Record<string, string>>): Promise<Limited> {
  const clock = new ManualClock();
  const log = new Lines();
  const opened = await openTestServices({
    clock,
    logger: log,
    settings: {
      listeners: 'ADMIN://127.0.0.1:0,CLIENTS://127.0.0.1:0',
      'listener.security.protocol.map': 'ADMIN:PLAINTEXT,CLIENTS:PLAINTEXT',
      'inter.broker.listener.name': 'ADMIN',
      ...settings,
    },
  });
  cleanups.push(opened);
  const { services } = opened;
  const pool = new SlabPool({ budgetBytes: 1024 * 1024 });
  const counters = new ServerCounters();
  const handlers = [apiVersionsHandler(() => [])];
  const server = await Server.open({ services, handlers, pool, counters }, services.config.listeners);
  cleanups.push(server);
  const open = async (name: string): Promise<WireClient> => {
    const client = await WireClient.open(server.listeners.find((listener) => listener.name === name)?.port ?? 0);
    cleanups.push({ [Symbol.asyncDispose]: async () => client.close() });
    client.send(requestFrame(ApiKey.ApiVersions, 0, 7));
    return client;
  };
  return { server, services, counters, clock, log, open };
}

const served = async (client: WireClient): Promise<void> => {
  assert.equal((await client.next())?.readInt32BE(0), 7);
};

describe('listener.name.NAME.max.connections', () => {
  test('has more wait on that listener alone, until one of its own ends', async () => {
    const { server, open } = await start({ 'listener.name.clients.max.connections': '1' });
    const first = await open('CLIENTS');
    await served(first);
    const second = await open('CLIENTS');
    const other = await open('ADMIN');
    await served(other);
    other.close();
    await until(() => server.connectionCount === 1);
    await turns(20);
    assert.equal(server.connectionCount, 1);
    first.close();
    await served(second);
  });

  test('holds for the spared listener, too, and is changed at run time', async () => {
    const { services, server, open } = await start({ 'listener.name.admin.max.connections': '1' });
    await served(await open('ADMIN'));
    const second = await open('ADMIN');
    await turns(20);
    assert.equal(server.connectionCount, 1);
    services.config.setDynamic(new Map(), new Map([['listener.name.admin.max.connections', '2']]));
    await served(second);
  });

  test('is the broker’s where it is not set, and cannot be nothing', async () => {
    const { services, open, server } = await start({ 'max.connections': '1' });
    await served(await open('ADMIN'));
    await open('ADMIN');
    await turns(20);
    assert.equal(server.connectionCount, 1);
    for (const name of ['max.connections', 'max.connection.creation.rate']) {
      const changed = new Map([[`listener.name.clients.${name}`, '0']]);
      assert.throws(() => validateBrokerConfigs(changed, services.config.nodeId, services.config), {
        code: ErrorCode.INVALID_REQUEST,
        message: `Invalid ${name} 0`,
      });
    }
  });
});

describe('max.connections.per.ip.overrides', () => {
  const overrides = 'max.connections.per.ip.overrides';

  for (const host of ['127.0.0.1', '::ffff:127.0.0.1', '0:0:0:0:0:ffff:7f00:1', '127.000.000.001', 'localhost']) {
    test(`counts for ${host}`, async () => {
      const { open } = await start({ 'max.connections.per.ip': '0', [overrides]: `10.9.9.9:5,${host}:1` });
      await served(await open('CLIENTS'));
      await (await open('CLIENTS')).closed;
    });
  }

  test('names hosts at run time, too; of one without an address nothing comes but a warning', async () => {
    const { services, open, log } = await start({});
    const change = (value: string): void => services.config.setDynamic(new Map([[overrides, value]]), new Map());
    change('localhost:0,no..where:0');
    await until(() => log.lines.length > 0);
    const [line] = log.lines;
    assert.equal(line?.event, 'connection-override-unknown');
    assert.equal(line.message, `${overrides}: no..where has no address`);
    await (await open('CLIENTS')).closed;
    change('');
    await served(await open('CLIENTS'));
  });

  test('refuses the start where a host has no address', async () => {
    await assert.rejects(start({ [overrides]: 'no..where:1' }), {
      message: `${overrides}: no..where has no address`,
    });
  });
});

describe('max.connections', () => {
  const settings = { 'max.connections': '2' };

  test('does not hold back the listener for brokers, and the longest idle of another makes room', async () => {
    const { clock, counters, server, open } = await start(settings);
    const [idle, busy] = [await open('CLIENTS'), await open('CLIENTS')];
    for (const one of [idle, busy]) await served(one);
    clock.advance(1000);
    busy.send(requestFrame(ApiKey.ApiVersions, 0, 7));
    await served(busy);
    const admin = await open('ADMIN');
    await served(admin);
    await idle.closed;
    await until(() => server.connectionCount === 2);
    assert.equal(counters.connectionsRejected, 1);
    busy.send(requestFrame(ApiKey.ApiVersions, 0, 7));
    await served(busy);
  });

  test('has nobody spared where there is but one listener', async () => {
    const { server, open } = await start({
      listeners: 'ADMIN://127.0.0.1:0',
      'max.connections': '1',
      'listener.name.admin.max.connections': '5',
    });
    await served(await open('ADMIN'));
    await open('ADMIN');
    await turns(20);
    assert.equal(server.connectionCount, 1);
  });

  test('closes the longest idle when it is lowered', async () => {
    const { services, clock, server, open } = await start({ 'max.connections': '3' });
    const clients = [];
    for (let i = 0; i < 3; i++) {
      const client = await open('CLIENTS');
      await served(client);
      clients.push(client);
      clock.advance(10);
    }
    services.config.setDynamic(new Map([['max.connections', '1']]), new Map());
    for (const client of clients.slice(0, 2)) await client.closed;
    await until(() => server.connectionCount === 1);
    clients[2]?.send(requestFrame(ApiKey.ApiVersions, 0, 7));
    await served(clients[2] as WireClient);
  });
});

test('the rate of all listeners does not count for the one for brokers', async () => {
  const { counters, open } = await start({
    'max.connection.creation.rate': '1',
    'listener.name.admin.max.connection.creation.rate': '1000',
  });
  for (let i = 0; i < 15; i++) await served(await open('ADMIN'));
  assert.equal(counters.connectionsDelayed, 0);
  await served(await open('CLIENTS'));
  for (let i = 0; i < 15; i++) await open('CLIENTS');
  await until(() => counters.connectionsDelayed > 0);
});
