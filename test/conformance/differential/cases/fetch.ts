/** Fetch: versions, offsets, sizes, sessions, epochs. */
import { records, type Case, type Session } from '../session.ts';

const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';

interface Partition {
  readonly partition?: number;
  readonly fetchOffset?: number;
  readonly partitionMaxBytes?: number;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
}

interface Topic {
  readonly name: string;
  readonly topicId: string;
}

/** A request by name below version 13 and by id from there on. */
function body(version: number, topic: Topic, partitions: readonly Partition[], more: object = {}) {
  const list = partitions.map((partition) => ({
    partition: 0,
    fetchOffset: 0,
    partitionMaxBytes: 1_000_000,
    ...partition,
  }));
  const key = version >= 13 ? { topicId: topic.topicId } : { topic: topic.name };
  return {
    replicaId: -1,
    maxWaitMs: 50,
    minBytes: 1,
    maxBytes: 10_000_000,
    sessionEpoch: -1,
    topics: [{ ...key, partitions: list }],
    ...more,
  };
}

function fetch(
  session: Session,
  step: string,
  version: number,
  topic: Topic,
  partitions: readonly Partition[],
  more: object = {},
) {
  const request = body(version, topic, partitions, more) as Record<string, unknown>;
  if (version < 7) delete request['sessionEpoch'];
  if (version >= 15) delete request['replicaId'];
  return session.call(step, 'Fetch', version, request);
}

async function topicWithBatches(
  session: Session,
  suffix = 't',
  counts = [3, 1, 5],
  configs: Record<string, string> = {},
): Promise<Topic> {
  const topic = await session.createTopic(suffix, 1, configs);
  for (const count of counts) await session.produce(topic.name, records(count));
  return topic;
}

