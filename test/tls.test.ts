/** Listeners with TLS, with clients of others and byte by byte. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlainly, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, before, describe, test } from 'node:test';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { ApiKey } from '../protocol/apis.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import type { ConnectionInfo } from '../src/handlers/types.ts';
import { startBroker } from '../src/index.ts';
import { principalText } from '../src/security/principal.ts';
import { Authority, type Issued, pemSettings } from './support/certificates.ts';
import { Lines } from './support/log-lines.ts';
import { until } from './support/run-clock.ts';
import { requestFrame, WireClient } from './support/wire-client.ts';
import { ApiVersions } from './support/data-apis.ts';

const NO_CLIENT = { clientSoftwareName: '', clientSoftwareVersion: '', clusterId: null, nodeId: -1 };

let authority: Authority;
let server: Issued;
let alice: Issued;
let stranger: Issued;
before(async () => {
  authority = await Authority.create();
  server = await authority.issue();
  alice = await authority.issue('C=CH, O=Acme, CN=alice');
  stranger = await (await Authority.create('CN=Nobody')).issue('CN=alice');
});

interface Started {
  readonly broker: RunningBroker;
  readonly log: Lines;
  /** Of connections that have come so far. */
  readonly connections: ConnectionInfo[];
  port(name: string): number;
}

const closing: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function settings(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    listeners: 'PLAIN://127.0.0.1:0,SECURE://127.0.0.1:0,LOGIN://127.0.0.1:0',
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,SECURE:SSL,LOGIN:SASL_SSL',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.login.plain.sasl.jaas.config':
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_bob="secret";',
    'connection.failed.authentication.delay.ms': '0',
    'group.initial.rebalance.delay.ms': '0',
    ...pemSettings(server, authority),
    ...more,
  };
}

async function start(more: Readonly<Record<string, string>> = {}): Promise<Started> {
  const log = new Lines();
  const values = { ...settings(more), 'walka.durability': 'memory' };
  const broker = await startBrokerServer({ config: createBrokerConfig(new Map(Object.entries(values))), logger: log });
  closing.push(() => broker.close());
  const connections: ConnectionInfo[] = [];
  broker.watch((connection) => {
    connections.push(connection);
    return { received() {}, sent() {} };
  });
  const port = (name: string): number => broker.listeners.find((listener) => listener.name === name)?.port ?? 0;
  return { broker, log, connections, port };
}

function raw(port: number): Socket {
  const socket = connectPlainly(port, '127.0.0.1');
  socket.on('error', () => {});
  closing.push(() => void socket.destroy());
  return socket;
}

function secured(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, ...options });
  socket.on('error', () => {});
  closing.push(() => void socket.destroy());
  return socket;
}

async function wire(port: number, options: ConnectionOptions = {}): Promise<WireClient> {
  const client = await WireClient.openSecure(port, { ca: authority.certificate, servername: 'localhost', ...options });
  closing.push(() => client.close());
  return client;
}

/** Whether requests are answered. */
async function isServed(client: WireClient): Promise<boolean> {
  return client.call(ApiVersions, 3, NO_CLIENT).then(
    () => true,
    () => false,
  );
}

const shown = ({ chain, key }: Issued): ConnectionOptions => ({ cert: chain, key });

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.on('close', () => resolve()));
}

async function allOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  await closed(socket);
  return Buffer.concat(chunks);
}

async function writesAndReads(config: Omit<KafkaConfig, 'logLevel'>): Promise<void> {
  const kafka = new Kafka({ ...config, logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'one' }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'readers' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
  const value = await new Promise((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) });
  });
  await consumer.disconnect();
  assert.equal(value, 'one');
}

