/** Topics, partitions and elections: names, sizes, settings and assignments at their edges, and which fault comes first. */
import { type Case, type Session, records } from '../session.ts';

const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';

function create(session: Session, step: string, topics: object[], more: object = {}, version = 7) {
  return session.call(step, 'CreateTopics', version, { topics, timeoutMs: 10_000, ...more });
}

function topicOf(name: string, more: object = {}) {
  return { name, numPartitions: 1, replicationFactor: 1, ...more };
}

function withConfig(name: string, ...configs: ReadonlyArray<readonly [string, string | null]>) {
  return topicOf(name, { configs: configs.map(([key, value]) => ({ name: key, value })) });
}

/** Settings of a topic, good and bad. */
const VALUES: ReadonlyArray<readonly [string, string]> = [
  ['retention.ms', '-1'],
  ['retention.ms', '-2'],
  ['retention.ms', ' 1000 '],
  ['retention.ms', '+1000'],
  ['retention.ms', '1e3'],
  ['retention.ms', '0x10'],
  ['retention.ms', '9223372036854775807'],
  ['retention.ms', '9223372036854775808'],
  ['retention.ms', ''],
  ['retention.bytes', '-2'],
  ['retention.bytes', '-9223372036854775808'],
  ['segment.bytes', '1048575'],
  ['segment.bytes', '2147483648'],
  ['segment.ms', '0'],
  ['segment.jitter.ms', '-1'],
  ['segment.index.bytes', '3'],
  ['index.interval.bytes', '-1'],
  ['cleanup.policy', ' compact , delete '],
  ['cleanup.policy', 'COMPACT'],
  ['cleanup.policy', 'compact,'],
  ['compression.type', 'brotli'],
  ['compression.type', 'GZIP'],
  ['compression.gzip.level', '0'],
  ['compression.gzip.level', '-1'],
  ['compression.gzip.level', '10'],
  ['compression.lz4.level', '0'],
  ['compression.lz4.level', '18'],
  ['compression.zstd.level', '23'],
  ['compression.zstd.level', '-131073'],
  ['min.insync.replicas', '0'],
  ['min.insync.replicas', '2'],
  ['min.cleanable.dirty.ratio', '1.5'],
  ['min.cleanable.dirty.ratio', '.5'],
  ['min.cleanable.dirty.ratio', 'half'],
  ['min.cleanable.dirty.ratio', '0x1'],
  ['min.cleanable.dirty.ratio', '5e-1'],
  ['min.compaction.lag.ms', '-1'],
  ['max.compaction.lag.ms', '0'],
  ['delete.retention.ms', '-1'],
  ['file.delete.delay.ms', '-1'],
  ['flush.messages', '0'],
  ['flush.ms', '-1'],
  ['max.message.bytes', '-1'],
  ['max.message.bytes', '0'],
  ['message.timestamp.type', 'createtime'],
  ['message.timestamp.before.max.ms', '-1'],
  ['message.timestamp.after.max.ms', '-1'],
  ['message.format.version', '3.0'],
  ['message.downconversion.enable', 'false'],
  ['message.timestamp.difference.max.ms', '5'],
  ['preallocate', 'yes'],
  ['preallocate', 'TRUE'],
  ['unclean.leader.election.enable', 'maybe'],
  ['leader.replication.throttled.replicas', '*'],
  ['leader.replication.throttled.replicas', '0:1,1:1'],
  ['leader.replication.throttled.replicas', '0-1'],
  ['leader.replication.throttled.replicas', ','],
  ['leader.replication.throttled.replicas', '0:1,'],
  ['leader.replication.throttled.replicas', '*,'],
  ['follower.replication.throttled.replicas', '*,0:1'],
  ['local.retention.ms', '-3'],
  ['local.retention.bytes', '-3'],
  ['remote.storage.enable', 'true'],
  ['remote.storage.enable', 'perhaps'],
  ['remote.log.copy.disable', 'true'],
  ['remote.log.delete.on.disable', 'true'],
  ['', 'x'],
  ['Retention.ms', '1'],
];

