/** DescribeConfigs, AlterConfigs and IncrementalAlterConfigs. */
import type { Case, Session } from '../session.ts';

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

function describe(
  session: Session,
  step: string,
  resourceType: number,
  resourceName: string,
  keys: string[] | null,
  version = 4,
  more: object = {},
) {
  return session.call(step, 'DescribeConfigs', version, {
    resources: [{ resourceType, resourceName, configurationKeys: keys }],
    ...more,
  });
}

function alter(
  session: Session,
  step: string,
  resourceType: number,
  resourceName: string,
  configs: ReadonlyArray<readonly [string, number, string | null]>,
  more: object = {},
) {
  const entries = configs.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  return session.call(step, 'IncrementalAlterConfigs', 1, {
    resources: [{ resourceType, resourceName, configs: entries }],
    validateOnly: false,
    ...more,
  });
}

/** Describes when a change before it has been taken over: Kafka answers a little earlier, and a later topic shows it. */
function settledLook(session: Session, resourceType: number, resourceName: string, keys: string[]) {
  let looks = 0;
  return async (step: string) => {
    await session.createTopic(`marker-${looks++}`);
    await describe(session, step, resourceType, resourceName, keys);
  };
}

/** Broker settings that Walka has under Kafka's names with Kafka's defaults. */
const BROKER_KEYS = [
  'broker.id',
  'auto.create.topics.enable',
  'num.partitions',
  'default.replication.factor',
  'log.retention.ms',
  'log.retention.bytes',
  'log.segment.bytes',
  'log.roll.ms',
  'log.cleanup.policy',
  'message.max.bytes',
  'compression.type',
  'min.insync.replicas',
  'offsets.retention.minutes',
  'group.initial.rebalance.delay.ms',
  'group.min.session.timeout.ms',
  'group.max.session.timeout.ms',
  'socket.request.max.bytes',
  'connections.max.idle.ms',
  'log.message.timestamp.type',
  'no.such.key',
];

