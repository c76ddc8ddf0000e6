/** Settings of topics, brokers, loggers, groups and subscriptions: every operation, and what cannot be. */
import type { Case, Session } from '../session.ts';

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32] as const;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3] as const;

type Change = readonly [name: string, operation: number, value: string | null];

function resource(resourceType: number, resourceName: string, changes: readonly Change[]) {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  return { resourceType, resourceName, configs };
}

function alter(
  session: Session,
  step: string,
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly = false,
) {
  return session.call(step, 'IncrementalAlterConfigs', 1, {
    resources: [resource(resourceType, resourceName, changes)],
    validateOnly,
  });
}

/** Describes when the change before it has been taken over: a later topic shows it. */
function looker(session: Session, resourceType: number, resourceName: string, keys: string[] | null) {
  return async (step: string) => {
    await session.createTopic(`marker-${session.transcript.length}`);
    await session.call(step, 'DescribeConfigs', 4, {
      resources: [{ resourceType, resourceName, configurationKeys: keys }],
      includeSynonyms: true,
    });
  };
}

const topicCases: readonly Case[] = [
  {
    name: 'IncrementalAlterConfigs works on lists',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const throttled = 'leader.replication.throttled.replicas';
      const look = looker(session, TOPIC, name, ['cleanup.policy', throttled]);
      const change = (step: string, ...changes: Change[]) => alter(session, step, TOPIC, name, changes);
      await change('subtract what is not there', ['cleanup.policy', SUBTRACT, 'compact']);
      await look('1');
      await change('append to the default', ['cleanup.policy', APPEND, 'compact']);
      await look('2');
      await change('append two, one there', ['cleanup.policy', APPEND, 'compact,delete']);
      await look('3');
      await change('append nothing', ['cleanup.policy', APPEND, '']);
      await look('4');
      await change('append something bad', ['cleanup.policy', APPEND, 'shrink']);
      await change('append null', ['cleanup.policy', APPEND, null]);
      await change('subtract null', ['cleanup.policy', SUBTRACT, null]);
      await change('subtract all', ['cleanup.policy', SUBTRACT, 'compact,delete']);
      await look('5');
      await change('set with spaces', ['cleanup.policy', SET, ' delete , compact ']);
      await look('6');
      await change('subtract with spaces', ['cleanup.policy', SUBTRACT, ' compact ']);
      await look('7');
      await change('set twice the same', ['cleanup.policy', SET, 'delete,delete']);
      await look('8');
      await change('set to nothing', ['cleanup.policy', SET, '']);
      await look('9');
      await change('append to nothing', ['cleanup.policy', APPEND, 'delete']);
      await look('10');
      await change('append throttled', [throttled, APPEND, '0:1,1:1']);
      await change('append more', [throttled, APPEND, '1:1,2:1']);
      await look('11');
      await change('subtract one', [throttled, SUBTRACT, '0:1']);
      await look('12');
      await change('append a bad one', [throttled, APPEND, 'x']);
      await change('subtract the rest', [throttled, SUBTRACT, '1:1,2:1']);
      await look('13');
    },
  },
  {
    name: 'IncrementalAlterConfigs deletes and sets',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'retention.ms': '5000' });
      const look = looker(session, TOPIC, name, ['retention.ms', 'segment.bytes']);
      const change = (step: string, ...changes: Change[]) => alter(session, step, TOPIC, name, changes);
      await change('nothing');
      await change('delete with a value', ['retention.ms', DELETE, '7']);
      await look('1');
      await change('delete again', ['retention.ms', DELETE, null]);
      await change('delete unknown', ['no.such', DELETE, null]);
      await change('delete nothing', ['', DELETE, null]);
      await change('set nothing', ['', SET, 'x']);
      await change('set empty', ['retention.ms', SET, '']);
      await change('set with spaces', ['retention.ms', SET, ' 9000 ']);
      await look('2');
      await change('two', ['retention.ms', SET, '8000'], ['segment.bytes', SET, '2000000']);
      await change('delete and set one', ['retention.ms', DELETE, null], ['retention.ms', SET, '1']);
      await change('two nulls', ['retention.ms', SET, null], ['segment.bytes', APPEND, null]);
      await change('null and twice', ['retention.ms', SET, null], ['retention.ms', SET, '1']);
      await change('subtract from a number', ['retention.ms', SUBTRACT, '1']);
      await change('append to unknown', ['no.such', APPEND, '1']);
      await change('unknown and append to no list', ['no.such', SET, '1'], ['retention.ms', APPEND, '1']);
      await look('3');
      for (const operation of [-1, 4, 127])
        await change(`operation ${operation}`, ['retention.ms', DELETE, null], ['x', SET, '1']);
      await change('lags', ['min.compaction.lag.ms', SET, '10'], ['max.compaction.lag.ms', SET, '5']);
      await change('min.insync.replicas', ['min.insync.replicas', SET, '0']);
      await change('remote storage', ['remote.storage.enable', SET, 'true']);
    },
  },
  {
    name: 'IncrementalAlterConfigs of odd resources',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const set: Change[] = [['retention.ms', SET, '1000']];
      await alter(session, 'default topic', TOPIC, '', set);
      await alter(session, 'internal topic that is not', TOPIC, '__no_such', set);
      await alter(session, 'the metadata log', TOPIC, '__cluster_metadata', set);
      for (const type of [0, 1, 3, -1, 127]) await alter(session, `type ${type}`, type, name, set);
      await alter(session, 'bad topic name, unknown setting', TOPIC, 'a b', [['no.such', SET, '1']]);
      await alter(session, 'unknown topic, unknown setting', TOPIC, session.name('no'), [['no.such', SET, '1']]);
      await alter(session, 'unknown topic, no changes', TOPIC, session.name('no'), []);
      await alter(session, 'unknown topic, null', TOPIC, session.name('no'), [['retention.ms', SET, null]]);
      await alter(session, 'unknown topic, only a check', TOPIC, session.name('no'), set, true);
      await session.call('good, bad, and twice', 'IncrementalAlterConfigs', 1, {
        resources: [
          resource(TOPIC, name, [['retention.ms', SET, '60000']]),
          resource(TOPIC, session.name('no'), set),
          resource(77, 'x', set),
          resource(77, 'x', set),
          resource(BROKER, '99', set),
        ],
        validateOnly: false,
      });
      await looker(session, TOPIC, name, ['retention.ms'])('the good one');
    },
  },
];

