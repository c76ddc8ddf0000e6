/** ListOffsets, OffsetForLeaderEpoch and DeleteRecords. */
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';

async function filled(session: Session): Promise<string> {
  const topic = await session.createTopic('t', 2);
  await session.produce(topic.name, records(4));
  await session.produce(topic.name, records(3, {}, RECORD_TIME_MS + 100_000));
  await session.produce(topic.name, records(2, {}, RECORD_TIME_MS + 50_000));
  return topic.name;
}

export const offsetCases: readonly Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((version) => ({
    name: `ListOffsets v${version}`,
    run: async (session: Session) => {
      const topic = await filled(session);
      const call = (step: string, timestamp: number, more: object = {}, partition: object = {}, name = topic) =>
        session.call(step, 'ListOffsets', version, {
          replicaId: -1,
          topics: [{ name, partitions: [{ partitionIndex: 0, timestamp, ...partition }] }],
          ...more,
        });
      await call('latest', -1);
      await call('earliest', -2);
      await call('max timestamp', -3);
      await call('earliest local', -4);
      await call('latest tiered', -5);
      await call('earliest pending upload', -6);
      await call('no such special time', -7);
      await call('the first second', RECORD_TIME_MS);
      await call('before all', 5);
      await call('between two records', RECORD_TIME_MS + 1500);
      await call('out of order', RECORD_TIME_MS + 50_000);
      await call('past all', RECORD_TIME_MS + 900_000);
      await call('unknown partition', -1, {}, { partitionIndex: 9 });
      await call('unknown topic', -1, {}, {}, session.name('absent'));
      await call('an empty partition', -1, {}, { partitionIndex: 1 });
      await call('a time in an empty partition', RECORD_TIME_MS, {}, { partitionIndex: 1 });
      await call('max timestamp of an empty partition', -3, {}, { partitionIndex: 1 });
      if (version >= 2) await call('read committed', -1, { isolationLevel: 1 });
      if (version >= 4) {
        await call('current epoch', -1, {}, { currentLeaderEpoch: 0 });
        await call('newer epoch', -1, {}, { currentLeaderEpoch: 4 });
      }
      const twice = { partitionIndex: 0, timestamp: -1 };
      await session.call('the same partition twice', 'ListOffsets', version, {
        replicaId: -1,
        topics: [{ name: topic, partitions: [twice, twice] }],
      });
    },
  })),
  ...[2, 3, 4].map((version) => ({
    name: `OffsetForLeaderEpoch v${version}`,
    run: async (session: Session) => {
      const topic = await filled(session);
      const call = (step: string, leaderEpoch: number, partition: object = {}, name = topic) =>
        session.call(step, 'OffsetForLeaderEpoch', version, {
          ...(version >= 3 ? { replicaId: -2 } : {}),
          topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch, ...partition }] }],
        });
      await call('epoch 0', 0);
      await call('epoch 5', 5);
      await call('epoch -1', -1);
      await call('an empty partition', 0, { partition: 1 });
      await call('newer current epoch', 0, { currentLeaderEpoch: 3 });
      await call('the current epoch', 0, { currentLeaderEpoch: 0 });
      await call('unknown partition', 0, { partition: 7 });
      await call('unknown topic', 0, {}, session.name('absent'));
    },
  })),
  ...[0, 1, 2].map((version) => ({
    name: `DeleteRecords v${version}`,
    run: async (session: Session) => {
      const topic = await filled(session);
      const call = (step: string, offset: number, partitionIndex = 0, name = topic) =>
        session.call(step, 'DeleteRecords', version, {
          topics: [{ name, partitions: [{ partitionIndex, offset }] }],
          timeoutMs: 5000,
        });
      await call('to 3', 3);
      await call('to 2, which is gone', 2);
      await call('negative', -4);
      await call('past the end', 100);
      await call('unknown partition', 0, 8);
      await call('unknown topic', 0, 0, session.name('absent'));
      await call('to the high watermark', -1);
      await session.call('earliest now', 'ListOffsets', 6, {
        replicaId: -1,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
      });
      await call('an empty partition', 0, 1);
    },
  })),
  {
    name: 'DeleteRecords of a compacted and of an internal topic',
    run: async (session) => {
      const compacted = await session.createTopic('compacted', 1, { 'cleanup.policy': 'compact' });
      await session.produce(compacted.name, records(3));
      const call = (step: string, name: string) =>
        session.call(step, 'DeleteRecords', 2, {
          topics: [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }],
          timeoutMs: 5000,
        });
      await call('compacted', compacted.name);
      await session.awaitCoordinator(session.name('group'));
      await call('internal', '__consumer_offsets');
    },
  },
];
