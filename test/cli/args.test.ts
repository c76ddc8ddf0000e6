/** The command line, and the configuration that it asks for. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { BROKER_FLAGS, parseArguments } from '../../src/cli/args.ts';
import { loadConfiguration } from '../../src/cli/configuration.ts';
import { parseTopicSpec } from '../../src/cli/topic-spec.ts';

const load = (argv: readonly string[], env: Record<string, string> = {}) =>
  loadConfiguration(parseArguments(argv, BROKER_FLAGS), env);

const directory = mkdtempSync(join(tmpdir(), 'walka-args-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('a settings file with a character that is none is named', () => {
  const file = settingsFile('log.dirs=C:\\users');
  assert.throws(() => load([file]), { message: /cannot read the settings file .*: \\users is no \\uxxxx/ });
});

function settingsFile(text: string): string {
  const path = join(mkdtempSync(join(directory, 'file-')), 'server.properties');
  writeFileSync(path, text);
  return path;
}

test('flags win over the environment, and the environment over the file', () => {
  const file = settingsFile('num.partitions=1\nlog.retention.hours=1\nnode.id=7\n');
  const { config } = load([file, '--override', 'num.partitions=3'], {
    KAFKA_NUM_PARTITIONS: '2',
    KAFKA_LOG_RETENTION_HOURS: '2',
  });
  assert.equal(config.int('num.partitions'), 3);
  assert.equal(config.int('log.retention.hours'), 2);
  assert.equal(config.nodeId, 7);
});

test('--listen, --data-dir, --memory and --metrics-port stand for settings', () => {
  const { config } = load(['--listen', '[::1]:0', '--data-dir=some/where', '--metrics-port', '0']);
  assert.deepEqual(config.listeners, [{ name: 'PLAINTEXT', host: '::1', port: 0, protocol: 'PLAINTEXT' }]);
  assert.equal(config.dataDir, resolve('some/where'));
  assert.equal(config.string('log.dirs'), resolve('some/where'));
  assert.equal(config.int('walka.metrics.port'), 0);
  assert.equal(load(['--memory']).config.dataDir, null);
});

test('--listen *:port is every address, as the start line shows it', () => {
  assert.deepEqual(load(['--listen', '*:9092']).config.listeners, [
    { name: 'PLAINTEXT', host: '', port: 9092, protocol: 'PLAINTEXT' },
  ]);
});

test('--listen works beside a map of protocols that does not name its listener', () => {
  const { config } = load(['--listen', '127.0.0.1:1', '--override', 'listener.security.protocol.map=MINE:SSL']);
  assert.equal(config.listeners[0]?.port, 1);
});

test('--listen replaces listeners of which one was for other brokers', () => {
  const env = {
    KAFKA_LISTENERS: 'HOST://:9092,DOCKER://:29092',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,DOCKER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'DOCKER',
  };
  assert.equal(load([], env).config.listeners.length, 2);
  assert.equal(load(['--listen', '127.0.0.1:1'], env).config.listeners[0]?.port, 1);
});

test('--listen leaves what its own listener advertises, and warns where that is another port', () => {
  const env = {
    KAFKA_LISTENERS: 'HOST://:9092,PLAINTEXT://:29092',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_ADVERTISED_LISTENERS: 'HOST://localhost:9092,PLAINTEXT://walka:29092',
  };
  const same = load(['--listen', '0.0.0.0:29092'], env);
  assert.deepEqual([...same.config.advertisedListeners.keys()], ['PLAINTEXT']);
  assert.deepEqual(same.warnings, []);
  const other = load(['--listen', '0.0.0.0:9095'], env);
  assert.deepEqual(other.warnings, [
    {
      event: 'advertised-elsewhere',
      text: '--listen serves port 9095, and advertised.listeners sends clients to walka:29092: is that this broker?',
    },
  ]);
  const alone = { ...env, KAFKA_ADVERTISED_LISTENERS: 'HOST://localhost:9092' };
  assert.equal(load(['--listen', '127.0.0.1:1'], alone).config.advertisedListeners.size, 0);
  assert.throws(
    () => load(['--listen', '127.0.0.1:1', '--override', 'advertised.listeners=x']),
    /"x" is not of the form/,
  );
});

test('unknown flags, keys of overrides and keys of a file are errors with the nearest name', () => {
  assert.throws(() => load(['--data-dri', 'x']), /unknown flag --data-dri; did you mean --data-dir\?/);
  assert.throws(() => load(['--override', 'num.partition=1']), /did you mean num\.partitions\?/);
  assert.throws(() => load([settingsFile('num.partitons=1')]), /did you mean num\.partitions\?/);
  assert.throws(() => load(['--override', 'num.partitions']), /is not key=value/);
  assert.throws(() => load(['--listen']), /--listen needs a value/);
  assert.throws(() => load(['--listen', 'here']), /is not host:port/);
  assert.throws(() => load(['/no/such/file']), /cannot read the settings file .*: there is no such file/);
});

test('what cannot be meant is refused in the words that were written', () => {
  assert.throws(() => load(['--data-dir', '']), /--data-dir: the directory has no name/);
  assert.throws(() => load(['--data-dir', 'a,b']), /--data-dir: ".*a,b" has a comma/);
  assert.throws(() => load(['--topic', 'a:1', '--topic', 'b', '--topic', 'a:2']), /--topic: a is given twice/);
  assert.throws(() => load(['--metrics-port', 'x1']), /--metrics-port: "x1" is not a port/);
  assert.throws(() => load(['--metrics-port', '65536']), /--metrics-port: "65536" is not a port/);
  assert.throws(() => load(['--feature', 'group.version=x']), /--feature: "group\.version=x" is not name=level/);
  assert.throws(() => load(['--feature', 'group.version']), /--feature: "group\.version" is not name=level/);
  assert.throws(() => load(['topic', 'list']), { message: 'unknown command topic; did you mean topics?' });
  assert.throws(() => load(['xyzzyxyzzy']), /^ConfigError: unknown command xyzzyxyzzy; it is no settings file either/);
  assert.throws(() => load(['--memory', 'topics', 'list']), /topics comes first: walka topics/);
});

test('what means nothing here is accepted and named; what looks wrong is warned of', () => {
  const { ignored, warnings } = load(['--override', 'num.io.threads=4'], {
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_NUMBER_PARTITIONS: '4',
  });
  assert.deepEqual(ignored, ['num.io.threads', 'KAFKA_HEAP_OPTS']);
  const text = 'KAFKA_NUMBER_PARTITIONS is no setting; did you mean KAFKA_NUM_PARTITIONS?';
  assert.deepEqual(warnings, [{ event: 'unknown-variable', text }]);
  assert.deepEqual(load([], { KAFKA_COMPRESSION_LZ4_LEVEL: '12' }).ignored, ['compression.lz4.level']);
});

test("a controller's listener that asks nobody who he is, where others do, is warned of", () => {
  const events = (map: string): string[] =>
    load([], {
      KAFKA_LISTENERS: 'CLIENT://:9092,CONTROLLER://:9093',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: map,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN',
    }).warnings.map(({ event }) => event);
  assert.deepEqual(events('CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT'), ['controller-listener-open']);
  assert.deepEqual(events('CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT'), []);
  assert.deepEqual(events('CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT'), []);
});

test('numbers of replicas of a larger cluster are warned of, as nothing can be created with them', () => {
  const of = (...settings: string[]) =>
    load(settings.flatMap((text) => ['--override', text])).warnings.map(({ text }) => text);
  assert.deepEqual(of('default.replication.factor=3'), [
    'default.replication.factor is 3, and there is one broker: topics that ask for no number of replicas will not work until it is 1',
  ]);
  assert.match(of('offsets.topic.replication.factor=3').join(), /^offsets\.topic.*consumer groups/);
  assert.deepEqual(of('offsets.topic.replication.factor=1', 'default.replication.factor=1'), []);
});

test('directories that are given and not used are named', () => {
  assert.deepEqual(load(['--override', 'log.dirs=/a,/b,/c']).ignored, ['directory /b', 'directory /c']);
  assert.deepEqual(load(['--memory', '--data-dir', '/a']).ignored, ['directory /a']);
  assert.deepEqual(load(['--memory']).ignored, []);
});

test('a topic on the command line has a name, a count and settings', () => {
  assert.deepEqual(parseTopicSpec('a'), { name: 'a' });
  assert.deepEqual(parseTopicSpec('a:3'), { name: 'a', partitions: 3, configs: {} });
  assert.deepEqual(parseTopicSpec('a:3:cleanup.policy=compact,delete,retention.ms=5'), {
    name: 'a',
    partitions: 3,
    configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': '5' },
  });
  assert.throws(() => parseTopicSpec('a:0'), /not a number of partitions/);
  assert.throws(() => parseTopicSpec('a/b:1'), /cannot be the name of a topic/);
  assert.throws(() => parseTopicSpec('a:1:x'), /is not key=value/);
});
