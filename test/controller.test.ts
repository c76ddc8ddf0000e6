/**
 * The controller's listener over real sockets (KIP-919): it opens where the settings name it and as they say, answers what
 * a controller answers, and holds back whoever has not said who he is.
 */
import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { apiInfo, ApiKey } from '../protocol/apis.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { handlers } from '../src/handlers/index.ts';
import { ApiClient } from './conformance/differential/api-client.ts';
import { Authority, type Issued, pemSettings } from './support/certificates.ts';
import { Lines } from './support/log-lines.ts';
import { requestFrame, WireClient } from './support/wire-client.ts';

const SETTINGS = {
  'node.id': '7',
  listeners: 'CLIENT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'connection.failed.authentication.delay.ms': '0',
  'walka.durability': 'memory',
};
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const LOGIN = {
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.controller.plain.sasl.jaas.config': `${PLAIN} user_admin="a" user_alice="b";`,
};
const WITH_SASL = { ...LOGIN, 'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:SASL_PLAINTEXT' };
const WITH_ACLS = {
  ...WITH_SASL,
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin',
};
/** What nodes say to each other; Fetch is how they read the log of the metadata. */
const BETWEEN_NODES = [...apiInfo.values()]
  .filter(({ listeners }) => !listeners.includes('broker'))
  .map(({ key }) => key);

const closing: Array<() => Promise<unknown> | void> = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Started {
  readonly broker: RunningBroker;
  readonly log: Lines;
}

async function start(settings: Readonly<Record<string, string>> = {}): Promise<Started> {
  const log = new Lines();
  const config = createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings })));
  const broker = await startBrokerServer({ config, logger: log });
  closing.push(() => broker.close());
  return { broker, log };
}

const controllerPort = ({ broker }: Started): number => broker.controllerListeners[0]?.port ?? 0;
/** Why controllers' listeners stay closed. */
const closedLines = ({ log }: Started): string[] =>
  log.lines.filter(({ event }) => event === 'controller-listener-closed').map(({ message }) => message);
const clientPort = ({ broker }: Started): number => broker.listeners[0]?.port ?? 0;

/** What is looked at of the answers; each has some of it. */
interface Fields {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly apiKeys: ReadonlyArray<{ readonly apiKey: number }>;
  readonly endpointType: number;
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: ReadonlyArray<{ readonly port: number }>;
  readonly topics: ReadonlyArray<{ readonly errorCode: number; readonly partitions: readonly unknown[] }>;
  readonly results: ReadonlyArray<{ readonly configs: ReadonlyArray<{ readonly value: string }> }>;
  readonly nodes: readonly unknown[];
}

/** Asks on a connection that the end of the test closes. @throws AssertionError where there is no answer */
type Ask = (...args: Parameters<ApiClient['call']>) => Promise<Fields>;

async function connect(port: number): Promise<{ readonly call: Ask }> {
  const client = await ApiClient.open(port);
  closing.push(() => client.close());
  return {
    call: async (...args) => {
      const answer: unknown = await client.call(...args);
      assert.equal(typeof answer, 'object', `${args[0]}: ${String(answer)}`);
      return answer as Fields;
    },
  };
}

async function login(port: number, user: string, password: string) {
  const client = await connect(port);
  await client.call('SaslHandshake', 1, { mechanism: 'PLAIN' });
  const answer = await client.call('SaslAuthenticate', 2, { authBytes: Buffer.from(`\0${user}\0${password}`) });
  assert.equal(answer.errorCode, ErrorCode.NONE);
  return client;
}

describe('the port', () => {
  test('is opened where listeners has a name of controller.listener.names, and no client is told of it', async () => {
    const started = await start();
    assert.deepEqual(
      started.broker.listeners.map(({ name }) => name),
      ['CLIENT'],
    );
    const metadata = await (await connect(clientPort(started))).call('Metadata', 12, { topics: [] });
    assert.deepEqual(
      metadata.brokers.map(({ port }) => port),
      [clientPort(started)],
    );
  });

  test('is not there where listeners has no such name, whatever names a quorum', async () => {
    const started = await start({
      listeners: 'CLIENT://127.0.0.1:0',
      'controller.quorum.voters': '7@127.0.0.1:9093',
      'process.roles': 'broker,controller',
    });
    assert.deepEqual(started.broker.controllerListeners, []);
    assert.deepEqual(closedLines(started), []);
  });

  test('stays closed with a warning where another program has it, and the broker serves', async () => {
    const first = await start();
    const taken = controllerPort(first);
    const second = await start({ listeners: `CLIENT://127.0.0.1:0,CONTROLLER://127.0.0.1:${taken}` });
    assert.deepEqual(second.broker.controllerListeners, []);
    assert.match(closedLines(second)[0] ?? '', /^Listener CONTROLLER stays closed, .* EADDRINUSE/);
    assert.equal((await (await connect(clientPort(second))).call('ApiVersions', 0)).errorCode, ErrorCode.NONE);
    await assert.rejects(start({ listeners: `CLIENT://127.0.0.1:${clientPort(first)}` }), /EADDRINUSE/);
  });

  const unserved: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp]>> = {
    'TLS without a certificate': [
      { 'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:SSL' },
      /neither ssl\.keystore\.location nor/,
    ],
    'SASL without users': [
      { ...WITH_SASL, 'listener.name.controller.plain.sasl.jaas.config': '' },
      /PLAIN needs users here/,
    ],
    'a mechanism that is not served': [
      { 'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:SASL_PLAINTEXT' },
      /CONTROLLER has GSSAPI/,
    ],
  };
  for (const [what, [settings, reason]] of Object.entries(unserved)) {
    test(`stays closed with ${what}, and does not open in another way`, async () => {
      const started = await start(settings);
      assert.deepEqual(started.broker.controllerListeners, []);
      assert.match(closedLines(started)[0] ?? '', reason);
      assert.equal(started.broker.listeners.length, 1);
    });
  }
});

