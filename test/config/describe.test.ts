/** How settings are shown, and how those of clients are checked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import {
  ConfigSource,
  describeBrokerConfigs,
  describeClusterDefaults,
  describeCreatedTopic,
  describeGroupConfigs,
  describeTopicConfigs,
} from '../../src/config/describe.ts';
import {
  appendToList,
  subtractFromList,
  validateBrokerConfigs,
  validateClientMetricsConfigs,
  validateGroupConfigs,
  validateTopicConfigs,
} from '../../src/config/validate.ts';

const config = (values: Record<string, string> = {}) => createBrokerConfig(new Map(Object.entries(values)));
const map = (values: Record<string, string | null>) => new Map(Object.entries(values));
const refuses = (check: () => unknown, code: number, message: RegExp) =>
  assert.throws(check, (error) => error instanceof KafkaError && error.code === code && message.test(error.message));

test('an override of a topic comes before the settings of the broker', () => {
  const entries = describeTopicConfigs(config({ 'log.retention.ms': '100' }), new Map([['retention.ms', '5']]));
  const { value, source, synonyms, type } = entries.find(({ name }) => name === 'retention.ms') ?? assert.fail();
  assert.deepEqual({ value, source, type }, { value: '5', source: ConfigSource.DYNAMIC_TOPIC_CONFIG, type: 5 });
  assert.deepEqual(synonyms, [
    { name: 'retention.ms', value: '5', source: ConfigSource.DYNAMIC_TOPIC_CONFIG },
    { name: 'log.retention.ms', value: '100', source: ConfigSource.STATIC_BROKER_CONFIG },
    { name: 'log.retention.hours', value: '168', source: ConfigSource.DEFAULT_CONFIG },
  ]);
});

test('a created topic shows the source of a setting by all its names', () => {
  const values = { 'log.roll.hours': '5', 'log.flush.scheduler.interval.ms': '7', 'message.max.bytes': '9' };
  const sources = (describe: typeof describeTopicConfigs) => {
    const entries = describe(config(values), map({ 'retention.ms': '1' }) as Map<string, string>);
    return ['segment.ms', 'flush.ms', 'max.message.bytes', 'retention.ms', 'retention.bytes'].map(
      (name) => entries.find((entry) => entry.name === name)?.source,
    );
  };
  const { DYNAMIC_TOPIC_CONFIG: TOPIC, STATIC_BROKER_CONFIG: STATIC, DEFAULT_CONFIG: DEFAULT } = ConfigSource;
  assert.deepEqual(sources(describeCreatedTopic), [STATIC, STATIC, STATIC, TOPIC, DEFAULT]);
  assert.deepEqual(sources(describeTopicConfigs), [DEFAULT, DEFAULT, STATIC, TOPIC, DEFAULT]);
});

test('the largest long keeps its digits', () => {
  const entries = describeTopicConfigs(config(), new Map());
  assert.equal(entries.find(({ name }) => name === 'flush.messages')?.value, '9223372036854775807');
});

test('a topic shows the settings of Kafka 4.4 that are not internal', () => {
  assert.equal(describeTopicConfigs(config(), new Map()).length, 37);
});

test('settings of a broker that cannot change are read-only, passwords have no value', () => {
  const entries = new Map(
    describeBrokerConfigs(config({ 'ssl.key.password': 'secret' })).map((entry) => [entry.name, entry]),
  );
  assert.equal(entries.get('log.dirs')?.readOnly, true);
  assert.equal(entries.get('log.retention.ms')?.readOnly, false);
  const password = entries.get('ssl.key.password');
  assert.deepEqual([password?.value, password?.sensitive, password?.synonyms[0]?.value], [null, true, null]);
  assert.equal(entries.get('group.initial.rebalance.delay.ms')?.value, '0');
});

test('the cluster-wide defaults show only what was set', () => {
  const broker = config();
  broker.setDynamic(new Map([['message.max.bytes', '10']]), new Map([['log.retention.ms', '1']]));
  const [entry, ...more] = describeClusterDefaults(broker);
  assert.deepEqual(more, []);
  assert.equal(entry?.name, 'message.max.bytes');
  assert.deepEqual(entry?.synonyms, [
    { name: 'message.max.bytes', value: '10', source: ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG },
  ]);
});

test('a group that nobody configured shows the defaults of the broker', () => {
  const entries = describeGroupConfigs(config({ 'group.consumer.session.timeout.ms': '50000' }), new Map());
  const session = entries.find(({ name }) => name === 'consumer.session.timeout.ms');
  assert.deepEqual([session?.value, session?.source], ['50000', ConfigSource.STATIC_BROKER_CONFIG]);
});

test('wrong settings of topics get INVALID_CONFIG with name and value', () => {
  const code = ErrorCode.INVALID_CONFIG;
  refuses(() => validateTopicConfigs(map({ 'segment.bytes': '1' })), code, /value 1 for configuration segment\.bytes/);
  refuses(() => validateTopicConfigs(map({ 'cleanup.policy': 'shred' })), code, /value shred for .* cleanup\.policy/);
  refuses(() => validateTopicConfigs(map({ 'message.format.version': '2.0' })), code, /Unknown topic config name/);
  refuses(() => validateTopicConfigs(map({ 'retention.ms': null })), code, /Null value not supported.*retention\.ms/);
  refuses(() => validateTopicConfigs(map({ preallocate: 'yes' })), code, /true or false/);
  refuses(
    () => validateTopicConfigs(map({ 'min.compaction.lag.ms': '9', 'max.compaction.lag.ms': '8' })),
    code,
    /conflict/,
  );
  refuses(() => validateTopicConfigs(map({ 'remote.storage.enable': 'true' })), code, /Tiered Storage/);
});

test('values are kept in canonical text', () => {
  const checked = validateTopicConfigs(
    map({ 'cleanup.policy': ' compact , delete ', preallocate: 'TRUE', 'retention.ms': ' 7 ' }),
  );
  assert.deepEqual(Object.fromEntries(checked), {
    'cleanup.policy': 'compact,delete',
    preallocate: 'true',
    'retention.ms': '7',
  });
});

test('settings that cannot change while the broker runs get INVALID_REQUEST', () => {
  refuses(() => validateBrokerConfigs(map({ 'log.dirs': '/x' }), 1), ErrorCode.INVALID_REQUEST, /log\.dirs/);
  refuses(
    () => validateBrokerConfigs(map({ listeners: 'PLAINTEXT://:1' }), null),
    ErrorCode.INVALID_REQUEST,
    /listeners/,
  );
  refuses(() => validateBrokerConfigs(map({ 'message.max.bytes': '-1' }), 1), ErrorCode.INVALID_CONFIG, /at least 0/);
  assert.deepEqual(
    [...validateBrokerConfigs(map({ 'my.own': 'x', 'message.max.bytes': '5' }), null)],
    [
      ['my.own', 'x'],
      ['message.max.bytes', '5'],
    ],
  );
});

test("a group's settings keep to the bounds of the broker", () => {
  const code = ErrorCode.INVALID_CONFIG;
  refuses(() => validateGroupConfigs(map({ 'consumer.session.timeout.ms': '1000' }), config()), code, /45000/);
  refuses(() => validateGroupConfigs(map({ 'consumer.nothing': '1' }), config()), code, /Unknown group config/);
  assert.equal(validateGroupConfigs(map({ 'consumer.session.timeout.ms': '50000' }), config()).size, 1);
});

test("a group's texts are checked", () => {
  const set = (name: string, value: string) => validateGroupConfigs(map({ [name]: value }), config());
  const code = ErrorCode.INVALID_CONFIG;
  assert.equal(set('streams.assignor.name', 'sticky').size, 1);
  refuses(() => set('streams.assignor.name', 'x'), code, /must be one of: sticky/);
  refuses(() => set('streams.rack.aware.assignment.tags', 'a,a'), code, /must not be duplicated/);
  refuses(() => set('errors.deadletterqueue.topic.name', '__x'), code, /must not start with '__'/);
});

test('client-metrics settings are checked', () => {
  const code = ErrorCode.INVALID_CONFIG;
  for (const interval of ['10', '3600001']) {
    const wrong = map({ 'interval.ms': interval });
    refuses(() => validateClientMetricsConfigs(wrong), ErrorCode.INVALID_REQUEST, /must be between 100 and 3600000/);
  }
  refuses(() => validateClientMetricsConfigs(map({ 'interval.ms': '' })), code, /^Invalid value '' for/);
  refuses(() => validateClientMetricsConfigs(map({ '': 'x' })), ErrorCode.INVALID_REQUEST, /configuration: ''$/);
  refuses(() => validateClientMetricsConfigs(map({ match: 'color=red' })), code, /color=red/);
  refuses(() => validateClientMetricsConfigs(map({ match: 'client_id=(' })), code, /regular expression/);
  assert.equal(validateClientMetricsConfigs(map({ match: 'client_id=a.*', metrics: '*' })).size, 2);
});

test('lists grow and shrink by elements', () => {
  assert.equal(appendToList('a,b', 'b, c'), 'a,b,c');
  assert.equal(appendToList('', 'x'), 'x');
  assert.equal(subtractFromList('a,b,c', 'b,x'), 'a,c');
  // Nothing is an empty element, which the list's own check refuses; commas alone are none.
  assert.deepEqual(
    ['', ' ', ','].map((added) => appendToList('a', added)),
    ['a,', 'a,', 'a'],
  );
});

test('what a broker-wide list repeats is refused, unlike what a file or a topic repeats', () => {
  const repeated = map({ 'log.cleanup.policy': 'delete,delete' });
  refuses(() => validateBrokerConfigs(repeated, null), ErrorCode.INVALID_CONFIG, /values must not be duplicated\.$/);
  assert.equal(config({ 'log.cleanup.policy': 'delete,delete' }).text('log.cleanup.policy'), 'delete');
  assert.equal(validateTopicConfigs(map({ 'cleanup.policy': 'compact,compact' })).get('cleanup.policy'), 'compact');
});

test('what Kafka does not know itself is shown to nobody, and what a listener has of its own is read-only', () => {
  const jaas = 'listener.name.client.plain.sasl.jaas.config';
  const conversion = 'log.message.downconversion.enable';
  const given = { 'super.users': 'User:admin', [conversion]: 'false', [jaas]: 'x required user_a="b";' };
  const entries = describeBrokerConfigs(config(given));
  const shown = ['super.users', conversion, jaas].map((wanted) => {
    const { value, sensitive, readOnly, type } = entries.find(({ name }) => name === wanted) ?? assert.fail();
    return { value, sensitive, readOnly, type };
  });
  assert.deepEqual(shown, [
    { value: null, sensitive: true, readOnly: true, type: 0 },
    { value: null, sensitive: true, readOnly: true, type: 0 },
    { value: null, sensitive: true, readOnly: true, type: 9 },
  ]);
  const unset = describeBrokerConfigs(config());
  assert(!unset.some(({ name }) => name === 'super.users' || name === conversion));
});

test('what is made at the start has the settings of the file, whatever was set at run time', () => {
  const jaas = 'listener.name.client.plain.sasl.jaas.config';
  const broker = config({ [jaas]: 'of the file' });
  broker.setDynamic(new Map([['sasl.enabled.mechanisms', 'PLAIN']]), new Map([[jaas, 'nonsense']]));
  assert.equal(broker.startText('CLIENT', 'plain.sasl.jaas.config'), 'of the file');
  assert.equal(broker.startText('CLIENT', 'sasl.enabled.mechanisms'), 'GSSAPI');
});

test('a setting that nobody knows is shown without its value, wherever it was set', () => {
  const broker = config();
  broker.setDynamic(new Map([['some.plugin', 'for all']]), new Map([['some.plugin', 'its own']]));
  const own = describeBrokerConfigs(broker).find(({ name }) => name === 'some.plugin') ?? assert.fail();
  const { value, type, readOnly, sensitive, synonyms, documentation } = own;
  assert.deepEqual(
    { value, type, readOnly, sensitive, documentation },
    {
      value: null,
      type: 0,
      readOnly: true,
      sensitive: true,
      documentation: null,
    },
  );
  assert.deepEqual(
    synonyms.map((synonym) => synonym.value),
    [null, null],
  );
  const [forAll] = describeClusterDefaults(broker);
  assert.deepEqual([forAll?.value, forAll?.synonyms.map((synonym) => synonym.value)], [null, [null]]);
});

test('node.id has no default that could be shown', () => {
  const sources = (values: Record<string, string>) =>
    describeBrokerConfigs(config(values))
      .find(({ name }) => name === 'node.id')
      ?.synonyms.map(({ source }) => source);
  assert.deepEqual(sources({ 'node.id': '7' }), [ConfigSource.STATIC_BROKER_CONFIG]);
  assert.deepEqual(sources({}), []);
});

test('only directories that there are can be cordoned', () => {
  const broker = config({ 'log.dirs': '/a,/b' });
  const set = (value: string) => validateBrokerConfigs(map({ 'cordoned.log.dirs': value }), 1, broker);
  for (const value of ['/b', '*', '']) assert.equal(set(value).get('cordoned.log.dirs'), value);
  refuses(() => set('/b,/x'), ErrorCode.INVALID_REQUEST, /Missing entries : \/x$/);
  refuses(() => set('*,/b'), ErrorCode.INVALID_REQUEST, /set to \*, it must not contain other values$/);
});

test('an error names an empty name, too', () => {
  refuses(() => validateTopicConfigs(map({ '': '1' })), ErrorCode.INVALID_CONFIG, /^Unknown topic config name: ''/);
  refuses(() => validateGroupConfigs(map({ '': '1' }), config()), ErrorCode.INVALID_CONFIG, /config name: ''/);
});

test('the rates that tools set while they move partitions are numbers, and shown once they are set', () => {
  const name = 'leader.replication.throttled.rate';
  const broker = config();
  const shown = (): unknown[] | undefined => {
    const found = describeBrokerConfigs(broker).find((entry) => entry.name === name);
    return found && [found.value, found.sensitive, found.readOnly, found.type];
  };
  assert.equal(shown(), undefined);
  broker.setDynamic(validateBrokerConfigs(map({ [name]: '1000' }), null, broker), new Map());
  assert.deepEqual(shown(), ['1000', false, false, 5]);
  for (const value of ['-1', 'abc', '1.5']) {
    refuses(() => validateBrokerConfigs(map({ [name]: value }), 1, broker), ErrorCode.INVALID_CONFIG, /throttled/);
  }
});
