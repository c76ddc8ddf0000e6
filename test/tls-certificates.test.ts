/** Certificates of a broker over real sockets: which is shown, whose is trusted, and how they change while it runs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ErrorCode } from '../protocol/errors.ts';
import { type LineLevel, LineLogger, type Logger } from '../src/base/logger.ts';
import { ManualClock } from '../src/base/manual-clock.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { Metadata } from './support/admin-apis.ts';
import { Authority, type Issued, type IssueOptions } from './support/certificates.ts';
import { WireClient } from './support/wire-client.ts';
import { IncrementalAlterConfigs, DescribeConfigs } from './support/config-apis.ts';

const BROKER = 4;
const KEYSTORES = join(import.meta.dirname, 'support/keystores');
/** Longer than files are left unlooked at, in ms. */
const A_WHILE_MS = 6000;

/** Keeps what is said of TLS, and tells when the next line comes. */
class TlsLines extends LineLogger {
  level = 'info' as const;
  readonly lines: string[] = [];
  #waiting: (() => void)[] = [];

  /** The lines from the first on, once there are so many. */
  async atLeast(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.lines;
  }

  protected override log(level: LineLevel, event: string, message: string): void {
    if (level === 'debug' || !event.startsWith('tls-')) return;
    this.lines.push(`${event}: ${message}`);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  child(): Logger {
    return this;
  }
}

const SETTINGS = {
  listeners: 'ADMIN://127.0.0.1:0,SECURE://127.0.0.1:0',
  'listener.security.protocol.map': 'ADMIN:PLAINTEXT,SECURE:SSL',
  'walka.durability': 'memory',
  'ssl.keystore.type': 'PEM',
  'ssl.truststore.type': 'PEM',
};

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'walka-tls-'));
  opened.push({ close: () => rmSync(directory, { recursive: true }) });
  return directory;
}

interface World {
  readonly broker: RunningBroker;
  readonly clock: ManualClock;
  readonly logger: TlsLines;
}

async function start(settings: Readonly<Record<string, string>>): Promise<World> {
  const config = createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings })));
  const world = { clock: new ManualClock(), logger: new TlsLines() };
  const broker = await startBrokerServer({ config, ...world });
  opened.push(broker);
  return { broker, ...world };
}

function portOf({ listeners }: RunningBroker, name = 'SECURE'): number {
  return listeners.find((listener) => listener.name === name)?.port ?? 0;
}

async function handshake(broker: RunningBroker, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port: portOf(broker), host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => {});
  opened.push({ close: () => socket.destroy() });
  await once(socket, 'secureConnect');
  return socket;
}

