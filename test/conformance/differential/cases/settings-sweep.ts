/**
 * Every topic and broker setting with odd values, and how what was set is shown. What Kafka's parser alone makes of values
 * is compared in settings.conformance.ts, texts included; here it is what the running broker answers.
 */
import { BROKER_SETTINGS } from '../../../../src/config/broker-settings.ts';
import { CLIENT_METRICS_SETTINGS_LIST, GROUP_SETTINGS_LIST } from '../../../../src/config/group-settings.ts';
import { TOPIC_SETTINGS_LIST } from '../../../../src/config/topic-settings.ts';
import type { Case, Session } from '../session.ts';

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

type Change = readonly [name: string, configOperation: number, value: string | null];

const VALUES = [
  '',
  ' ',
  '-1',
  '0',
  '1',
  ' 5 ',
  '1d',
  '1f',
  '0x1',
  '1e3',
  'NaN',
  '9223372036854775808',
  'true',
  'x',
  ',',
  'x,x',
];

function alter(
  session: Session,
  step: string,
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly = false,
) {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  return session.call(step, 'IncrementalAlterConfigs', 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly,
  });
}

let markers = 0;

/** Describes once the change before it has been taken over: a later topic shows it. */
function looker(session: Session, resourceType: number, resourceName: string) {
  return async (step: string, configurationKeys: readonly string[] | null) => {
    await session.createTopic(`marker-${markers++}`);
    await session.call(step, 'DescribeConfigs', 4, {
      resources: [{ resourceType, resourceName, configurationKeys }],
      includeSynonyms: true,
    });
  };
}

async function sweep(session: Session, type: number, resourceName: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const value of VALUES)
      await alter(session, `${name}=${value}`, type, resourceName, [[name, SET, value]], true);
  }
}

const brokerNames = [...BROKER_SETTINGS.values()]
  .filter(({ name, internal, foreign }) => !internal && !foreign && !name.startsWith('walka.'))
  .map(({ name }) => name);

/** What the two brokers are started with. */
const OF_THE_SETUP: ReadonlySet<string> = new Set([
  'advertised.listeners',
  'controller.listener.names',
  'controller.quorum.voters',
  'listener.security.protocol.map',
  'listeners',
  'log.dir',
  'log.dirs',
  'process.roles',
]);

const sweeps: readonly Case[] = [
  {
    name: 'every topic setting takes and refuses odd values',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      await sweep(
        session,
        TOPIC,
        name,
        TOPIC_SETTINGS_LIST.map((setting) => setting.name),
      );
    },
  },
  {
    name: 'every setting of groups and client metrics takes and refuses odd values',
    run: async (session) => {
      const namesOf = (settings: readonly { readonly name: string }[]) => settings.map(({ name }) => name);
      await sweep(session, GROUP, session.name('group'), namesOf(GROUP_SETTINGS_LIST));
      await sweep(session, CLIENT_METRICS, session.name('metrics'), namesOf(CLIENT_METRICS_SETTINGS_LIST));
    },
  },
  {
    name: 'every broker setting takes and refuses odd values for one broker',
    run: (session) => sweep(session, BROKER, '1', brokerNames),
  },
  {
    name: 'every broker setting takes and refuses odd values for all brokers',
    run: (session) => sweep(session, BROKER, '', brokerNames),
  },
];

const DOUBLES = ['1000000', '0.3', '.3', '1d', '1e7', '9999999', '5e-4', ' 0.5 ', '+1', '12345678'];

/** Sets each value and shows what became of it. */
async function setAndLook(
  session: Session,
  type: number,
  resourceName: string,
  name: string,
  values: readonly string[],
) {
  const look = looker(session, type, resourceName);
  for (const value of values) {
    await alter(session, `${name}=${value}`, type, resourceName, [[name, SET, value]]);
    await look(`${name}=${value} shown`, [name]);
  }
  await alter(session, `no ${name}`, type, resourceName, [[name, DELETE, null]]);
}