const otherCases: readonly Case[] = [
  {
    name: 'IncrementalAlterConfigs of the broker at its edges',
    run: async (session) => {
      const change = (step: string, name: string, ...changes: Change[]) => alter(session, step, BROKER, name, changes);
      await change('append to no list', '', ['message.max.bytes', APPEND, '1']);
      await change('append to a list', '', ['log.cleanup.policy', APPEND, 'compact']);
      const look = looker(session, BROKER, '', null);
      await look('the default after it');
      await change('subtract from a list', '', ['log.cleanup.policy', SUBTRACT, 'compact']);
      await change('undo', '', ['log.cleanup.policy', DELETE, null]);
      await look('the default after that');
      await change('unknown operation', '', ['message.max.bytes', 9, '1']);
      await change('null', '', ['message.max.bytes', SET, null]);
      await change('twice', '', ['message.max.bytes', SET, '1'], ['message.max.bytes', SET, '2']);
      await change('delete unknown', '', ['no.such', DELETE, null]);
      await change('delete what is not set', '1', ['message.max.bytes', DELETE, null]);
      await change('delete read only', '1', ['node.id', DELETE, null]);
      await change('negative', '1', ['message.max.bytes', SET, '-1']);
      await change('empty value', '1', ['message.max.bytes', SET, '']);
      await change('a plus', '+1', ['message.max.bytes', SET, '-1']);
      await change('negative broker', '-1', ['message.max.bytes', SET, '1000']);
      await change('a long number', '99999999999', ['message.max.bytes', SET, '1000']);
      await change('one good, one bad', '1', ['message.max.bytes', SET, '1048990'], ['node.id', SET, '5']);
      await alter(session, 'only a check', BROKER, '1', [['message.max.bytes', SET, '1048990']], true);
      await alter(session, 'only a check, bad', BROKER, '1', [['message.max.bytes', SET, 'x']], true);
      await looker(session, BROKER, '1', ['message.max.bytes', 'node.id'])('as before');
    },
  },
  {
    name: 'IncrementalAlterConfigs of loggers',
    run: async (session) => {
      const change = (step: string, name: string, ...changes: Change[]) =>
        alter(session, step, BROKER_LOGGER, name, changes, true);
      await change('info', '1', ['root', SET, 'INFO']);
      await change('no such level', '1', ['root', SET, 'LOUD']);
      await change('lower case', '1', ['root', SET, 'info']);
      await change('no such logger', '1', ['no.such.logger', SET, 'INFO']);
      await change('delete root', '1', ['root', DELETE, null]);
      await change('append', '1', ['root', APPEND, 'INFO']);
      await change('subtract', '1', ['root', SUBTRACT, 'INFO']);
      await change('unknown operation', '1', ['root', 9, 'INFO']);
      await change('null', '1', ['root', SET, null]);
      await change('twice', '1', ['root', SET, 'INFO'], ['root', SET, 'WARN']);
      await change('another broker', '99', ['root', SET, 'INFO']);
      await change('all brokers', '', ['root', SET, 'INFO']);
      await change('no number', 'one', ['root', SET, 'INFO']);
      await change('nothing', '1');
    },
  },
  {
    name: 'IncrementalAlterConfigs of client metrics',
    run: async (session) => {
      const name = session.name('metrics');
      const change = (step: string, ...changes: Change[]) => alter(session, step, CLIENT_METRICS, name, changes);
      const look = looker(session, CLIENT_METRICS, name, null);
      await look('before');
      await change('all', ['interval.ms', SET, '1000'], ['metrics', SET, 'a.b,c'], ['match', SET, 'client_id=x']);
      await look('after');
      await change('append', ['metrics', APPEND, 'd']);
      await look('after append');
      await change('subtract', ['metrics', SUBTRACT, 'c']);
      await look('after subtract');
      await change('too often', ['interval.ms', SET, '99']);
      await change('too seldom', ['interval.ms', SET, '3600001']);
      await change('no number', ['interval.ms', SET, 'x']);
      await change('bad match', ['match', SET, 'x']);
      await change('bad match name', ['match', APPEND, 'no_such=x']);
      await change('bad pattern', ['match', SET, 'client_id=(']);
      await change('unknown', ['no.such', SET, '1']);
      await change('delete', ['metrics', DELETE, null], ['interval.ms', DELETE, null], ['match', DELETE, null]);
      await look('at the end');
      await alter(session, 'no name', CLIENT_METRICS, '', [['interval.ms', SET, '1000']]);
    },
  },
  {
    name: 'IncrementalAlterConfigs of groups at their edges',
    run: async (session) => {
      const group = session.name('group');
      const change = (step: string, ...changes: Change[]) => alter(session, step, GROUP, group, changes);
      const look = looker(session, GROUP, group, null);
      await look('before');
      await change('heartbeat over session', ['consumer.heartbeat.interval.ms', SET, '60000']);
      await change('heartbeat', ['consumer.heartbeat.interval.ms', SET, '6000']);
      await change('no number', ['consumer.heartbeat.interval.ms', SET, 'x']);
      await change('append', ['consumer.heartbeat.interval.ms', APPEND, '6000']);
      await change('null', ['consumer.heartbeat.interval.ms', SET, null]);
      await look('after');
      await change('delete', ['consumer.heartbeat.interval.ms', DELETE, null]);
      await change('share reset', ['share.auto.offset.reset', SET, 'earliest']);
      await change('share reset to nothing', ['share.auto.offset.reset', SET, 'never']);
      await change('share isolation', ['share.isolation.level', SET, 'read_committed']);
      await look('at the end');
    },
  },
  {
    name: 'AlterConfigs of other resources',
    run: async (session) => {
      const call = (step: string, resourceType: number, resourceName: string, configs: object[], validateOnly = true) =>
        session.call(step, 'AlterConfigs', 2, { resources: [{ resourceType, resourceName, configs }], validateOnly });
      const { name } = await session.createTopic('t');
      await call('loggers', BROKER_LOGGER, '1', [{ name: 'root', value: 'INFO' }]);
      await call('client metrics', CLIENT_METRICS, session.name('m'), [{ name: 'interval.ms', value: '1000' }]);
      await call('group', GROUP, session.name('g'), [{ name: 'consumer.session.timeout.ms', value: '50000' }]);
      await call('broker', BROKER, '1', [{ name: 'message.max.bytes', value: '1000000' }]);
      await call('broker, bad', BROKER, '1', [{ name: 'message.max.bytes', value: 'x' }]);
      await call('broker, read only', BROKER, '1', [{ name: 'node.id', value: '5' }]);
      await call('all brokers', BROKER, '', [{ name: 'message.max.bytes', value: '1000000' }]);
      await call('another broker', BROKER, '9', [{ name: 'message.max.bytes', value: '1000000' }]);
      await call('unknown type', 77, 'x', [{ name: 'retention.ms', value: '1' }]);
      await call('type zero', 0, 'x', [{ name: 'retention.ms', value: '1' }]);
      await call('default topic', TOPIC, '', [{ name: 'retention.ms', value: '1' }]);
      await call('bad topic name', TOPIC, 'a b', [{ name: 'retention.ms', value: '1' }]);
      await call('a name twice', TOPIC, name, [
        { name: 'retention.ms', value: '1' },
        { name: 'retention.ms', value: '2' },
      ]);
      await call('two nulls', TOPIC, name, [
        { name: 'retention.ms', value: null },
        { name: 'no.such', value: null },
      ]);
      await call('empty value', TOPIC, name, [{ name: 'retention.ms', value: '' }]);
      await session.call('nothing', 'AlterConfigs', 2, { resources: [], validateOnly: true });
    },
  },
  ...[1, 4].map((version) => ({
    name: `DescribeConfigs v${version} at its edges`,
    run: async (session: Session) => {
      const { name } = await session.createTopic('t', 1, { 'retention.ms': '5000' });
      const look = (step: string, resourceType: number, resourceName: string, configurationKeys: string[] | null) =>
        session.call(step, 'DescribeConfigs', version, {
          resources: [{ resourceType, resourceName, configurationKeys }],
          includeSynonyms: true,
        });
      await look('a key twice', TOPIC, name, ['retention.ms', 'retention.ms']);
      await look('an empty key', TOPIC, name, ['']);
      await look('loggers of another', BROKER_LOGGER, '99', null);
      await look('loggers of all', BROKER_LOGGER, '', null);
      await look('loggers of no number', BROKER_LOGGER, 'one', null);
      await look('metrics without a name', CLIENT_METRICS, '', null);
      await look('a broker with a plus', BROKER, '+1', ['num.partitions']);
      await look('a negative broker', BROKER, '-1', ['num.partitions']);
      await look('a long number', BROKER, '99999999999', ['num.partitions']);
      await look('type 1', 1, 'x', null);
      await look('type -1', -1, 'x', null);
      await session.call('nothing', 'DescribeConfigs', version, { resources: [] });
      await session.call('several', 'DescribeConfigs', version, {
        resources: [
          { resourceType: TOPIC, resourceName: session.name('no'), configurationKeys: null },
          { resourceType: TOPIC, resourceName: name, configurationKeys: ['retention.ms'] },
          { resourceType: TOPIC, resourceName: name, configurationKeys: ['segment.ms'] },
        ],
      });
    },
  })),
];

export const configurationEdgeCases: readonly Case[] = [...topicCases, ...otherCases];
