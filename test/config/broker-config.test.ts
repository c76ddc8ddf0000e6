/** The configuration in force: sources, types, listeners, topics. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { namesWithoutEffect } from '../../src/config/given-values.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { initialLevels } from '../../src/config/features.ts';

const config = (values: Record<string, string> = {}) => createBrokerConfig(new Map(Object.entries(values)));
const refuses = (values: Record<string, string>, message: RegExp) =>
  assert.throws(
    () => config(values),
    (error) => error instanceof ConfigError && message.test(error.message) && !error.message.includes('\n'),
  );

test('an empty configuration serves 127.0.0.1:9092 from ./data', () => {
  const empty = config();
  assert.deepEqual(empty.listeners, [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, protocol: 'PLAINTEXT' }]);
  assert.equal(empty.dataDir, resolve('data'));
  assert.equal(empty.nodeId, 1);
  assert.equal(empty.int('group.initial.rebalance.delay.ms'), 0);
  assert.equal(empty.int('offsets.topic.replication.factor'), 1);
});

test('an unknown setting is refused with the nearest name', () => {
  refuses({ 'log.retention.hour': '1' }, /unknown setting log\.retention\.hour; did you mean log\.retention\.hours\?/);
  refuses({ 'retention.ms': '1' }, /unknown setting retention\.ms; did you mean log\.retention\.ms\?/);
  refuses(
    { 'listener.name.plaintext.max.conections': '1' },
    /unknown setting listener\.name\.plaintext\.max\.conections; did you mean listener\.name\.plaintext\.max\.connections\?/,
  );
  refuses({ 'walka.completely.different': '1' }, /^unknown setting walka\.completely\.different$/);
  refuses({ '': 'x' }, /^there is a value without the name of a setting$/);
});

test('what Kafka had once and what plugins have is accepted and told of, with what took its place', () => {
  const values = new Map([
    ['zookeeper.connect', 'localhost:2181'],
    ['log.message.format.version', '2.8'],
    ['host.name', 'a'],
    ['confluent.topic.replication.factor', '1'],
    ['cruise.control.metrics.reporter.bootstrap.servers', 'a:1'],
    ['listener.name.plaintext.some.plugin.of.mine', 'x'],
    ['completely.different.thing.of.somebody', '1'],
  ]);
  createBrokerConfig(values);
  assert.deepEqual(namesWithoutEffect(values), [
    'completely.different.thing.of.somebody',
    'confluent.topic.replication.factor',
    'cruise.control.metrics.reporter.bootstrap.servers',
    'host.name (now listeners)',
    'listener.name.plaintext.some.plugin.of.mine',
    'log.message.format.version',
    'zookeeper.connect',
  ]);
});

test("an authorizer's settings have an effect, though they are not Kafka's own, and so does one that Kafka had once", () => {
  const values = new Map([
    ['super.users', 'User:admin;User:ops'],
    ['allow.everyone.if.no.acl.found', 'true'],
    ['log.message.downconversion.enable', 'false'],
  ]);
  createBrokerConfig(values);
  assert.deepEqual(namesWithoutEffect(values), []);
});

test('a value that its setting does not allow is refused with both', () => {
  refuses({ 'num.partitions': '0' }, /Invalid value 0 for configuration num\.partitions: Value must be at least 1/);
  refuses(
    { 'num.partitions': 'many' },
    /Invalid value many for configuration num\.partitions: Not a number of type INT/,
  );
  refuses({ 'walka.durability': 'none' }, /walka\.durability/);
});

test('walka.validate.records takes the two values of former versions for those of today', () => {
  const values = { full: 'full', header: 'header', true: 'full', false: 'header' };
  for (const [text, value] of Object.entries(values)) {
    assert.equal(config({ 'walka.validate.records': text }).string('walka.validate.records'), value);
  }
  assert.equal(config().string('walka.validate.records'), 'full');
  refuses({ 'walka.validate.records': 'some' }, /walka\.validate\.records.*full, header/);
});

test('node.id and broker.id are one setting', () => {
  for (const values of [{ 'node.id': '7' }, { 'broker.id': '7' }, { 'node.id': '7', 'broker.id': '7' }]) {
    const { nodeId, staticValues } = config(values);
    assert.deepEqual([nodeId, staticValues.get('node.id'), staticValues.get('broker.id')], [7, '7', '7']);
  }
  assert.equal(config({ 'broker.id': '-1' }).nodeId, 1);
  refuses({ 'node.id': '7', 'broker.id': '8' }, /must be set to the same value/);
});

test('settings that contradict each other are refused', () => {
  refuses({ 'log.retention.hours': '0' }, /log\.retention\.ms must be unlimited/);
  assert.equal(config({ 'log.retention.hours': '0', 'log.retention.ms': '-7' }).topicConfig(new Map()).retentionMs, -1);
  refuses({ 'max.connections.per.ip': '0' }, /only if max\.connections\.per\.ip\.overrides/);
  config({ 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': '127.0.0.1:5' });
  refuses({ 'max.connections.per.ip.overrides': '127.0.0.1' }, /Must be address:count/);
});

test('the first of log.dirs is the data directory, and memory durability has none', () => {
  assert.equal(config({ 'log.dirs': '/a/b, /c', 'log.dir': '/d' }).dataDir, '/a/b');
  assert.equal(config({ 'log.dir': '/d' }).dataDir, '/d');
  assert.equal(config({ 'log.dirs': '/a', 'walka.durability': 'memory' }).dataDir, null);
});

test('several named listeners are served, those of controllers apart', () => {
  const several = config({
    listeners: 'HOST://:9092,DOCKER://0.0.0.0:29092,CONTROLLER://:9093',
    'advertised.listeners': 'HOST://localhost:9092,DOCKER://walka:29092',
    'listener.security.protocol.map': 'HOST:PLAINTEXT,DOCKER:PLAINTEXT,CONTROLLER:SASL_SSL',
    'controller.listener.names': 'CONTROLLER',
  });
  assert.deepEqual(
    several.listeners.map(({ name, port }) => [name, port]),
    [
      ['HOST', 9092],
      ['DOCKER', 29092],
    ],
  );
  assert.deepEqual(several.advertisedListeners.get('DOCKER'), { name: 'DOCKER', host: 'walka', port: 29092 });
  const controller = { name: 'CONTROLLER', host: '', port: 9093, protocol: 'SASL_SSL', endpointType: 'controller' };
  assert.deepEqual(several.controllerListeners, [controller]);
});

test("a controller's listener is PLAINTEXT by itself only where no map is set and nothing is secured, as in Kafka", () => {
  const given = { listeners: 'PLAINTEXT://:9092,MINE://:9093', 'controller.listener.names': 'MINE' };
  assert.equal(config(given).controllerListeners[0]?.protocol, 'PLAINTEXT');
  refuses(
    { ...given, 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT' },
    /^listeners: MINE has no security protocol in listener\.security\.protocol\.map/,
  );
  refuses({ ...given, listeners: 'SASL_PLAINTEXT://:9092,MINE://:9093' }, /MINE has no security protocol/);
  refuses({ listeners: 'PLAINTEXT://:9092,MINE://:9093' }, /MINE has no security protocol/);
});

test("what is advertised for a controller's listener counts, and a place that nobody can reach does not", () => {
  const given = { listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093', 'controller.listener.names': 'CONTROLLER' };
  const advertised = (place: string) =>
    config({ ...given, 'advertised.listeners': `PLAINTEXT://a:9092,CONTROLLER://${place}:9093` }).advertisedListeners;
  assert.equal(advertised('b').get('CONTROLLER')?.host, 'b');
  for (const place of ['', '0.0.0.0']) assert.equal(advertised(place).get('CONTROLLER'), undefined);
});

test('listeners that cannot be served are refused', () => {
  refuses({ listeners: 'SSL://:9093' }, /SSL is SSL, and there is neither ssl\.keystore\.location nor/);
  refuses({ listeners: 'MINE://:9093' }, /MINE has no security protocol/);
  refuses({ listeners: 'PLAINTEXT:9092' }, /is not of the form NAME:\/\/host:port/);
  refuses({ listeners: 'PLAINTEXT://:99999' }, /PLAINTEXT:\/\/:99999: 99999 is not a port/);
  refuses({ listeners: '' }, /Configuration 'listeners' must not be empty/);
  refuses({ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' }, /needs a host that clients can reach/);
  refuses({ 'advertised.listeners': 'OTHER://a:1' }, /OTHER is not one of listeners/);
  refuses({ 'inter.broker.listener.name': 'OTHER' }, /inter\.broker\.listener\.name: OTHER is not one of listeners/);
  const protocol = { 'security.inter.broker.protocol': 'SASL_SSL' };
  refuses({ ...protocol, 'inter.broker.listener.name': 'PLAINTEXT' }, /only one of them may be/);
});

test('a host is what Kafka takes for one, and nothing that a template left behind', () => {
  const hosts = [
    ['PLAINTEXT://[fe80::1%eth0]:9092', 'fe80::1%eth0'],
    ['PLAINTEXT://fe80::1%eth0:9092', 'fe80::1%eth0'],
    ['PLAINTEXT://::1:9092', '::1'],
    ['PLAINTEXT://my_host-1.example.:9092', 'my_host-1.example.'],
  ] as const;
  for (const [text, host] of hosts) {
    assert.deepEqual(config({ listeners: text }).listeners, [
      { name: 'PLAINTEXT', host, port: 9092, protocol: 'PLAINTEXT' },
    ]);
    assert.equal(config({ 'advertised.listeners': text }).advertisedListeners.get('PLAINTEXT')?.host, host);
  }
  for (const host of ['${HOST_IP}', '$(hostname)', '{{host}}', '<host>', 'a b', 'a/b', 'ä.de', '*', '[::1']) {
    for (const name of ['listeners', 'advertised.listeners']) {
      refuses({ [name]: `PLAINTEXT://${host}:9092` }, /^(advertised\.)?listeners: PLAINTEXT:\/\/.* cannot be a host/);
    }
  }
  refuses({ 'advertised.listeners': 'PLAINTEXT://${HOST_IP}:9092' }, /nobody filled in/);
});

test('no listener is named or advertised twice, and what repeats itself is one', () => {
  refuses({ listeners: 'PLAINTEXT://a:1,PLAINTEXT://b:2' }, /^listeners: the name PLAINTEXT is used twice/);
  refuses({ 'advertised.listeners': 'PLAINTEXT://a:1,plaintext://b:2' }, /^advertised\.listeners: .* used twice/);
  assert.equal(config({ listeners: 'PLAINTEXT://a:1, PLAINTEXT://a:1' }).listeners.length, 1);
});

test('listeners share a port only as an IPv4 and an IPv6 address', () => {
  const two = (a: string, b: string) => ({
    listeners: `A://${a},B://${b}`,
    'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT',
  });
  for (const [a, b] of [
    ['127.0.0.1:9092', '[::1]:9092'],
    ['0.0.0.0:9092', '[::]:9092'],
    ['a:0', 'a:0'],
  ] as const) {
    assert.equal(config(two(a, b)).listeners.length, 2);
  }
  refuses(
    two('localhost:9092', '127.0.0.1:9092'),
    /^listeners: A:\/\/localhost:9092 and B:\/\/127\.0\.0\.1:9092 have the same port/,
  );
  for (const other of ['127.0.0.2:9092', ':9092', 'a:9092']) refuses(two('127.0.0.1:9092', other), /same port/);
});

test('an error about listeners names what was written, also where that is not listeners', () => {
  const map = { 'listener.security.protocol.map': 'EXTERNAL:PLAINTEXT' };
  refuses(map, /^listener\.security\.protocol\.map: it has no PLAINTEXT, and listeners, which is not set, is/);
  refuses({ 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,' }, /^listener\.sec.* there is an empty element/);
  refuses(
    { listeners: 'CONTROLLER://:9093', 'controller.listener.names': 'CONTROLLER' },
    /^listeners: there is none for clients, as CONTROLLER is for controllers/,
  );
});

test('a level of a feature above what is served is refused', () => {
  assert.throws(() => createBrokerConfig(new Map(), new Map([['group.version', 2]])), /group\.version=2 is not served/);
  assert.throws(() => createBrokerConfig(new Map(), new Map([['metadata.version', 34]])), /serves 7 to 33/);
  assert.throws(() => createBrokerConfig(new Map(), new Map([['group.versio', 1]])), /did you mean group\.version/);
  const asked = new Map([
    ['metadata.version', 22],
    ['eligible.leader.replicas.version', 1],
  ]);
  assert.throws(() => createBrokerConfig(new Map(), asked), /needs metadata\.version=23 at least/);
});

test('a new cluster begins with the levels of its metadata.version', () => {
  const begins = (asked: Record<string, number>) => Object.fromEntries(initialLevels(new Map(Object.entries(asked))));
  const latest = begins({});
  assert.equal(latest['metadata.version'], 33);
  assert.equal(latest['eligible.leader.replicas.version'], 1);
  assert.equal(latest['kraft.version'], undefined);
  assert.deepEqual(begins({ 'metadata.version': 21 }), { 'metadata.version': 21 });
  const without = begins({ 'eligible.leader.replicas.version': 0 });
  assert.equal(without['eligible.leader.replicas.version'], undefined);
});

test("a topic's settings follow its overrides, then the broker's, in the topic's unit", () => {
  const broker = config({ 'log.retention.hours': '2', 'message.max.bytes': '5000' });
  const plain = broker.topicConfig(new Map());
  assert.equal(plain.retentionMs, 7_200_000);
  assert.equal(plain.maxMessageBytes, 5000);
  assert.equal(broker.topicConfig(new Map([['retention.ms', '-1']])).retentionMs, -1);
  assert.equal(
    config({ 'log.retention.minutes': '1', 'log.retention.hours': '2' }).topicConfig(new Map()).retentionMs,
    60_000,
  );
  assert.equal(config({ 'log.retention.hours': '-1' }).topicConfig(new Map()).retentionMs, -1);
});

test('dynamic settings lie over static ones, the broker its own over the cluster-wide ones', () => {
  const broker = config({ 'log.retention.ms': '1' });
  let told = 0;
  const stop = broker.onChange(() => told++);
  broker.setDynamic(
    new Map([
      ['log.retention.ms', '2'],
      ['message.max.bytes', '7'],
    ]),
    new Map([['log.retention.ms', '3']]),
  );
  assert.equal(broker.topicConfig(new Map()).retentionMs, 3);
  assert.equal(broker.int('message.max.bytes'), 7);
  stop();
  broker.setDynamic(new Map(), new Map());
  assert.equal(broker.topicConfig(new Map()).retentionMs, 1);
  assert.equal(told, 1);
});

describe('a listener whose name has dots', () => {
  const listeners = { listeners: 'EU.EXAMPLE://:9092', 'listener.security.protocol.map': 'EU.EXAMPLE:PLAINTEXT' };
  const own = (setting: string): string => `listener.name.eu.example.${setting}`;
  const jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required;';

  test('has settings of its own', () => {
    const values = new Map([
      [own('ssl.client.auth'), 'required'],
      [own('max.connections'), ' 7'],
      [own('plain.sasl.jaas.config'), jaas],
      [own('connections.max.reauth.ms'), '9'],
    ]);
    assert.deepEqual(namesWithoutEffect(values), []);
    const config = createBrokerConfig(new Map([...Object.entries(listeners), ...values]));
    const found = [...values.keys()].map((name) => config.listenerText('EU.EXAMPLE', name.slice(own('').length)));
    assert.deepEqual(found, ['required', '7', jaas, '9']);
  });

  test('has them checked as those of any other', () => {
    refuses({ ...listeners, [own('ssl.client.auth')]: 'REQUIRED' }, /one of: required, requested, none/);
    refuses({ ...listeners, [own('max.connections')]: 'many' }, /Not a number of type INT/);
  });
});

test('what a listener may have of its own is not among what has no effect, the rest is', () => {
  const values = new Map([
    ['listener.name.inside.max.connection.creation.rate', '10'],
    ['listener.name.inside.max.connections', '100'],
    [
      'listener.name.inside.plain.sasl.jaas.config',
      'org.apache.kafka.common.security.plain.PlainLoginModule required;',
    ],
    ['listener.name.inside.num.partitions', '3'],
  ]);
  assert.deepEqual(namesWithoutEffect(values), ['listener.name.inside.num.partitions']);
});