describe('kafkajs', () => {
  const ca = (): { ca: string } => ({ ca: authority.certificate });

  test('writes and reads over SSL', async () => {
    const { port } = await start();
    await writesAndReads({ brokers: [`localhost:${port('SECURE')}`], ssl: ca() });
  });

  test('writes and reads over SASL_SSL', async () => {
    const { port } = await start();
    const sasl = { mechanism: 'plain' as const, username: 'bob', password: 'secret' };
    await writesAndReads({ brokers: [`localhost:${port('LOGIN')}`], ssl: ca(), sasl });
  });

  test('writes and reads with a certificate of its own', async () => {
    const { port } = await start({ 'ssl.client.auth': 'required' });
    await writesAndReads({ brokers: [`localhost:${port('SECURE')}`], ssl: { ...ca(), ...shown(alice) } });
  });
});

describe('who a client is', () => {
  async function principal(
    protocol: string,
    more: Record<string, string>,
    options?: ConnectionOptions,
  ): Promise<string> {
    const { connections, port } = await start(more);
    assert.ok(await isServed(await wire(port(protocol), options)));
    return principalText((connections[0] as ConnectionInfo).session.principal);
  }

  test('its certificate says', async () => {
    const name = await principal('SECURE', { 'ssl.client.auth': 'required' }, shown(alice));
    assert.equal(name, 'User:CN=alice,O=Acme,C=CH');
    assert.equal(await principal('SECURE', { 'ssl.client.auth': 'requested' }, shown(alice)), name);
  });

  test('is not known without one, or where nobody asks for it', async () => {
    assert.equal(await principal('SECURE', { 'ssl.client.auth': 'requested' }), 'User:ANONYMOUS');
    assert.equal(await principal('SECURE', { 'ssl.client.auth': 'none' }, shown(alice)), 'User:ANONYMOUS');
  });

  test('SASL says where there is SASL', async () => {
    const name = await principal('LOGIN', { 'ssl.client.auth': 'required' }, shown(alice));
    assert.equal(name, 'User:ANONYMOUS', 'until it has');
  });

  test('its certificate says also when the session is resumed', async () => {
    const { connections, port } = await start({ 'ssl.client.auth': 'required' });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = secured(port('SECURE'), { ...shown(alice), maxVersion });
      const [session] = (await once(first, 'session')) as [Buffer];
      const again = secured(port('SECURE'), { ...shown(alice), maxVersion, session });
      await once(again, 'secureConnect');
      assert.ok(again.isSessionReused());
      const before = connections.length;
      again.write(requestFrame(ApiKey.ApiVersions, 0, 1));
      await once(again, 'data');
      assert.ok(connections.length >= before);
      assert.equal(
        principalText((connections.at(-1) as ConnectionInfo).session.principal),
        'User:CN=alice,O=Acme,C=CH',
      );
    }
  });
});