const createCases: readonly Case[] = [
  {
    name: 'CreateTopics checks every setting',
    run: async (session) => {
      const name = session.name('t');
      for (const [key, value] of VALUES)
        await create(session, `${key}=${value}`, [withConfig(name, [key, value])], { validateOnly: true });
    },
  },
  {
    name: 'CreateTopics checks settings against each other',
    run: async (session) => {
      const name = session.name('t');
      const check = (step: string, ...configs: ReadonlyArray<readonly [string, string | null]>) =>
        create(session, step, [withConfig(name, ...configs)], { validateOnly: true });
      await check('compaction lag', ['min.compaction.lag.ms', '10'], ['max.compaction.lag.ms', '5']);
      await check('local longer than all', ['retention.ms', '10'], ['local.retention.ms', '20']);
      await check('local larger than all', ['retention.bytes', '10'], ['local.retention.bytes', '20']);
      await check('a name twice', ['retention.ms', '10'], ['retention.ms', '20']);
      await check('a name twice, last bad', ['retention.ms', '10'], ['retention.ms', 'x']);
      await check('a name twice, first bad', ['retention.ms', 'x'], ['retention.ms', '10']);
      await check('two unknown', ['no.such', '10'], ['no.other', '5']);
      await check('unknown and null', ['no.such', null]);
      await check('null and good', ['retention.ms', null], ['segment.ms', '5000']);
    },
  },
  {
    name: 'CreateTopics with names at their edges',
    run: async (session) => {
      const long = (length: number) => session.name('x').padEnd(length, 'x');
      await create(session, '249', [topicOf(long(249))], { validateOnly: true });
      await create(session, '250', [topicOf(long(250))], { validateOnly: true });
      for (const name of ['...', '-', '_', 'ä', 'a:b', 'a\n', ' a', '__cluster_metadata', '__transaction_states'])
        await create(session, JSON.stringify(name), [topicOf(name)], { validateOnly: true });
      await session.awaitCoordinator(session.name('group'));
      await create(session, 'an internal one that is there', [topicOf('__consumer_offsets')]);
      await create(session, 'collides with an internal one', [topicOf('__consumer.offsets')]);
      await create(session, 'dots', [topicOf(session.name('a.b_c'))]);
      for (const suffix of ['a_b_c', 'a.b.c', 'a_b.c']) await create(session, suffix, [topicOf(session.name(suffix))]);
      await create(session, 'collides, only a check', [topicOf(session.name('a_b_c'))], { validateOnly: true });
    },
  },
  {
    name: 'CreateTopics says the first fault',
    run: async (session) => {
      const { name } = await session.createTopic('there');
      const fresh = session.name('fresh');
      const bad = { configs: [{ name: 'no.such', value: '1' }] };
      const assigned = { assignments: [{ partitionIndex: 0, brokerIds: [99] }] };
      const check = (step: string, topic: object, validateOnly = true) =>
        create(session, step, [topic], { validateOnly });
      await check('there', topicOf(name));
      await check('there, unknown setting', topicOf(name, bad));
      await check('there, no partitions', topicOf(name, { numPartitions: 0 }));
      await check('bad name, unknown setting', topicOf('a b', bad));
      await check('bad name, no partitions', topicOf('', { numPartitions: 0 }));
      await check('unknown setting, no partitions', topicOf(fresh, { ...bad, numPartitions: 0 }));
      await check('no partitions, no replicas', topicOf(fresh, { replicationFactor: 0, numPartitions: 0 }));
      await check('no partitions, many replicas', topicOf(fresh, { replicationFactor: 9, numPartitions: 0 }));
      await check('assigned, unknown setting', {
        ...topicOf(fresh, bad),
        ...assigned,
        numPartitions: -1,
        replicationFactor: -1,
      });
      await check('assigned, with a factor', { ...topicOf(fresh), ...assigned, numPartitions: -1 });
      await check('assigned, with a count', { ...topicOf(fresh), ...assigned, replicationFactor: -1 });
      await check('negative broker', {
        name: fresh,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [-1] }],
      });
      await check('brokers differ', {
        name: fresh,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 1, brokerIds: [1, 2] },
        ],
      });
      await check('partitions out of order', {
        name: fresh,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [
          { partitionIndex: 1, brokerIds: [1] },
          { partitionIndex: 0, brokerIds: [1] },
        ],
      });
    },
  },
  {
    name: 'CreateTopics with good and bad ones together',
    run: async (session) => {
      const [a, b] = [session.name('a'), session.name('b')];
      await create(session, 'mixed', [topicOf(a), topicOf('a b'), topicOf(b, { numPartitions: 0 })]);
      await create(session, 'one twice, one once', [topicOf(b), topicOf(b), topicOf(session.name('c'))]);
      await create(session, 'three times', [topicOf(b), topicOf(b), topicOf(b)]);
      await create(session, 'there and twice', [topicOf(a), topicOf(a)]);
      await create(session, 'a bad name twice', [topicOf('a b'), topicOf('a b')]);
      await create(session, 'the metadata log', [topicOf('__cluster_metadata')]);
      await create(session, 'the metadata log twice', [topicOf('__cluster_metadata'), topicOf('__cluster_metadata')]);
      await create(session, 'too many', [topicOf(session.name('many'), { numPartitions: 10_001 })]);
      await create(session, 'too many together', [
        topicOf(session.name('many'), { numPartitions: 6000 }),
        topicOf(session.name('more'), { numPartitions: 6000 }),
      ]);
      await create(session, 'too many of a bad name', [topicOf('a b', { numPartitions: 20_000 })]);
      for (const suffix of ['a', 'c']) await session.awaitTopic(session.name(suffix));
      await session.call('which are there', 'Metadata', 12, {
        topics: ['a', 'b', 'c', 'many', 'more'].map((suffix) => ({ name: session.name(suffix) })),
        allowAutoTopicCreation: false,
      });
    },
  },
  {
    name: 'CreateTopics of names that collide with each other',
    run: (session) => create(session, 'both', [topicOf(session.name('a.b')), topicOf(session.name('a_b'))]),
  },
  {
    name: 'topics without time',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      for (const timeoutMs of [0, -1]) {
        await create(session, `create in ${timeoutMs} ms`, [topicOf(session.name(`c${timeoutMs}`))], { timeoutMs });
        await session.call(`grow in ${timeoutMs} ms`, 'CreatePartitions', 3, {
          topics: [{ name, count: 2 - timeoutMs, assignments: null }],
          timeoutMs,
        });
      }
      await session.call('delete in 0 ms', 'DeleteTopics', 6, { topics: [{ name }], timeoutMs: 0 });
    },
  },
  ...[2, 3, 4, 5].map((version) => ({
    name: `CreateTopics v${version} at its edges`,
    run: async (session: Session) => {
      const name = session.name('t');
      await create(session, 'defaults', [topicOf(name, { numPartitions: -1, replicationFactor: -1 })], {}, version);
      await create(session, 'only a check', [topicOf(session.name('u'))], { validateOnly: true }, version);
      await create(session, 'bad name', [topicOf('a b')], {}, version);
      await create(session, 'twice', [topicOf(name), topicOf(name)], {}, version);
    },
  })),
];