export const configurationCases: readonly Case[] = [
  ...[1, 2, 3, 4].map((version) => ({
    name: `DescribeConfigs v${version} of a topic`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 1, { 'retention.ms': '5000000', 'cleanup.policy': 'compact' });
      await describe(session, 'all', TOPIC, topic.name, null, version);
      await describe(session, 'with synonyms', TOPIC, topic.name, null, version, { includeSynonyms: true });
      await describe(session, 'two', TOPIC, topic.name, ['retention.ms', 'no.such'], version);
      if (version >= 3)
        await describe(
          session,
          'types',
          TOPIC,
          topic.name,
          ['retention.ms', 'cleanup.policy', 'preallocate', 'min.cleanable.dirty.ratio'],
          version,
        );
      await describe(session, 'none', TOPIC, topic.name, [], version);
      await describe(session, 'unknown topic', TOPIC, session.name('absent'), null, version);
      await describe(session, 'bad name', TOPIC, 'not a name', null, version);
      await describe(session, 'empty name', TOPIC, '', null, version);
    },
  })),
  {
    name: 'DescribeConfigs of brokers and other resources',
    run: async (session) => {
      await describe(session, 'the broker', BROKER, '1', BROKER_KEYS, 4, { includeSynonyms: true });
      await describe(session, 'the cluster default', BROKER, '', BROKER_KEYS, 4, { includeSynonyms: true });
      await describe(session, 'another broker', BROKER, '99', BROKER_KEYS);
      await describe(session, 'no number', BROKER, 'one', BROKER_KEYS);
      await describe(session, 'a group', GROUP, session.name('group'), [
        'consumer.session.timeout.ms',
        'consumer.heartbeat.interval.ms',
      ]);
      await describe(session, 'a group without a name', GROUP, '', null);
      await describe(session, 'client metrics', CLIENT_METRICS, session.name('metrics'), null);
      await describe(session, 'unknown type', 77, 'x', null);
      await describe(session, 'type zero', 0, 'x', null);
      await session.call('the same twice', 'DescribeConfigs', 4, {
        resources: [
          { resourceType: BROKER, resourceName: '1', configurationKeys: ['num.partitions'] },
          { resourceType: BROKER, resourceName: '1', configurationKeys: ['num.partitions'] },
        ],
      });
      await describe(session, 'a logger that is not there', BROKER_LOGGER, '1', ['no.such.logger']);
    },
  },
  {
    name: 'IncrementalAlterConfigs of a topic',
    run: async (session) => {
      const topic = await session.createTopic('t', 1, { 'cleanup.policy': 'delete' });
      const keys = ['retention.ms', 'cleanup.policy', 'max.message.bytes'];
      const look = settledLook(session, TOPIC, topic.name, keys);
      await alter(session, 'set', TOPIC, topic.name, [['retention.ms', SET, '777000']]);
      await look('after set');
      await alter(session, 'append', TOPIC, topic.name, [['cleanup.policy', APPEND, 'compact']]);
      await look('after append');
      await alter(session, 'append the same', TOPIC, topic.name, [['cleanup.policy', APPEND, 'compact']]);
      await alter(session, 'subtract', TOPIC, topic.name, [['cleanup.policy', SUBTRACT, 'delete']]);
      await look('after subtract');
      await alter(session, 'delete', TOPIC, topic.name, [['retention.ms', DELETE, null]]);
      await look('after delete');
      await alter(session, 'only a check', TOPIC, topic.name, [['retention.ms', SET, '1']], { validateOnly: true });
      await look('after the check');
      await alter(session, 'append to no list', TOPIC, topic.name, [['retention.ms', APPEND, '1']]);
      await alter(session, 'unknown operation', TOPIC, topic.name, [['retention.ms', 9, '1']]);
      await alter(session, 'unknown name', TOPIC, topic.name, [['no.such', SET, '1']]);
      await alter(session, 'bad value', TOPIC, topic.name, [['retention.ms', SET, 'soon']]);
      await alter(session, 'null value', TOPIC, topic.name, [['retention.ms', SET, null]]);
      await alter(session, 'the same name twice', TOPIC, topic.name, [
        ['retention.ms', SET, '1'],
        ['retention.ms', SET, '2'],
      ]);
      await alter(session, 'one good, one bad', TOPIC, topic.name, [
        ['retention.ms', SET, '123000'],
        ['no.such', SET, '2'],
      ]);
      await look('after one good, one bad');
      await alter(session, 'unknown topic', TOPIC, session.name('absent'), [['retention.ms', SET, '1']]);
      await alter(session, 'bad topic name', TOPIC, 'not a name', [['retention.ms', SET, '1']]);
      await alter(session, 'unknown type', 77, 'x', [['retention.ms', SET, '1']]);
    },
  },
  {
    name: 'IncrementalAlterConfigs names a resource twice',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const resource = {
        resourceType: TOPIC,
        resourceName: topic.name,
        configs: [{ name: 'retention.ms', configOperation: SET, value: '1' }],
      };
      await session.call('twice', 'IncrementalAlterConfigs', 1, {
        resources: [resource, resource],
        validateOnly: false,
      });
      await session.call('version 0', 'IncrementalAlterConfigs', 0, { resources: [resource], validateOnly: false });
      await session.call('nothing', 'IncrementalAlterConfigs', 1, { resources: [], validateOnly: false });
    },
  },
  {
    name: 'IncrementalAlterConfigs of the broker',
    run: async (session) => {
      let looks = 0;
      // When a later topic is there, the setting before it has been taken over too.
      const look = async (step: string, name = '1') => {
        await session.createTopic(`marker-${looks++}`);
        await describe(session, step, BROKER, name, ['message.max.bytes', 'log.segment.bytes'], 4, {
          includeSynonyms: true,
        });
      };
      await alter(session, 'one broker', BROKER, '1', [['message.max.bytes', SET, '1048999']]);
      await look('after');
      await alter(session, 'the cluster default', BROKER, '', [['log.segment.bytes', SET, '1073741823']]);
      await look('after the default');
      await look('the default itself', '');
      await alter(session, 'read only', BROKER, '1', [['node.id', SET, '5']]);
      await alter(session, 'per broker as the default', BROKER, '', [['listeners', SET, 'PLAINTEXT://:1']]);
      await alter(session, 'unknown name', BROKER, '1', [['no.such.broker.key', SET, '5']]);
      await alter(session, 'bad value', BROKER, '1', [['message.max.bytes', SET, 'much']]);
      await alter(session, 'another broker', BROKER, '99', [['message.max.bytes', SET, '1048999']]);
      await alter(session, 'no number', BROKER, 'one', [['message.max.bytes', SET, '1048999']]);
      await alter(session, 'undo', BROKER, '1', [['message.max.bytes', DELETE, null]]);
      await alter(session, 'undo the default', BROKER, '', [['log.segment.bytes', DELETE, null]]);
      await look('at the end');
    },
  },
  ...[0, 1, 2].map((version) => ({
    name: `AlterConfigs v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 1, { 'retention.ms': '1000', 'segment.bytes': '2000000' });
      const call = (step: string, resourceName: string, configs: object[], more: object = {}) =>
        session.call(step, 'AlterConfigs', version, {
          resources: [{ resourceType: TOPIC, resourceName, configs }],
          validateOnly: false,
          ...more,
        });
      await call('only a check', topic.name, [{ name: 'retention.ms', value: '5' }], { validateOnly: true });
      await call('replace', topic.name, [{ name: 'retention.ms', value: '4000' }]);
      const look = settledLook(session, TOPIC, topic.name, ['retention.ms', 'segment.bytes']);
      await look('after');
      await call('bad value', topic.name, [{ name: 'retention.ms', value: 'soon' }]);
      await call('null value', topic.name, [{ name: 'retention.ms', value: null }]);
      await call('unknown name', topic.name, [{ name: 'no.such', value: '1' }]);
      await call('unknown topic', session.name('absent'), [{ name: 'retention.ms', value: '1' }]);
      await call('nothing', topic.name, []);
      await look('at the end');
    },
  })),
  {
    name: 'group settings',
    run: async (session) => {
      const group = session.name('group');
      await alter(session, 'set', GROUP, group, [['consumer.session.timeout.ms', SET, '50000']]);
      await settledLook(session, GROUP, group, ['consumer.session.timeout.ms'])('after');
      await alter(session, 'out of range', GROUP, group, [['consumer.session.timeout.ms', SET, '1']]);
      await alter(session, 'unknown', GROUP, group, [['no.such', SET, '1']]);
      await alter(session, 'without a name', GROUP, '', [['consumer.session.timeout.ms', SET, '50000']]);
    },
  },
];