test('what there is to say of its settings is said once', async () => {
  const { log } = await start({ ...WITH_SASL, 'sasl.server.callback.handler.class': 'com.example.Checker' });
  const said = log.lines.filter(({ event }) => event === 'handler-without-effect');
  assert.equal(said.length, 1);
});

describe('what it answers', () => {
  test('are the APIs of a controller that clients use, of which ApiVersions tells', async () => {
    const started = await start();
    const told = async (port: number): Promise<number[]> =>
      (await (await connect(port)).call('ApiVersions', 0)).apiKeys.map(({ apiKey }) => apiKey);
    const ofController = await told(controllerPort(started));
    const ofBoth = [...apiInfo.values()].filter(({ listeners }) => listeners.length === 2).map(({ key }) => key);
    assert.deepEqual(
      ofController,
      ofBoth.filter((key) => key !== ApiKey.Fetch),
    );
    const ofBroker = await told(clientPort(started));
    assert.ok(ofBroker.includes(ApiKey.Fetch) && ofBroker.includes(ApiKey.Metadata));
  });

  test('is nothing else: each other API closes the connection', async () => {
    const port = controllerPort(await start());
    const others = handlers.filter(
      ({ apiKey }) => apiKey === ApiKey.Fetch || !apiInfo.get(apiKey)?.listeners.includes('controller'),
    );
    assert.ok(others.length > 30);
    for (const apiKey of [...others.map((api) => api.apiKey), ...BETWEEN_NODES, 999]) {
      const client = await WireClient.open(port);
      client.send(requestFrame(apiKey, apiInfo.get(apiKey)?.maxVersion ?? 0, 1, Buffer.alloc(64)));
      await client.closed;
    }
  });

  test('to DescribeCluster is the controller, and each port refuses to describe the other kind', async () => {
    const started = await start({ 'broker.rack': 'r1', 'advertised.listeners': 'CONTROLLER://walka.example:19093' });
    const controller = await connect(controllerPort(started));
    const broker = await connect(clientPort(started));
    const found = await controller.call('DescribeCluster', 2, {
      endpointType: 2,
      includeClusterAuthorizedOperations: true,
    });
    const node = { brokerId: 7, host: 'walka.example', port: 19_093, rack: null, isFenced: false };
    assert.deepEqual([found.endpointType, found.controllerId, found.brokers], [2, 7, [node]]);
    assert.equal(found.clusterId, started.broker.clusterId);
    const of = async (client: typeof broker, version: number, endpointType?: number) => {
      const answer = await client.call('DescribeCluster', version, endpointType === undefined ? {} : { endpointType });
      return [answer.errorCode, answer.errorMessage];
    };
    const sent = (here: string, there: string): string =>
      `The request was sent to an endpoint of type ${here}, but we wanted an endpoint of type ${there}`;
    assert.deepEqual(await of(controller, 1, 1), [ErrorCode.MISMATCHED_ENDPOINT_TYPE, sent('CONTROLLER', 'BROKER')]);
    assert.deepEqual(await of(controller, 0), [ErrorCode.INVALID_REQUEST, sent('CONTROLLER', 'BROKER')]);
    assert.deepEqual(await of(broker, 1, 2), [ErrorCode.MISMATCHED_ENDPOINT_TYPE, sent('BROKER', 'CONTROLLER')]);
    for (const client of [controller, broker]) {
      assert.deepEqual(await of(client, 2, 3), [ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, 'Unsupported endpoint type 3']);
    }
  });

  test('is done as at the broker: what one port changes the other shows', async () => {
    const started = await start();
    const controller = await connect(controllerPort(started));
    const broker = await connect(clientPort(started));
    const created = await controller.call('CreateTopics', 7, {
      topics: [{ name: 't', numPartitions: 2, replicationFactor: 1 }],
    });
    assert.equal(created.topics[0]?.errorCode, ErrorCode.NONE);
    const metadata = await broker.call('Metadata', 12, { topics: [{ name: 't' }] });
    assert.equal(metadata.topics[0]?.partitions.length, 2);
    const change = { name: 'log.cleaner.threads', configOperation: 0, value: '2' };
    const resource = { resourceType: 4, resourceName: '7' };
    await broker.call('IncrementalAlterConfigs', 1, { resources: [{ ...resource, configs: [change] }] });
    const asked = { resources: [{ ...resource, configurationKeys: [change.name] }] };
    assert.equal((await controller.call('DescribeConfigs', 4, asked)).results[0]?.configs[0]?.value, '2');
  });

  test('DescribeQuorum names it to whom asks at either port', async () => {
    const started = await start();
    for (const port of [controllerPort(started), clientPort(started)]) {
      const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
      const { nodes } = await (await connect(port)).call('DescribeQuorum', 2, { topics });
      const listener = { name: 'CONTROLLER', host: '127.0.0.1', port: controllerPort(started) };
      assert.deepEqual(nodes, [{ nodeId: 7, listeners: [listener] }]);
    }
  });
});

