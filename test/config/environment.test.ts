/** Environment variables as Apache Kafka's image names them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentSettings, variableOf } from '../../src/config/environment.ts';

test('a variable is a setting in capitals with underscores for dots', () => {
  const { values, unknown } = environmentSettings({
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://localhost:9092',
    KAFKA_NUM_PARTITIONS: '3',
    WALKA_DURABILITY: 'fsync',
    PATH: '/bin',
  });
  assert.deepEqual(Object.fromEntries(values), {
    'advertised.listeners': 'PLAINTEXT://localhost:9092',
    'num.partitions': '3',
    'walka.durability': 'fsync',
  });
  assert.deepEqual(unknown, []);
});

test('two underscores stand for one, three for a dash', () => {
  assert.equal(variableOf('a.b_c-d'), 'KAFKA_A_B__C___D');
  const { values } = environmentSettings({ KAFKA_LISTENER_NAME_MY___OWN_SSL_KEYSTORE_TYPE: 'PEM' });
  assert.deepEqual([...values], [['listener.name.my-own.ssl.keystore.type', 'PEM']]);
});

test('what Kafka had once and counts here is a setting, not a variable without effect', () => {
  const { values, ignored } = environmentSettings({ KAFKA_LOG_MESSAGE_DOWNCONVERSION_ENABLE: 'false' });
  assert.equal(values.get('log.message.downconversion.enable'), 'false');
  assert.deepEqual(ignored, []);
});

test("the image's variables that are no settings are told apart from those that nobody knows", () => {
  const { ignored, unknown } = environmentSettings({
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_LOG4J_LOGGERS: 'kafka=WARN',
    KAFKA_JMX_PORT: '9999',
    KAFKA_OPTS: '',
    KAFKA_REST_LISTENERS: 'http://0.0.0.0:8082',
    KAFKA_NUMBER_PARTITIONS: '3',
    KAFKA_QWERTYUIOP: '1',
  });
  assert.deepEqual(ignored, [
    'KAFKA_HEAP_OPTS',
    'KAFKA_JMX_PORT',
    'KAFKA_LOG4J_LOGGERS',
    'KAFKA_OPTS',
    'KAFKA_REST_LISTENERS',
  ]);
  assert.deepEqual(unknown, [
    { variable: 'KAFKA_NUMBER_PARTITIONS', nearest: 'KAFKA_NUM_PARTITIONS' },
    { variable: 'KAFKA_QWERTYUIOP', nearest: null },
  ]);
});

test("a name that is a letter or two from a setting is refused, as in a file; a short one may be anybody else's", () => {
  for (const variable of ['KAFKA_NUM_PARTITION', 'KAFKA_CFG_NUM_PARTITONS', 'WALKA_DURABILTY']) {
    assert.throws(() => environmentSettings({ [variable]: '3' }), /is no setting; did you mean (?:KAFKA|WALKA)_\w+\?$/);
  }
  assert.equal(environmentSettings({ KAFKA_LOGDIR: '/data' }).unknown.length, 1);
});

test('the level of the log is as its images have it, unless WALKA_LOG_LEVEL says otherwise', () => {
  const levelOf = (env: Record<string, string>) => environmentSettings(env).values.get('walka.log.level');
  assert.equal(levelOf({ KAFKA_LOG4J_ROOT_LOGLEVEL: 'TRACE' }), 'debug');
  assert.equal(levelOf({ KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN', WALKA_LOG_LEVEL: 'info' }), 'info');
  assert.equal(levelOf({ WALKA_IMAGE: 'walka', BITNAMI_DEBUG: 'yes' }), 'debug');
  assert.equal(levelOf({ BITNAMI_DEBUG: 'yes' }), undefined);
});

test('variables without a prefix are for a broker in its own image only', () => {
  const env = { NUM_PARTITIONS: '4', ADVERTISED_HOST: 'docker.example', CREATE_TOPICS: 'a:1:1', HOSTNAME_COMMAND: 'x' };
  const { values, topics, unknown, ignored } = environmentSettings(env);
  assert.deepEqual([values.size, topics.length, unknown.length, ignored.length], [0, 0, 0, 0]);
});

test('what Kubernetes tells of a service named kafka or walka is no setting, and no misspelt one', () => {
  const { values, ignored, unknown } = environmentSettings({
    KAFKA_SERVICE_HOST: '10.0.0.1',
    KAFKA_SERVICE_PORT: '9092',
    KAFKA_SERVICE_PORT_CLIENTS: '9092',
    KAFKA_PORT: 'tcp://10.0.0.1:9092',
    KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1',
    WALKA_METRICS_PORT: 'tcp://10.0.0.1:9644',
  });
  assert.deepEqual([values.size, unknown.length, ignored.length], [0, 0, 6]);
  assert.equal(environmentSettings({ WALKA_METRICS_PORT: '9644' }).values.get('walka.metrics.port'), '9644');
});

test("Bitnami's prefix is as good as Kafka's, and its escapes are its own", () => {
  const { values, variables } = environmentSettings({
    KAFKA_CFG_NODE_ID: '4',
    KAFKA_CFG_LISTENER_NAME_SASL_SSL_SSL_CLIENT_AUTH: 'none',
  });
  assert.deepEqual(Object.fromEntries(values), { 'node.id': '4', 'listener.name.sasl_ssl.ssl.client.auth': 'none' });
  assert.equal(variables.get('node.id'), 'KAFKA_CFG_NODE_ID');
});

test('CLUSTER_ID gives the id of a new cluster', () => {
  assert.equal(environmentSettings({ CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw' }).clusterId, '4L6g3nShT-eMCtK--X86sw');
  assert.equal(environmentSettings({}).clusterId, null);
});

test('the id of the cluster has many names, and two of them may not differ', () => {
  for (const variable of ['KAFKA_CLUSTER_ID', 'WALKA_CLUSTER_ID', 'KAFKA_KRAFT_CLUSTER_ID', 'KAFKA_CFG_CLUSTER_ID']) {
    const { unknown, clusterId } = environmentSettings({ [variable]: '4L6g3nShT-eMCtK--X86sw' });
    assert.deepEqual([unknown, clusterId], [[], '4L6g3nShT-eMCtK--X86sw']);
    assert.throws(() => environmentSettings({ [variable]: 'a', CLUSTER_ID: 'b' }), /write one of them$/);
  }
});
