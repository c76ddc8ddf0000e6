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

test("the image's variables that are no settings are told apart from misspelt ones", () => {
  const { ignored, unknown } = environmentSettings({
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN',
    KAFKA_JMX_PORT: '9999',
    KAFKA_OPTS: '',
    KAFKA_NUM_PARTITION: '3',
    KAFKA_QWERTYUIOP: '1',
  });
  assert.deepEqual(ignored, ['KAFKA_HEAP_OPTS', 'KAFKA_JMX_PORT', 'KAFKA_LOG4J_ROOT_LOGLEVEL', 'KAFKA_OPTS']);
  assert.deepEqual(unknown, [
    { variable: 'KAFKA_NUM_PARTITION', nearest: 'KAFKA_NUM_PARTITIONS' },
    { variable: 'KAFKA_QWERTYUIOP', nearest: null },
  ]);
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

test("other images' prefix is no reason to miss the name that is meant", () => {
  const { unknown } = environmentSettings({ KAFKA_CFG_NODE_ID: '4' });
  assert.deepEqual(unknown, [{ variable: 'KAFKA_CFG_NODE_ID', nearest: 'KAFKA_NODE_ID' }]);
});

test('CLUSTER_ID gives the id of a new cluster', () => {
  assert.equal(environmentSettings({ CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw' }).clusterId, '4L6g3nShT-eMCtK--X86sw');
  assert.equal(environmentSettings({}).clusterId, null);
});

test('the id of the cluster under the prefix of settings is not missed', () => {
  for (const variable of ['KAFKA_CLUSTER_ID', 'WALKA_CLUSTER_ID', 'KAFKA_KRAFT_CLUSTER_ID', 'KAFKA_CFG_CLUSTER_ID']) {
    const { unknown, clusterId } = environmentSettings({ [variable]: '4L6g3nShT-eMCtK--X86sw' });
    assert.deepEqual([unknown, clusterId], [[{ variable, nearest: 'CLUSTER_ID' }], null]);
  }
});