const growCases: readonly Case[] = [
  {
    name: 'CreatePartitions at its edges',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      const other = await session.createTopic('u', 1);
      const grow = (step: string, topics: object[], more: object = {}) =>
        session.call(step, 'CreatePartitions', 3, {
          topics: topics.map((topic) => ({ assignments: null, ...topic })),
          timeoutMs: 10_000,
          ...more,
        });
      await grow('no topics', []);
      await grow('only a check, bad assignment', [{ name, count: 3, assignments: [{ brokerIds: [9] }] }], {
        validateOnly: true,
      });
      await grow('only a check, the same', [{ name, count: 2 }], { validateOnly: true });
      await grow('no assignments', [{ name, count: 3, assignments: [] }]);
      await grow('too many assignments', [{ name, count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }]);
      await grow('the same with an assignment', [{ name, count: 2, assignments: [{ brokerIds: [1] }] }]);
      await grow('fewer with an assignment', [{ name, count: 1, assignments: [{ brokerIds: [1] }] }]);
      await grow('unknown with an assignment', [
        { name: session.name('no'), count: 1, assignments: [{ brokerIds: [1] }] },
      ]);
      await grow('second assignment bad', [{ name, count: 4, assignments: [{ brokerIds: [1] }, { brokerIds: [] }] }]);
      await grow('negative broker', [{ name, count: 3, assignments: [{ brokerIds: [-1] }] }]);
      await grow('too many', [{ name, count: 10_003 }]);
      await grow('too many of an unknown', [{ name: session.name('no'), count: 10_003 }]);
      await grow('bad name', [{ name: 'a b', count: 3 }]);
      await grow('empty name', [{ name: '', count: 3 }]);
      await grow('twice and once', [
        { name, count: 5 },
        { name, count: 6 },
        { name: other.name, count: 2 },
      ]);
      await grow('good and bad', [
        { name, count: 3 },
        { name: other.name, count: 1 },
        { name: session.name('no'), count: 2 },
      ]);
      await grow('a negative time', [{ name, count: 4 }], { validateOnly: true, timeoutMs: 10_000 });
      await session.call('at the end', 'Metadata', 12, {
        topics: [{ name }, { name: other.name }],
        allowAutoTopicCreation: false,
      });
    },
  },
];

