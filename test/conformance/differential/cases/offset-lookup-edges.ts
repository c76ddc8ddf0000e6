/** ListOffsets, OffsetForLeaderEpoch and DeleteRecords at their edges. */
import { buildBatch, buildCompressedBatch } from '../../../../protocol/records/build.ts';
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';
import { filled } from './fetch-edges.ts';

export const offsetLookupEdgeCases: readonly Case[] = [
  ...[1, 4, 7, 11].map((version) => ({
    name: `ListOffsets v${version} at its edges`,
    run: async (session: Session) => {
      const { name } = await filled(session);
      const call = (step: string, partition: object, more: object = {}, topic = name) =>
        session.call(step, 'ListOffsets', version, {
          replicaId: -1,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1, ...partition }] }],
          ...more,
        });
      await call('as a replica', {}, { replicaId: 5 });
      await call('as the debugging consumer', {}, { replicaId: -2 });
      await call('by time as a replica', { timestamp: 0 }, { replicaId: 5 });
      if (version >= 2) await call('isolation level 2', {}, { isolationLevel: 2 });
      if (version >= 2) await call('isolation level -1, earliest', { timestamp: -2 }, { isolationLevel: -1 });
      if (version >= 4) await call('an old epoch', { currentLeaderEpoch: -2 });
      if (version >= 4) await call('an old epoch, by time', { currentLeaderEpoch: -2, timestamp: 0 });
      if (version >= 4) await call('a new epoch of an unknown partition', { currentLeaderEpoch: 9, partitionIndex: 9 });
      if (version >= 10) await call('no time to answer', { timestamp: 0 }, { timeoutMs: 0 });
      await call('negative partition', { partitionIndex: -1 });
      await call('an odd time of an unknown topic', { timestamp: -9 }, {}, session.name('no'));
      await call('bad name', {}, {}, 'a b');
      await call('zero', { timestamp: 0 });
      await call('the largest time', { timestamp: 9_007_199_254_740_991 });
      await call('the last record', { timestamp: RECORD_TIME_MS + 2000 });
      await session.call('no topics', 'ListOffsets', version, { replicaId: -1, topics: [] });
      await session.call('no partitions', 'ListOffsets', version, {
        replicaId: -1,
        topics: [{ name, partitions: [] }],
      });
      const [at, other] = [
        { partitionIndex: 0, timestamp: -1 },
        { partitionIndex: 0, timestamp: -2 },
      ];
      await session.call('twice with another between', 'ListOffsets', version, {
        replicaId: -1,
        topics: [{ name, partitions: [at, { partitionIndex: 1, timestamp: -1 }, other] }],
      });
      await session.call('three times in two topics', 'ListOffsets', version, {
        replicaId: -1,
        topics: [
          { name, partitions: [at, other] },
          { name, partitions: [other] },
        ],
      });
      await session.call('an unknown one twice', 'ListOffsets', version, {
        replicaId: -1,
        topics: [
          { name: session.name('no'), partitions: [at] },
          { name: session.name('no'), partitions: [at] },
        ],
      });
    },
  })),
  {
    name: 'ListOffsets by time after DeleteRecords',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      await session.produce(name, records(4));
      await session.produce(name, records(3, {}, RECORD_TIME_MS + 500));
      await session.call('delete to 2', 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: 2 }] }],
        timeoutMs: 5000,
      });
      const look = async (when: string) => {
        for (const timestamp of [-1, -2, -3, -4, 0, RECORD_TIME_MS, RECORD_TIME_MS + 2500, RECORD_TIME_MS + 3000])
          await session.call(`${when}: ${timestamp}`, 'ListOffsets', 9, {
            replicaId: -1,
            topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
          });
      };
      await look('two gone');
      await session.call('delete all', 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }],
        timeoutMs: 5000,
      });
      await look('all gone');
    },
  },
  {
    name: 'ListOffsets by time with odd records',
    run: async (session) => {
      const look = async (name: string, when: string) => {
        for (const timestamp of [-3, 0, 1, 700, 1000, 1500, 3000])
          await session.call(`${when}: ${timestamp}`, 'ListOffsets', 7, {
            replicaId: -1,
            topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
          });
      };
      const list = (...times: number[]) =>
        times.map((timestampMs) => ({ key: null, value: Buffer.from('v'), timestampMs }));
      const none = await session.createTopic('none');
      await session.produce(none.name, buildBatch(list(-1, -1)));
      await look(none.name, 'no times');
      const mixed = await session.createTopic('mixed');
      await session.produce(mixed.name, buildBatch(list(1000, 3000, 2000, 3000)));
      await session.produce(mixed.name, buildBatch(list(500, 3000)));
      await look(mixed.name, 'mixed');
      const compressed = await session.createTopic('compressed');
      for (const compression of [1, 2, 3, 4] as const)
        await session.produce(
          compressed.name,
          await buildCompressedBatch(list(compression * 400, compression * 400 + 300), { compression }),
        );
      await look(compressed.name, 'compressed');
    },
  },
  ...[2, 4].map((version) => ({
    name: `OffsetForLeaderEpoch v${version} at its edges`,
    run: async (session: Session) => {
      const { name } = await filled(session);
      const replica = version >= 3 ? { replicaId: -2 } : {};
      const ask = (leaderEpoch: number, more: object = {}) => ({
        partition: 0,
        currentLeaderEpoch: -1,
        leaderEpoch,
        ...more,
      });
      const call = (step: string, topics: object[], more: object = {}) =>
        session.call(step, 'OffsetForLeaderEpoch', version, { ...replica, topics, ...more });
      await call('no topics', []);
      await call('no partitions', [{ topic: name, partitions: [] }]);
      await call('epoch -2', [{ topic: name, partitions: [ask(-2)] }]);
      await call('the largest epoch', [{ topic: name, partitions: [ask(2_147_483_647)] }]);
      await call('an old current epoch', [{ topic: name, partitions: [ask(0, { currentLeaderEpoch: -2 })] }]);
      await call('negative partition', [{ topic: name, partitions: [ask(0, { partition: -1 })] }]);
      await call('bad name', [{ topic: 'a b', partitions: [ask(0)] }]);
      await call('twice', [{ topic: name, partitions: [ask(0), ask(3)] }]);
      await call('in two topics', [
        { topic: name, partitions: [ask(0)] },
        { topic: name, partitions: [ask(0, { partition: 1 })] },
      ]);
      await call('known and unknown', [
        { topic: session.name('no'), partitions: [ask(0)] },
        { topic: name, partitions: [ask(0), ask(0, { partition: 8 })] },
      ]);
      if (version >= 3) await call('as a replica', [{ topic: name, partitions: [ask(0)] }], { replicaId: 5 });
      await session.call('delete all', 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }],
        timeoutMs: 5000,
      });
      await call('after all is gone', [{ topic: name, partitions: [ask(0)] }]);
    },
  })),
  {
    name: 'DeleteRecords at its edges',
    run: async (session) => {
      const { name } = await filled(session);
      const call = (step: string, topics: ReadonlyArray<readonly [string, ...number[][]]>, timeoutMs = 5000) =>
        session.call(step, 'DeleteRecords', 2, {
          topics: topics.map(([topic, ...partitions]) => ({
            name: topic,
            partitions: partitions.map(([partitionIndex, offset]) => ({ partitionIndex, offset })),
          })),
          timeoutMs,
        });
      await call('no topics', []);
      await call('no partitions', [[name]]);
      await call('no time', [[name, [0, 1]]], 0);
      await call('negative time', [[name, [0, 2]]], -1);
      await call('twice', [[name, [0, 3], [0, 4]]]);
      await call('in two topics', [
        [name, [0, 1]],
        [name, [1, 1]],
      ]);
      await call('good and bad', [
        [name, [0, 5], [9, 0]],
        [session.name('no'), [0, 0]],
      ]);
      await call('-2', [[name, [0, -2]]]);
      await call('the largest', [[name, [0, 9_007_199_254_740_991]]]);
      await call('the end itself', [[name, [0, 6]]]);
      await call('one more', [[name, [0, 7]]]);
      await call('negative partition', [[name, [-1, 0]]]);
      await call('bad name', [['a b', [0, 0]]]);
      const both = await session.createTopic('both', 1, { 'cleanup.policy': 'compact,delete' });
      await session.produce(both.name, records(3));
      await call('compact,delete', [[both.name, [0, 1]]]);
      const none = await session.createTopic('none', 1, { 'cleanup.policy': '' });
      await session.produce(none.name, records(3));
      await call('no policy', [[none.name, [0, 1]]]);
    },
  },
];