const shown: readonly Case[] = [
  {
    name: 'values of a topic are shown as they are printed',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      await setAndLook(session, TOPIC, name, 'min.cleanable.dirty.ratio', ['.3', '1d', ' 0.5 ', '5e-4', '+1', '0']);
      await setAndLook(session, TOPIC, name, 'retention.ms', ['+5000', ' 5000 ', '05000']);
      await setAndLook(session, TOPIC, name, 'cleanup.policy', ['delete,delete', 'compact , delete,compact']);
      await setAndLook(session, TOPIC, name, 'preallocate', [' TRUE ']);
      await session.call('created', 'CreateTopics', 7, {
        topics: [
          {
            name: session.name('created'),
            numPartitions: 1,
            replicationFactor: 1,
            configs: [
              { name: 'min.cleanable.dirty.ratio', value: '.3' },
              { name: 'cleanup.policy', value: 'delete,delete' },
              { name: 'retention.ms', value: ' +5000 ' },
            ],
          },
        ],
        timeoutMs: 10_000,
      });
    },
  },
  ...['1', ''].map((broker) => ({
    name: `values of ${broker === '' ? 'all brokers' : 'a broker'} are shown as they are printed`,
    run: async (session: Session) => {
      await setAndLook(session, BROKER, broker, 'log.cleaner.io.max.bytes.per.second', DOUBLES);
      await setAndLook(session, BROKER, broker, 'log.cleaner.min.cleanable.ratio', ['.3', '0', '+1']);
      await setAndLook(session, BROKER, broker, 'message.max.bytes', ['+1048590', ' 1048590 ']);
      await setAndLook(session, BROKER, broker, 'log.cleanup.policy', ['delete,delete']);
      await setAndLook(session, BROKER, broker, 'log.preallocate', [' FALSE ']);
      // Nobody knows it: a secret of a plugin, perhaps.
      await setAndLook(session, BROKER, broker, 'some.plugin.password', ['secret', '']);
      await setAndLook(session, BROKER, broker, 'listener.name.plaintext.some.plugin.password', ['secret']);
    },
  })),
  {
    name: 'a broker shows every setting it has',
    run: async (session) => {
      const look = looker(session, BROKER, '1');
      await look(
        'all',
        [...brokerNames, 'some.plugin.setting'].filter((name) => !OF_THE_SETUP.has(name)),
      );
      for (const includeDocumentation of [true, false]) {
        await session.call(`loggers ${includeDocumentation}`, 'DescribeConfigs', 4, {
          resources: [{ resourceType: BROKER_LOGGER, resourceName: '1', configurationKeys: ['root'] }],
          includeSynonyms: true,
          includeDocumentation,
        });
      }
    },
  },
];

const NOTHING = ['', ' ', ',', ' , '];

/** Appends and subtracts nothing, what is there, and what is not; what comes out is shown. */
async function edges(session: Session, type: number, resourceName: string, name: string, some: string): Promise<void> {
  const look = looker(session, type, resourceName);
  for (const [word, operation] of [
    ['append', APPEND],
    ['subtract', SUBTRACT],
  ] as const) {
    for (const value of [...NOTHING, some, `${some},`, `,${some}`, `${some},${some}`]) {
      await alter(session, `${word} '${value}' to ${name}`, type, resourceName, [[name, operation, value]]);
      await look(`${name} after ${word} '${value}'`, [name]);
    }
  }
  await alter(session, `no ${name}`, type, resourceName, [[name, DELETE, null]]);
}

const lists: readonly Case[] = [
  {
    name: 'lists of a topic at their edges',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      await edges(session, TOPIC, name, 'cleanup.policy', 'compact');
    },
  },
  {
    name: 'lists of all brokers at their edges',
    run: (session) => edges(session, BROKER, '', 'log.cleanup.policy', 'compact'),
  },
  {
    name: 'lists of one broker at their edges',
    run: async (session) => {
      await edges(session, BROKER, '1', 'log.cleanup.policy', 'compact');
      const change = (step: string, ...changes: Change[]) => alter(session, step, BROKER, '1', changes, true);
      for (const value of ['/not/there', '*', '*,/not/there', '', ',']) {
        await change(`cordoned ${value}`, ['cordoned.log.dirs', SET, value]);
      }
      await change('append a directory that is not there', ['cordoned.log.dirs', APPEND, '/not/there']);
      await alter(session, 'cordoned everywhere', BROKER, '', [['cordoned.log.dirs', SET, '/not/there']], true);
    },
  },
  {
    name: 'lists of client metrics and of groups at their edges',
    run: async (session) => {
      const group = session.name('group');
      const metrics = session.name('metrics');
      for (const value of [...NOTHING, 'a']) {
        for (const [word, operation] of [
          ['append', APPEND],
          ['subtract', SUBTRACT],
        ] as const) {
          await alter(session, `${word} '${value}' to metrics`, CLIENT_METRICS, metrics, [
            ['metrics', operation, value],
          ]);
          const tags = 'streams.rack.aware.assignment.tags';
          await alter(session, `${word} '${value}' to a group`, GROUP, group, [[tags, operation, value]]);
        }
      }
    },
  },
];

export const settingsSweepCases: readonly Case[] = [...sweeps, ...shown, ...lists];