describe('a handshake', () => {
  const refused: ReadonlyArray<readonly [string, Record<string, string>, () => ConnectionOptions, RegExp]> = [
    ['without the certificate that must be shown', { 'ssl.client.auth': 'required' }, () => ({}), /certificate/],
    [
      'with a certificate of somebody else',
      { 'ssl.client.auth': 'required' },
      () => shown(stranger),
      /"CN=alice" is not trusted/,
    ],
    [
      'with an untrusted certificate where none is needed',
      { 'ssl.client.auth': 'requested' },
      () => shown(stranger),
      /"CN=alice" is not trusted/,
    ],
    [
      'with TLS 1.1',
      {},
      () => ({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      /protocol|version/,
    ],
    [
      'with no cipher in common',
      {},
      () => ({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }),
      /no shared cipher/,
    ],
  ];
  for (const [how, more, options, text] of refused) {
    test(`${how} is refused, with one line`, async () => {
      const { log, port } = await start(more);
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const socket = secured(port('SECURE'), { maxVersion, ...options() });
        socket.write(requestFrame(ApiKey.ApiVersions, 0, 1));
        assert.equal((await allOf(socket)).length, 0);
        const { lines } = log;
        await until(() => lines.length === 1);
        assert.equal(lines[0]?.event, 'tls-handshake-failed');
        assert.match(lines[0]?.message ?? '', text);
        assert.match(lines[0]?.message ?? '', /^TLS handshake with 127\.0\.0\.1:\d+ on listener SECURE failed: /);
        lines.length = 0;
      }
      assert.ok(await isServed(await wire(port('SECURE'), more['ssl.client.auth'] === undefined ? {} : shown(alice))));
    });
  }

  test('by a client that does not trust the broker fails, and the broker is told', async () => {
    const { log, port } = await start();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as SecureVersion[]) {
      const socket = secured(port('SECURE'), { ca: alice.certificate, maxVersion });
      const [error] = (await once(socket, 'error').catch((reason: unknown) => [reason])) as [Error];
      assert.match(error.message, /unable to verify|self-signed|unable to get/);
    }
    assert.deepEqual(log.lines, [], 'Node ends such a handshake without an alert');
  });

  test('is not done a second time on a connection', async () => {
    const { port } = await start();
    const socket = secured(port('SECURE'), { maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    socket.renegotiate({}, () => {});
    await closed(socket);
    assert.ok(await isServed(await wire(port('SECURE'))));
  });

  test('chooses AES-128-GCM, which costs least, where the client has it', async () => {
    const { port } = await start();
    for (const [maxVersion, name] of [
      ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
      ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
    ] as const) {
      const socket = secured(port('SECURE'), { maxVersion });
      await once(socket, 'secureConnect');
      assert.equal(socket.getCipher().name, name);
    }
    const other = secured(port('SECURE'), { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' });
    await once(other, 'secureConnect');
    assert.equal(other.getCipher().name, 'TLS_CHACHA20_POLY1305_SHA256');
  });

  test('may come with several records and requests at once', async () => {
    const { port } = await start();
    const socket = secured(port('SECURE'));
    const frames = Array.from({ length: 2000 }, (_, id) => requestFrame(ApiKey.ApiVersions, 0, id));
    socket.write(Buffer.concat(frames));
    let byteLength = 0;
    const first = await new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        byteLength += chunk.length;
        const all = Buffer.concat(chunks);
        if (byteLength >= 2000 * (4 + all.readInt32BE(0))) resolve(all);
      });
    });
    assert.equal(first.readInt32BE(4), 0);
  });
});

describe('a client of the other kind', () => {
  test('without TLS, on a listener that has it, is answered as Kafka does, with one line', async () => {
    const { log, port } = await start();
    for (const name of ['SECURE', 'LOGIN']) {
      const socket = raw(port(name));
      await once(socket, 'connect');
      const { localPort } = socket;
      socket.write(requestFrame(ApiKey.ApiVersions, 3, 1, Buffer.alloc(0), 'billing\n'));
      assert.equal((await allOf(socket)).toString('hex'), '15030300020250');
      const said = 'the client "billing\\n" speaks Kafka without TLS (security.protocol=PLAINTEXT or SASL_PLAINTEXT)';
      assert.deepEqual(
        log.lines.splice(0).map(({ message }) => message),
        [`TLS handshake with 127.0.0.1:${localPort} on listener ${name} failed: ${said}`],
      );
    }
  });

  test('that speaks HTTP, or nothing at all that is known, is told apart', async () => {
    const { log, port } = await start();
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', 'x']) {
      const socket = raw(port('SECURE'));
      socket.write(bytes);
      await allOf(socket);
    }
    const texts = log.lines.map(({ message }) => message.replace(/.*failed: /, ''));
    assert.deepEqual(texts, ['the client speaks HTTP', 'what the client sends is no TLS']);
  });

  test('with TLS, on a listener that has none, is ended at once', async () => {
    const { port } = await start();
    const socket = secured(port('PLAIN'));
    await closed(socket);
    assert.equal(socket.authorized, false);
  });

  test('that only looks whether the port is open leaves no line', async () => {
    const { broker, log, port } = await start();
    const socket = raw(port('SECURE'));
    await once(socket, 'connect');
    socket.destroy();
    await broker.close();
    assert.deepEqual(log.lines, []);
  });
});

describe('a broker in a program', () => {
  test('has listeners with TLS', async () => {
    const config = settings({ listeners: 'SECURE://127.0.0.1:0' });
    const broker = await startBroker({ config });
    closing.push(() => broker.close());
    await writesAndReads({ brokers: [broker.bootstrapServers], ssl: { ca: authority.certificate } });
  });
});
