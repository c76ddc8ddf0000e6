/** Rules for the settings of groups and for log levels, request by request. */
import type { Case, Session } from '../session.ts';

const [BROKER_LOGGER, GROUP] = [8, 32] as const;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3] as const;

type Change = readonly [name: string, value: string | null, operation?: number];

function alter(session: Session, step: string, type: number, name: string, changes: readonly Change[], version = 1) {
  const configs = changes.map(([key, value, configOperation = SET]) => ({ name: key, value, configOperation }));
  return session.call(step, 'IncrementalAlterConfigs', version, {
    resources: [{ resourceType: type, resourceName: name, configs }],
    validateOnly: false,
  });
}

function describe(session: Session, step: string, type: number, name: string, keys: readonly string[] | null = null) {
  return session.call(step, 'DescribeConfigs', 4, {
    resources: [{ resourceType: type, resourceName: name, configurationKeys: keys }],
    includeSynonyms: true,
  });
}

const GROUP_VALUES: Readonly<Record<string, readonly string[]>> = {
  'consumer.session.timeout.ms': ['45000', '60000', '44999', '60001', 'x', '', '-1', ' 45000 ', '4.5', '99999999999'],
  'consumer.heartbeat.interval.ms': ['5000', '15000', '4999', '15001'],
  'share.session.timeout.ms': ['45000', '60000', '44999', '60001'],
  'share.heartbeat.interval.ms': ['5000', '15000', '4999', '15001'],
  'share.record.lock.duration.ms': ['15000', '60000', '14999', '60001'],
  'share.auto.offset.reset': ['earliest', 'latest', 'by_duration:PT1H', 'by_duration:-PT1H', 'none', 'EARLIEST', ''],
  'share.isolation.level': ['read_committed', 'READ_COMMITTED', 'x'],
  'streams.session.timeout.ms': ['45000', '60000', '44999', '60001'],
  'streams.heartbeat.interval.ms': ['5000', '15000', '4999', '15001'],
  'streams.num.standby.replicas': ['0', '2', '3', '-1'],
};

export const configRuleCases: readonly Case[] = [
  {
    name: 'settings of groups by their bounds',
    run: async (session) => {
      for (const [key, values] of Object.entries(GROUP_VALUES)) {
        const group = session.name(key);
        for (const value of values) await alter(session, `${key}=${value}`, GROUP, group, [[key, value]]);
      }
      const group = session.name('g');
      await alter(session, 'unknown', GROUP, group, [['zzz', '1']]);
      await alter(session, 'unknown removed', GROUP, group, [['zzz', null, DELETE]]);
      await alter(session, 'null', GROUP, group, [['consumer.session.timeout.ms', null]]);
      await alter(session, 'append', GROUP, group, [['consumer.session.timeout.ms', '1', APPEND]]);
      await alter(session, 'subtract', GROUP, group, [['consumer.session.timeout.ms', '1', SUBTRACT]]);
      await alter(session, 'no group', GROUP, '', [['consumer.session.timeout.ms', '50000']]);
      await alter(session, 'twice', GROUP, group, [
        ['consumer.session.timeout.ms', '50000'],
        ['consumer.session.timeout.ms', '50001'],
      ]);
      await alter(session, 'good and bad', GROUP, group, [
        ['consumer.session.timeout.ms', '50000'],
        ['consumer.heartbeat.interval.ms', '1'],
      ]);
      await alter(session, 'heartbeat and session', GROUP, group, [
        ['consumer.session.timeout.ms', '45000'],
        ['consumer.heartbeat.interval.ms', '15000'],
      ]);
      await alter(session, 'nothing', GROUP, session.name('nothing'), []);
      await alter(session, 'a long name', GROUP, session.name('x'.repeat(300)), [
        ['consumer.session.timeout.ms', '50000'],
      ]);
      await session.createTopic('marker');
      await describe(session, 'described', GROUP, group, ['consumer.session.timeout.ms', 'zzz']);
      await describe(session, 'an unknown group', GROUP, session.name('none'), ['consumer.heartbeat.interval.ms']);
      await describe(session, 'no group described', GROUP, '');
    },
  },
  {
    name: 'log levels by their rules',
    run: async (session) => {
      const root = (step: string, value: string | null, operation: number = SET) =>
        alter(session, step, BROKER_LOGGER, '1', [['root', value, operation]]);
      for (const level of ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN']) {
        await root(level, level);
        await describe(session, `shows ${level}`, BROKER_LOGGER, '1', ['root']);
      }
      for (const level of ['debug', 'OFF', 'ALL', '', ' INFO', 'LOUD']) await root(`no level: '${level}'`, level);
      await root('null', null);
      await root('deleted', null, DELETE);
      await root('appended', 'WARN', APPEND);
      await root('subtracted', 'WARN', SUBTRACT);
      await root('another operation', 'WARN', 9);
      await alter(session, 'an unknown logger', BROKER_LOGGER, '1', [['no.such.logger', 'WARN']]);
      await alter(session, 'an unknown logger deleted', BROKER_LOGGER, '1', [['no.such.logger', null, DELETE]]);
      await alter(session, 'good and bad', BROKER_LOGGER, '1', [
        ['root', 'WARN'],
        ['no.such.logger', 'WARN'],
      ]);
      await alter(session, 'twice', BROKER_LOGGER, '1', [
        ['root', 'WARN'],
        ['root', 'INFO'],
      ]);
      await alter(session, 'nothing', BROKER_LOGGER, '1', []);
      for (const node of ['2', '', 'x', '-1', '+1', '01', '1.0']) {
        await alter(session, `node '${node}'`, BROKER_LOGGER, node, [['root', 'WARN']]);
        await describe(session, `node '${node}' described`, BROKER_LOGGER, node, ['root']);
      }
      await describe(session, 'an unknown name', BROKER_LOGGER, '1', ['no.such.logger']);
      await session.call('replaced', 'AlterConfigs', 2, {
        resources: [{ resourceType: BROKER_LOGGER, resourceName: '1', configs: [{ name: 'root', value: 'INFO' }] }],
      });
      await root('at the end', 'WARN');
    },
  },
];