/** The fingerprint of what a new connection is shown. */
async function shownTo(broker: RunningBroker, options?: ConnectionOptions): Promise<string> {
  const socket = await handshake(broker, options);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

function pemFile(directory: string, { key, chain }: Issued, name = 'server.pem'): string {
  const path = join(directory, name);
  // As whoever wants no half of a file writes it.
  writeFileSync(`${path}.new`, key + chain);
  renameSync(`${path}.new`, path);
  return path;
}

async function issuer(): Promise<(options?: IssueOptions, subject?: string) => Promise<Issued>> {
  const authority = await Authority.create();
  return (options, subject = 'CN=server') => authority.issue(subject, options);
}

const NO_TOPICS = { topics: [], allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false };

async function clusterRights(client: WireClient): Promise<number> {
  const request = { ...NO_TOPICS, includeClusterAuthorizedOperations: true };
  return (await client.call(Metadata, 10, request)).clusterAuthorizedOperations;
}

describe('files', () => {
  test('a new certificate in its place is shown to new connections, and the others go on', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const path = pemFile(directory, await issue());
    const { broker, clock, logger } = await start({ 'ssl.keystore.location': path });
    const client = WireClient.over(await handshake(broker));
    const before = await shownTo(broker);
    pemFile(directory, await issue());
    assert.equal(await shownTo(broker), before);
    clock.advance(A_WHILE_MS);
    assert.deepEqual(await logger.atLeast(1), ['tls-renewed: TLS of SECURE was renewed; new connections get it']);
    assert.notEqual(await shownTo(broker), before);
    await client.call(Metadata, 9, { ...NO_TOPICS, includeClusterAuthorizedOperations: false });
  });

  test('links are followed, as those of a mounted secret of Kubernetes', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const version = async (name: string): Promise<void> => {
      mkdirSync(join(directory, name));
      pemFile(join(directory, name), await issue());
      symlinkSync(name, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    };
    await version('..1');
    symlinkSync('..data/server.pem', join(directory, 'server.pem'));
    const { broker, clock, logger } = await start({ 'ssl.keystore.location': join(directory, 'server.pem') });
    const before = await shownTo(broker);
    await version('..2');
    rmSync(join(directory, '..1'), { recursive: true });
    clock.advance(A_WHILE_MS);
    await logger.atLeast(1);
    assert.notEqual(await shownTo(broker), before);
  });

  test('a broken file changes nothing and is told of once, and a good one after it counts', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const path = pemFile(directory, await issue());
    const { broker, clock, logger } = await start({ 'ssl.keystore.location': path });
    const before = await shownTo(broker);
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\nMII');
    clock.advance(A_WHILE_MS);
    await logger.atLeast(1);
    assert.match(
      logger.lines[0] ?? '',
      /^tls-kept: TLS of SECURE stays as it was: ssl\.keystore\.location: .*there is no /,
    );
    assert.equal(await shownTo(broker), before);
    rmSync(path);
    clock.advance(A_WHILE_MS);
    assert.match((await logger.atLeast(2))[1] ?? '', /there is no such file$/);
    pemFile(directory, await issue());
    // The look before this one may be under way.
    while (logger.lines.length < 3) {
      clock.advance(A_WHILE_MS);
      await shownTo(broker);
    }
    assert.match(logger.lines[2] ?? '', /^tls-renewed/);
    assert.notEqual(await shownTo(broker), before);
    assert.equal(logger.lines.length, 3);
  });

  test('a certificate with another name, or without one that it had, takes its place only where that is permitted', async () => {
    const issue = await issuer();
    const first = await issue({ hosts: ['localhost', 'a.test'] });
    const others: readonly (readonly [Issued, setting: string, text: RegExp])[] = [
      [
        await issue({ hosts: ['localhost', 'a.test'] }, 'CN=other'),
        'ssl.allow.dn.changes',
        /DistinguishedName .*CN=server.*CN=other/,
      ],
      [await issue({ hosts: ['localhost'] }), 'ssl.allow.san.changes', /SubjectAltNames .*DNS:a\.test/],
    ];
    for (const [other, setting, text] of others) {
      for (const isPermitted of [false, true]) {
        const directory = temporary();
        const settings = { 'ssl.keystore.location': pemFile(directory, first), [setting]: String(isPermitted) };
        const { broker, clock, logger } = await start(settings);
        const before = await shownTo(broker);
        pemFile(directory, other);
        clock.advance(A_WHILE_MS);
        const [line = ''] = await logger.atLeast(1);
        if (!isPermitted) assert.match(line, text);
        assert.equal((await shownTo(broker)) !== before, isPermitted, line);
      }
    }
  });
});

test('of several keys the one is shown that is for the name, of the kind that the client knows', async () => {
  const { broker } = await start({
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': join(KEYSTORES, 'keys.p12'),
    'ssl.keystore.password': 'storepass',
  });
  const shown = async (options: ConnectionOptions): Promise<unknown> => {
    const socket = await handshake(broker, { maxVersion: 'TLSv1.2', ...options });
    return socket.getPeerCertificate().subject.CN;
  };
  const [rsa, ec] = ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'];
  assert.equal(await shown({ ciphers: rsa, servername: 'localhost' }), 'localhost');
  assert.equal(await shown({ ciphers: ec, servername: 'localhost' }), 'ec.localhost');
  assert.equal(await shown({ servername: 'ec.localhost' }), 'ec.localhost');
  assert.equal(await shown({ ciphers: rsa, servername: 'unknown.test' }), 'localhost');
  await assert.rejects(shown({ ciphers: rsa, servername: 'ec.localhost' }));
});