export const fetchCases: readonly Case[] = [
  ...[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18].map((version) => ({
    name: `Fetch v${version}`,
    run: async (session: Session) => {
      const topic = await topicWithBatches(session);
      await fetch(session, 'from the start', version, topic, [{}]);
      await fetch(session, 'inside a batch', version, topic, [{ fetchOffset: 1 }]);
      await fetch(session, 'at the end', version, topic, [{ fetchOffset: 9 }]);
      await fetch(session, 'past the end', version, topic, [{ fetchOffset: 10 }]);
      await fetch(session, 'negative', version, topic, [{ fetchOffset: -5 }]);
      await fetch(session, 'unknown partition', version, topic, [{ partition: 4 }]);
      await fetch(session, 'unknown topic', version, { name: session.name('absent'), topicId: UNKNOWN_ID }, [{}]);
      await fetch(session, 'read committed', version, topic, [{}], { isolationLevel: 1 });
      await fetch(session, 'no such isolation level', version, topic, [{}], { isolationLevel: 5 });
    },
  })),
  {
    name: 'Fetch bounds bytes but gives the first batch whole',
    run: async (session) => {
      const topic = await topicWithBatches(session);
      const [first] = [records(3).length];
      await fetch(session, 'one byte a partition', 12, topic, [{ partitionMaxBytes: 1 }]);
      await fetch(session, 'the first batch exactly', 12, topic, [{ partitionMaxBytes: first }]);
      await fetch(session, 'one byte more', 12, topic, [{ partitionMaxBytes: first + 1 }]);
      await fetch(session, 'no bytes', 12, topic, [{ partitionMaxBytes: 0 }]);
      await fetch(session, 'negative bytes', 12, topic, [{ partitionMaxBytes: -1 }]);
      await fetch(session, 'one byte in all', 12, topic, [{}], { maxBytes: 1 });
      await fetch(session, 'no bytes in all', 12, topic, [{}], { maxBytes: 0 });
    },
  },
  {
    name: 'Fetch shares its bytes among partitions',
    run: async (session) => {
      const topic = await session.createTopic('t', 3);
      for (const index of [0, 1, 2]) await session.produce(topic.name, records(4), index);
      const partitions = [0, 1, 2].map((partition) => ({ partition }));
      await fetch(session, 'one byte', 12, topic, partitions, { maxBytes: 1 });
      await fetch(session, 'two batches', 12, topic, partitions, { maxBytes: records(4).length * 2 });
    },
  },
  {
    name: 'Fetch waits for bytes and not longer',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const waiting = fetch(session, 'woken by a produce', 12, topic, [{}], { maxWaitMs: 10_000 });
      await session.quietly(
        'Produce',
        9,
        {
          acks: -1,
          timeoutMs: 5000,
          topicData: [{ name: topic.name, partitionData: [{ index: 0, records: records(2) }] }],
        },
        'other',
      );
      await waiting;
      await fetch(session, 'too few bytes', 12, topic, [{}], { maxWaitMs: 100, minBytes: 1_000_000 });
      await fetch(session, 'an error ends the wait', 12, topic, [{ fetchOffset: 99 }], {
        maxWaitMs: 10_000,
        minBytes: 1_000_000,
      });
    },
  },
  {
    name: 'Fetch after DeleteRecords',
    run: async (session) => {
      const topic = await topicWithBatches(session);
      await session.call('delete to 4', 'DeleteRecords', 2, {
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: 4 }] }],
        timeoutMs: 5000,
      });
      await fetch(session, 'below the start', 12, topic, [{ fetchOffset: 2 }]);
      await fetch(session, 'at the start', 12, topic, [{ fetchOffset: 4 }]);
    },
  },
  {
    name: 'Fetch checks leader epochs',
    run: async (session) => {
      const topic = await topicWithBatches(session);
      await fetch(session, 'the current one', 12, topic, [{ currentLeaderEpoch: 0 }]);
      await fetch(session, 'a newer one', 12, topic, [{ currentLeaderEpoch: 5 }]);
      await fetch(session, 'last fetched 0', 12, topic, [
        { currentLeaderEpoch: 0, lastFetchedEpoch: 0, fetchOffset: 9 },
      ]);
      await fetch(session, 'last fetched 7', 12, topic, [
        { currentLeaderEpoch: 0, lastFetchedEpoch: 7, fetchOffset: 9 },
      ]);
    },
  },
  {
    name: 'Fetch sessions',
    run: async (session) => {
      const topic = await session.createTopic('t', 2);
      await session.produce(topic.name, records(2), 0);
      const version = 12;
      const opened = await fetch(session, 'open', version, topic, [{ partition: 0 }, { partition: 1 }], {
        sessionId: 0,
        sessionEpoch: 0,
      });
      const id = opened.sessionId as number;
      const next = (step: string, sessionEpoch: number, topics: object[] = [], more: object = {}) =>
        session.call(step, 'Fetch', version, {
          replicaId: -1,
          maxWaitMs: 50,
          minBytes: 1,
          maxBytes: 1e7,
          sessionId: id,
          sessionEpoch,
          topics,
          ...more,
        });
      const partition = (index: number, fetchOffset: number) => ({
        topic: topic.name,
        partitions: [{ partition: index, fetchOffset, partitionMaxBytes: 1e6 }],
      });
      await next('nothing new named', 1, [partition(0, 2)]);
      await session.produce(topic.name, records(1), 1);
      await next('only what has news', 2);
      await next('a wrong epoch', 9);
      await next('forget one', 3, [partition(1, 1)], { forgottenTopicsData: [{ topic: topic.name, partitions: [0] }] });
      await session.produce(topic.name, records(1), 0);
      await next('the forgotten one is silent', 4);
      await next('close', -1);
      await next('after the close', 5);
      await session.call('an id nobody has', 'Fetch', version, {
        replicaId: -1,
        maxWaitMs: 50,
        minBytes: 1,
        maxBytes: 1e6,
        sessionId: 123_456,
        sessionEpoch: 1,
        topics: [],
      });
    },
  },
  {
    name: 'a Fetch session by topic id outlives the topic',
    run: async (session) => {
      const topic = await topicWithBatches(session, 't', [1]);
      const opened = await fetch(session, 'open', 17, topic, [{}], { sessionId: 0, sessionEpoch: 0 });
      await session.call('delete the topic', 'DeleteTopics', 6, { topics: [{ name: topic.name }], timeoutMs: 5000 });
      await session.createTopic('marker');
      await session.call('the next fetch', 'Fetch', 17, {
        maxWaitMs: 50,
        minBytes: 1,
        maxBytes: 1e6,
        sessionId: opened.sessionId,
        sessionEpoch: 1,
        topics: [{ topicId: topic.topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
      });
    },
  },
  {
    name: 'Fetch as a replica is refused',
    run: async (session) => {
      const topic = await topicWithBatches(session, 't', [1]);
      await fetch(session, 'replica 5', 12, topic, [{}], { replicaId: 5 });
      await fetch(session, 'the debugging consumer', 12, topic, [{}], { replicaId: -2 });
    },
  },
];