describe('who may ask', () => {
  test('is nobody before he has said who he is, where the listener has SASL', async () => {
    const port = controllerPort(await start(WITH_SASL));
    const before = new Set<number>([ApiKey.ApiVersions, ApiKey.SaslHandshake]);
    for (const { apiKey, maxVersion } of handlers.filter((api) => !before.has(api.apiKey))) {
      const client = await WireClient.open(port);
      client.send(requestFrame(apiKey, maxVersion, 1, Buffer.alloc(64)));
      await client.closed;
    }
    await assert.rejects(
      (await connect(port)).call('DescribeCluster', 1, { endpointType: 2 }),
      /closed the connection/,
    );
    const stranger = await connect(port);
    await stranger.call('SaslHandshake', 1, { mechanism: 'PLAIN' });
    const refused = await stranger.call('SaslAuthenticate', 2, { authBytes: Buffer.from('\0admin\0wrong') });
    assert.equal(refused.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    const admin = await login(port, 'admin', 'a');
    assert.equal((await admin.call('DescribeCluster', 1, { endpointType: 2 })).errorCode, ErrorCode.NONE);
  });

  test('is decided by ACLs where there is an authorizer: who has no right changes and sees nothing', async () => {
    const port = controllerPort(await start(WITH_ACLS));
    const [admin, alice] = [await login(port, 'admin', 'a'), await login(port, 'alice', 'b')];
    const topics = [{ name: 't', numPartitions: 1, replicationFactor: 1 }];
    const quorum = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] };
    const outcomes = async (client: typeof admin): Promise<unknown[]> => [
      (await client.call('CreateTopics', 7, { topics })).topics[0]?.errorCode,
      (await client.call('DescribeQuorum', 2, quorum)).errorCode,
      (await client.call('UnregisterBroker', 0, { brokerId: 99 })).errorCode,
      (await client.call('DescribeCluster', 1, { endpointType: 2 })).errorCode,
    ];
    const { TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED: denied } = ErrorCode;
    assert.deepEqual(await outcomes(alice), [TOPIC_AUTHORIZATION_FAILED, denied, denied, denied]);
    assert.deepEqual(await outcomes(admin), [
      ErrorCode.NONE,
      ErrorCode.NONE,
      ErrorCode.BROKER_ID_NOT_REGISTERED,
      ErrorCode.NONE,
    ]);
  });

  test('is nobody special without a login: an authorizer holds ANONYMOUS back', async () => {
    const acls = { ...WITH_ACLS, 'listener.security.protocol.map': SETTINGS['listener.security.protocol.map'] };
    const client = await connect(controllerPort(await start(acls)));
    const answer = await client.call('UnregisterBroker', 0, { brokerId: 99 });
    assert.equal(answer.errorCode, ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  });
});

describe('with TLS', () => {
  let authority: Authority;
  let server: Issued;
  before(async () => {
    authority = await Authority.create();
    server = await authority.issue();
  });

  test('it speaks nothing else, and a login comes after the handshake', async () => {
    const map = { 'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:SASL_SSL' };
    const port = controllerPort(await start({ ...LOGIN, ...pemSettings(server, authority), ...map }));
    assert.notEqual(port, 0);
    const plain = await WireClient.open(port);
    plain.send(requestFrame(ApiKey.ApiVersions, 0, 1));
    await plain.closed;
    const secure = await WireClient.openSecure(port, { ca: authority.certificate });
    secure.send(requestFrame(ApiKey.DescribeCluster, 0, 1, Buffer.alloc(8)));
    await secure.closed;
  });
});