test('versions and cipher suites are those of the settings', async () => {
  const issue = await issuer();
  const path = pemFile(temporary(), await issue());
  const { broker } = await start({
    'ssl.keystore.location': path,
    'ssl.enabled.protocols': 'TLSv1.2',
    'ssl.cipher.suites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  });
  const socket = await handshake(broker);
  assert.equal(socket.getProtocol(), 'TLSv1.2');
  assert.equal(socket.getCipher().standardName, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
  await assert.rejects(handshake(broker, { minVersion: 'TLSv1.3' }));
});

test('metrics tell how long the certificate of each listener is good', async () => {
  const issue = await issuer();
  const path = pemFile(temporary(), await issue({ untilDays: 20 }));
  const { broker, clock } = await start({ 'ssl.keystore.location': path, 'walka.metrics.port': '0' });
  const text = await (await fetch(`http://127.0.0.1:${broker.metricsPort}/metrics`)).text();
  const [, seconds] = /^walka_tls_certificate_expiry_seconds\{listener="SECURE"\} (-?\d+)$/m.exec(text) ?? [];
  const endsMs = Number(seconds) * 1000 + clock.now();
  assert.ok(Math.abs(endsMs - (Date.now() + 20 * 24 * 3600 * 1000)) < 120_000, `${seconds}`);
});

describe('clients with certificates', () => {
  const RULES = 'RULE:^CN=(client\\d+),.*$/$1/U,RULE:^CN=(known)$/$1/';

  async function mutual(): Promise<{
    broker: RunningBroker;
    connectAs(subject: string, by?: Authority): Promise<WireClient>;
  }> {
    const authority = await Authority.create();
    const { broker } = await start({
      'ssl.keystore.location': pemFile(temporary(), await authority.issue('CN=server')),
      'ssl.truststore.certificates': authority.certificate,
      'ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': RULES,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:CLIENT1;User:ANONYMOUS',
    });
    return {
      broker,
      connectAs: async (subject, by = authority) => {
        const { key, chain } = await by.issue(subject);
        return WireClient.over(await handshake(broker, { key, cert: chain }));
      },
    };
  }

  test('have the name that the rules make of the one in it', async () => {
    const { connectAs } = await mutual();
    assert.notEqual(await clusterRights(await connectAs('O=Acme, CN=client1')), 0);
    assert.equal(await clusterRights(await connectAs('O=Acme, CN=client2')), 0);
    assert.equal(await clusterRights(await connectAs('CN=known')), 0);
  });

  test('are ended where no rule has a name for them, or nobody that is trusted issued it', async () => {
    const { connectAs } = await mutual();
    await assert.rejects(clusterRights(await connectAs('CN=stranger')), /closed/);
    const others = await Authority.create('CN=Others');
    await assert.rejects(async () => clusterRights(await connectAs('O=Acme, CN=client1', others)), /closed/);
  });

  test('are trusted by a certificate of their own in the trust store, as in Java', async () => {
    const [authority, others] = [await Authority.create(), await Authority.create('CN=Others')];
    const [known, stranger] = [await others.issue('CN=known'), await others.issue('CN=known')];
    const { broker } = await start({
      'ssl.keystore.location': pemFile(temporary(), await authority.issue('CN=server')),
      'ssl.truststore.certificates': known.certificate,
      'ssl.client.auth': 'required',
    });
    const connectWith = async ({ key, chain }: Issued): Promise<WireClient> =>
      WireClient.over(await handshake(broker, { key, cert: chain }));
    await clusterRights(await connectWith(known));
    await assert.rejects(async () => clusterRights(await connectWith(stranger)), /closed/);
  });
});

describe('dynamic settings', () => {
  async function alter(
    { broker }: World,
    changes: Readonly<Record<string, string>>,
    validateOnly = false,
    resourceName = '1',
  ): Promise<readonly [number, string | null]> {
    const client = await WireClient.open(portOf(broker, 'ADMIN'));
    const configs = Object.entries(changes).map(([name, value]) => ({ name, configOperation: 0, value }));
    const resources = [{ resourceType: BROKER, resourceName, configs }];
    const { responses } = await client.call(IncrementalAlterConfigs, 1, { resources, validateOnly });
    client.close();
    return [responses[0]?.errorCode ?? -1, responses[0]?.errorMessage ?? null];
  }

  const LOCATION = 'listener.name.secure.ssl.keystore.location';

  test('of a listener change its certificate, once they were found to work', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const world = await start({ 'node.id': '1', 'ssl.keystore.location': pemFile(directory, await issue()) });
    const before = await shownTo(world.broker);
    const next = pemFile(directory, await issue(), 'next.pem');
    assert.deepEqual(await alter(world, { [LOCATION]: next }, true), [ErrorCode.NONE, null]);
    assert.equal(await shownTo(world.broker), before);
    assert.deepEqual(await alter(world, { [LOCATION]: next }), [ErrorCode.NONE, null]);
    await world.logger.atLeast(1);
    assert.notEqual(await shownTo(world.broker), before);
  });

  test('that do not work, or are for somebody else, are refused', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const world = await start({ 'node.id': '1', 'ssl.keystore.location': pemFile(directory, await issue()) });
    const refused = async (changes: Record<string, string>, text: RegExp, name = '1'): Promise<void> => {
      const [code, message] = await alter(world, changes, false, name);
      assert.equal(code, ErrorCode.INVALID_REQUEST);
      assert.match(message ?? '', text);
    };
    await refused({ [LOCATION]: join(directory, 'none.pem') }, /none\.pem: there is no such file$/);
    await refused({ 'listener.name.secure.ssl.key.password': 'hunter2' }, /^listener\.name\.secure|is not encrypted/);
    const other = pemFile(directory, await issue({}, 'CN=other'), 'other.pem');
    await refused(
      { [LOCATION]: other },
      /^Keystore DistinguishedName does not match: existing=\{alias=kafka, DN=CN=server\}/,
    );
    await refused(
      { 'ssl.keystore.location': other },
      /^These security configs can be dynamically updated only per-listener/,
    );
    await refused({ [LOCATION]: other }, /^Cannot update these configs at default cluster level/, '');
    assert.deepEqual(world.logger.lines, []);
  });

  test('have ssl.client.auth ask new connections for a certificate', async () => {
    const authority = await Authority.create();
    const world = await start({
      'node.id': '1',
      'ssl.keystore.location': pemFile(temporary(), await authority.issue()),
      'ssl.truststore.certificates': authority.certificate,
    });
    await clusterRights(WireClient.over(await handshake(world.broker)));
    assert.deepEqual(await alter(world, { 'listener.name.secure.ssl.client.auth': 'required' }), [
      ErrorCode.NONE,
      null,
    ]);
    await world.logger.atLeast(1);
    await assert.rejects(async () => clusterRights(WireClient.over(await handshake(world.broker))), /closed/);
  });

  test('of keys and passwords are never shown', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const world = await start({ 'node.id': '1', 'ssl.keystore.location': pemFile(directory, await issue()) });
    const { key, chain } = await issue();
    const inline = {
      'listener.name.secure.ssl.keystore.key': key,
      'listener.name.secure.ssl.keystore.certificate.chain': chain,
      [LOCATION]: '',
    };
    assert.deepEqual(await alter(world, inline), [ErrorCode.NONE, null]);
    await world.logger.atLeast(1);
    const client = await WireClient.open(portOf(world.broker, 'ADMIN'));
    const resources = [{ resourceType: BROKER, resourceName: '1', configurationKeys: null }];
    const request = { resources, includeSynonyms: true, includeDocumentation: false };
    const { results } = await client.call(DescribeConfigs, 4, request);
    client.close();
    const shown = results[0]?.configs.filter(({ name }) => /keystore\.(key|certificate\.chain)$/.test(name)) ?? [];
    assert.equal(shown.length, 4);
    for (const { value, isSensitive, synonyms } of shown) {
      assert.deepEqual([value, isSensitive], [null, true]);
      for (const synonym of synonyms) assert.equal(synonym.value, null);
    }
  });

  test('that stopped working are left out at a start, so that somebody can mend them', async () => {
    const [directory, issue] = [temporary(), await issuer()];
    const settings = {
      'node.id': '1',
      'walka.durability': 'os',
      'log.dirs': join(directory, 'data'),
      'ssl.keystore.location': pemFile(directory, await issue()),
    };
    const world = await start(settings);
    const next = pemFile(directory, await issue(), 'next.pem');
    assert.deepEqual(await alter(world, { [LOCATION]: next }), [ErrorCode.NONE, null]);
    await world.broker.close();
    rmSync(next);
    const { broker, logger } = await start(settings);
    assert.match(
      logger.lines[0] ?? '',
      /^tls-kept: What was set at run time for TLS of SECURE is left out: .*next\.pem/,
    );
    await shownTo(broker);
  });
});