const deleteCases: readonly Case[] = [
  ...[1, 3, 5].map((version) => ({
    name: `DeleteTopics v${version} at its edges`,
    run: async (session: Session) => {
      const [a, b] = [await session.createTopic('a'), await session.createTopic('b')];
      const remove = (step: string, topicNames: string[]) =>
        session.call(step, 'DeleteTopics', version, { topicNames, timeoutMs: 10_000 });
      await remove('nothing', []);
      await remove('empty name', ['']);
      await remove('bad name', ['a b']);
      await remove('twice', [a.name, a.name]);
      await remove('twice and once', [a.name, b.name, a.name]);
      await remove('an unknown one twice', [session.name('no'), session.name('no')]);
      await remove('known and unknown', [a.name, session.name('no')]);
    },
  })),
  {
    name: 'DeleteTopics by id at its edges',
    run: async (session) => {
      const [a, b] = [await session.createTopic('a'), await session.createTopic('b')];
      const remove = (step: string, topics: object[]) =>
        session.call(step, 'DeleteTopics', 6, { topics, timeoutMs: 10_000 });
      await remove('an id twice', [
        { name: null, topicId: a.topicId },
        { name: null, topicId: a.topicId },
      ]);
      await remove('an unknown id twice', [
        { name: null, topicId: UNKNOWN_ID },
        { name: null, topicId: UNKNOWN_ID },
      ]);
      await remove('neither, twice', [
        { name: null, topicId: NONE },
        { name: null, topicId: NONE },
      ]);
      await remove('an empty name', [{ name: '', topicId: NONE }]);
      await remove('an empty name and an id', [{ name: '', topicId: a.topicId }]);
      await remove('an id, its name, and another', [
        { name: null, topicId: a.topicId },
        { name: a.name, topicId: NONE },
        { name: b.name, topicId: NONE },
      ]);
      await remove('what is left', [{ name: null, topicId: a.topicId }]);
    },
  },
];

const clusterCases: readonly Case[] = [
  {
    name: 'ElectLeaders at its edges',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      for (const [version, electionType] of [
        [0, 0],
        [2, 0],
        [2, 1],
      ] as const) {
        const call = (step: string, topicPartitions: object[] | null, more: object = {}) =>
          session.call(`v${version}, type ${electionType}: ${step}`, 'ElectLeaders', version, {
            ...(version > 0 ? { electionType } : {}),
            topicPartitions,
            timeoutMs: 5000,
            ...more,
          });
        await call('twice', [{ topic: name, partitions: [0, 0] }]);
        await call('in two topics', [
          { topic: name, partitions: [0] },
          { topic: name, partitions: [1] },
        ]);
        await call('negative', [{ topic: name, partitions: [-1] }]);
        await call('no partitions', [{ topic: name, partitions: [] }]);
        await call('bad name', [{ topic: 'a b', partitions: [0] }]);
      }
      await session.call('no such type, all', 'ElectLeaders', 2, {
        electionType: -1,
        topicPartitions: null,
        timeoutMs: 5000,
      });
    },
  },
  {
    name: 'reassignments at their edges',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      const alter = (step: string, topics: object[], more: object = {}, version = 1) =>
        session.call(step, 'AlterPartitionReassignments', version, { timeoutMs: 5000, topics, ...more });
      const to = (partitionIndex: number, ...replicas: number[]) => ({ partitionIndex, replicas });
      await alter('no topics', []);
      await alter('no partitions', [{ name, partitions: [] }]);
      await alter('twice', [{ name, partitions: [to(0, 1), to(0, 1)] }]);
      await alter('good and bad', [{ name, partitions: [to(0, 1), to(1, 5)] }]);
      await alter('negative partition', [{ name, partitions: [to(-1, 1)] }]);
      await alter('negative broker', [{ name, partitions: [to(0, -1)] }]);
      await alter('more replicas', [{ name, partitions: [to(0, 1, 2)] }]);
      await alter('more replicas, no change allowed', [{ name, partitions: [to(0, 1, 2)] }], {
        allowReplicationFactorChange: false,
      });
      await alter('none, no change allowed', [{ name, partitions: [to(0)] }], { allowReplicationFactorChange: false });
      await alter('cancel an unknown partition', [{ name, partitions: [{ partitionIndex: 9, replicas: null }] }]);
      await alter('bad name', [{ name: 'a b', partitions: [to(0, 1)] }]);
      await session.call('list twice', 'ListPartitionReassignments', 0, {
        timeoutMs: 5000,
        topics: [{ name, partitionIndexes: [0, 0, 9, -1] }],
      });
    },
  },
  {
    name: 'DescribeLogDirs at its edges',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      await session.produce(name, records());
      const call = (step: string, topics: object[]) => session.call(step, 'DescribeLogDirs', 4, { topics });
      await call('twice', [{ topic: name, partitions: [0, 0] }]);
      await call('in two topics', [
        { topic: name, partitions: [0] },
        { topic: name, partitions: [1] },
      ]);
      await call('no partitions', [{ topic: name, partitions: [] }]);
      await call('negative', [{ topic: name, partitions: [-1] }]);
      await call('bad name', [{ topic: 'a b', partitions: [0] }]);
    },
  },
];

export const topicEdgeCases: readonly Case[] = [...createCases, ...growCases, ...deleteCases, ...clusterCases];
