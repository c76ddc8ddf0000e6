/** Fetch: repeated and odd partitions, epochs, sessions. */
import { records, type Case, type Session } from '../session.ts';

const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';

const limits = { replicaId: -1, maxWaitMs: 50, minBytes: 1, maxBytes: 1e7 };

function wanted(partition: number, fetchOffset = 0, more: object = {}) {
  return { partition, fetchOffset, partitionMaxBytes: 1e6, ...more };
}

function fetch(session: Session, step: string, topics: object[], more: object = {}, version = 12) {
  const { replicaId, ...rest } = limits;
  const base = version >= 15 ? rest : { replicaId, ...rest };
  return session.call(step, 'Fetch', version, { ...base, sessionEpoch: -1, topics, ...more });
}

/** Two partitions: offsets 0 to 5 in three batches, and one record. */
export async function filled(session: Session, suffix = 't') {
  const topic = await session.createTopic(suffix, 2);
  for (const count of [2, 1, 3]) await session.produce(topic.name, records(count));
  await session.produce(topic.name, records(1), 1);
  return topic;
}

const fetchRequestCases: readonly Case[] = [
  {
    name: 'Fetch names a partition twice',
    run: async (session) => {
      const { name, topicId } = await filled(session);
      await fetch(session, 'in one topic', [{ topic: name, partitions: [wanted(0), wanted(0, 3)] }]);
      await fetch(session, 'around another', [{ topic: name, partitions: [wanted(0), wanted(1), wanted(0, 5)] }]);
      await fetch(session, 'in two topics', [
        { topic: name, partitions: [wanted(0)] },
        { topic: name, partitions: [wanted(0, 99)] },
      ]);
      await fetch(session, 'in a new session', [{ topic: name, partitions: [wanted(0, 99), wanted(0, 2)] }], {
        sessionEpoch: 0,
      });
      await fetch(session, 'an unknown partition', [{ topic: name, partitions: [wanted(9), wanted(9)] }]);
      await fetch(session, 'by id', [{ topicId, partitions: [wanted(0), wanted(0, 3)] }], {}, 13);
      await fetch(session, 'an unknown id', [{ topicId: UNKNOWN_ID, partitions: [wanted(0), wanted(0)] }], {}, 13);
    },
  },
  {
    name: 'Fetch keeps topics in the order of the request',
    run: async (session) => {
      const [a, b] = [await filled(session, 'a'), await filled(session, 'b')];
      await fetch(session, 'a, b, a', [
        { topic: b.name, partitions: [wanted(0)] },
        { topic: a.name, partitions: [wanted(0)] },
        { topic: b.name, partitions: [wanted(1)] },
      ]);
      await fetch(session, 'with an unknown between', [
        { topic: b.name, partitions: [wanted(0)] },
        { topic: session.name('no'), partitions: [wanted(0)] },
        { topic: b.name, partitions: [wanted(1), wanted(5)] },
      ]);
    },
  },
  {
    name: 'Fetch of nothing, and of names that cannot be',
    run: async (session) => {
      const { name, topicId } = await filled(session);
      await fetch(session, 'no topics', []);
      await fetch(session, 'no topics, patient', [], { maxWaitMs: 200, minBytes: 100 });
      await fetch(session, 'no partitions', [{ topic: name, partitions: [] }]);
      await fetch(session, 'empty name', [{ topic: '', partitions: [wanted(0)] }]);
      await fetch(session, 'bad name', [{ topic: 'a b', partitions: [wanted(0)] }]);
      await fetch(session, 'negative partition', [{ topic: name, partitions: [wanted(-1)] }]);
      await fetch(session, 'zero id', [{ topicId: NONE, partitions: [wanted(0)] }], {}, 13);
      await fetch(session, 'negative partition by id', [{ topicId, partitions: [wanted(-1)] }], {}, 13);
      await fetch(session, 'forgotten without a session', [{ topic: name, partitions: [wanted(0, 6)] }], {
        forgottenTopicsData: [{ topic: name, partitions: [0] }],
      });
    },
  },
  {
    name: 'Fetch with odd limits',
    run: async (session) => {
      const { name } = await filled(session);
      const all = [{ topic: name, partitions: [wanted(0)] }];
      await fetch(session, 'no wait', all, { maxWaitMs: 0, minBytes: 1e9 });
      await fetch(session, 'a negative wait', all, { maxWaitMs: -1, minBytes: 1e9 });
      await fetch(session, 'no bytes wanted', [{ topic: name, partitions: [wanted(0, 6)] }], {
        minBytes: 0,
        maxWaitMs: 10_000,
      });
      await fetch(session, 'negative bytes wanted', [{ topic: name, partitions: [wanted(0, 6)] }], {
        minBytes: -5,
        maxWaitMs: 10_000,
      });
      await fetch(session, 'more wanted than allowed', all, { minBytes: 2e9, maxBytes: 10, maxWaitMs: 10_000 });
      await fetch(session, 'inside a batch, one byte', [
        { topic: name, partitions: [wanted(0, 4, { partitionMaxBytes: 1 })] },
      ]);
      await fetch(
        session,
        'inside a batch, one byte in all',
        [{ topic: name, partitions: [wanted(0, 4), wanted(1)] }],
        { maxBytes: 1 },
      );
      await fetch(
        session,
        'the largest limits',
        [{ topic: name, partitions: [wanted(0, 0, { partitionMaxBytes: 2_147_483_647 })] }],
        { maxBytes: 2_147_483_647 },
      );
      await fetch(session, 'first at its end', [{ topic: name, partitions: [wanted(0, 6), wanted(1)] }], {
        maxBytes: 1,
      });
    },
  },
  {
    name: 'Fetch of an empty partition',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      for (const offset of [0, 1, -1, 9_007_199_254_740_991])
        await fetch(session, `from ${offset}`, [{ topic: name, partitions: [wanted(0, offset)] }]);
      for (const lastFetchedEpoch of [0, 1, -2])
        await fetch(session, `last fetched ${lastFetchedEpoch}`, [
          { topic: name, partitions: [wanted(0, 0, { lastFetchedEpoch })] },
        ]);
    },
  },
  {
    name: 'Fetch checks epochs at their edges',
    run: async (session) => {
      const { name } = await filled(session);
      const call = (
        step: string,
        fetchOffset: number,
        currentLeaderEpoch: number,
        lastFetchedEpoch = -1,
        version = 12,
      ) =>
        fetch(
          session,
          step,
          [
            {
              topic: name,
              partitions: [
                wanted(0, fetchOffset, { currentLeaderEpoch, ...(version < 12 ? {} : { lastFetchedEpoch }) }),
              ],
            },
          ],
          {},
          version,
        );
      await call('an old one', 0, -2);
      await call('an old one at version 9', 0, -2, -1, 9);
      await call('a new one at version 9', 0, 1, -1, 9);
      await call('the largest', 0, 2_147_483_647);
      await call('a new one past the end', 99, 1);
      await call('last fetched -2', 2, 0, -2);
      await call('last fetched 0, inside', 2, -1, 0);
      await call('last fetched 0, past the end', 7, -1, 0);
      await call('last fetched 0, far past the end', 99, 0, 0);
      await call('last fetched 0, negative', -3, 0, 0);
      await call('last fetched 1', 2, 0, 1);
      await session.call('delete to 3', 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: 3 }] }],
        timeoutMs: 5000,
      });
      await call('last fetched 0, below the start', 1, 0, 0);
      await call('last fetched 5, below the start', 1, 0, 5);
      await call('last fetched 0, at the start', 3, 0, 0);
    },
  },
  {
    name: 'Fetch waits with a bad partition among good ones',
    run: async (session) => {
      const { name } = await filled(session);
      const more = { minBytes: 1e6, maxWaitMs: 10_000 };
      const call = (step: string, bad: object) =>
        fetch(session, step, [{ topic: name, partitions: [wanted(0, 6), bad] }], more);
      await call('past the end', wanted(1, 50));
      await call('a newer epoch', wanted(1, 1, { currentLeaderEpoch: 3 }));
      await call('diverging', wanted(1, 1, { lastFetchedEpoch: 3 }));
      await fetch(
        session,
        'diverging, read committed',
        [{ topic: name, partitions: [wanted(1, 1, { lastFetchedEpoch: 3 })] }],
        {
          ...more,
          isolationLevel: 1,
        },
      );
    },
  },
];

const sessionCases: readonly Case[] = [
  {
    name: 'Fetch sessions at their edges',
    run: async (session) => {
      const { name } = await filled(session);
      const all = [{ topic: name, partitions: [wanted(0, 6), wanted(1, 1)] }];
      const open = () => fetch(session, 'open', all, { sessionId: 0, sessionEpoch: 0 });
      const call = (step: string, sessionId: number, sessionEpoch: number, topics: object[] = [], more: object = {}) =>
        fetch(session, step, topics, { sessionId, sessionEpoch, ...more });
      await call('epoch 1 without an id', 0, 1);
      await call('a negative id', -7, 1);
      await call('epoch -2', 0, -2);
      await call('close what is not there', 999, -1, all);
      await call('open with an id that is not there', 999, 0, all);
      await call('open with only an unknown topic', 0, 0, [{ topic: session.name('no'), partitions: [wanted(0)] }]);
      const { sessionId } = await open();
      await call('epoch 0 again, another set', sessionId, 0, [{ topic: name, partitions: [wanted(1, 1)] }]);
      await call('the old one is gone', sessionId, 1);
      const second = (await open()).sessionId as number;
      await call('epoch 2 before 1', second, 2);
      await call('epoch 1', second, 1);
      await call('epoch 1 again', second, 1);
      await call('an offset past the end', second, 2, [{ topic: name, partitions: [wanted(1, 40)] }]);
      await call('told again', second, 3);
      await call('and back', second, 4, [{ topic: name, partitions: [wanted(1, 1)] }]);
      await call('quiet', second, 5);
      await call('an unknown partition comes in', second, 6, [{ topic: name, partitions: [wanted(7)] }]);
      await call('told again too', second, 7);
      await call('forget and name at once', second, 8, [{ topic: name, partitions: [wanted(1, 0)] }], {
        forgottenTopicsData: [{ topic: name, partitions: [1, 7] }],
      });
      await call('what is left', second, 9);
      await call('forget what is not there', second, 10, [], {
        forgottenTopicsData: [{ topic: session.name('no'), partitions: [0] }],
      });
      await call('forget the last', second, 11, [], { forgottenTopicsData: [{ topic: name, partitions: [0] }] });
      await call('no session is left', second, 12);
    },
  },
  {
    name: 'a Fetch session of nothing',
    run: async (session) => {
      await fetch(session, 'open', [], { sessionId: 0, sessionEpoch: 0 });
    },
  },
  {
    name: 'Fetch sessions close with a last fetch',
    run: async (session) => {
      const { name } = await filled(session);
      const all = [{ topic: name, partitions: [wanted(0, 3)] }];
      const { sessionId } = await fetch(session, 'open', all, { sessionId: 0, sessionEpoch: 0 });
      await fetch(session, 'close with partitions', all, { sessionId, sessionEpoch: -1 });
      await fetch(session, 'gone', [], { sessionId, sessionEpoch: 1 });
    },
  },
  {
    name: 'Fetch sessions tell a moved log start',
    run: async (session) => {
      const { name } = await filled(session);
      const all = [{ topic: name, partitions: [wanted(0, 6), wanted(1, 1)] }];
      const { sessionId } = await fetch(session, 'open', all, { sessionId: 0, sessionEpoch: 0 });
      await session.call('delete to 4', 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: 4 }] }],
        timeoutMs: 5000,
      });
      await fetch(session, 'told', [], { sessionId, sessionEpoch: 1 });
      await fetch(session, 'once', [], { sessionId, sessionEpoch: 2 });
      await fetch(session, 'now below the start', [{ topic: name, partitions: [wanted(0, 2)] }], {
        sessionId,
        sessionEpoch: 3,
      });
    },
  },
  {
    name: 'Fetch sessions are by name or by id',
    run: async (session) => {
      const { name, topicId } = await filled(session);
      const byName = [{ topic: name, partitions: [wanted(0, 6)] }];
      const byId = [{ topicId, partitions: [wanted(0, 6)] }];
      const one = (await fetch(session, 'open by name', byName, { sessionId: 0, sessionEpoch: 0 })).sessionId;
      await fetch(session, 'on by id', byId, { sessionId: one, sessionEpoch: 1 }, 13);
      await fetch(session, 'on by id, no partitions', [], { sessionId: one, sessionEpoch: 1 }, 13);
      await fetch(session, 'wrong epoch by id', [], { sessionId: one, sessionEpoch: 4 }, 13);
      await fetch(session, 'on by name', [], { sessionId: one, sessionEpoch: 1 });
      const two = (await fetch(session, 'open by id', byId, { sessionId: 0, sessionEpoch: 0 }, 17)).sessionId;
      await fetch(session, 'on by another name', [], { sessionId: two, sessionEpoch: 1 });
      await fetch(
        session,
        'an unknown id comes in',
        [{ topicId: UNKNOWN_ID, partitions: [wanted(0)] }],
        {
          sessionId: two,
          sessionEpoch: 1,
        },
        17,
      );
      await fetch(session, 'told again', [], { sessionId: two, sessionEpoch: 2 }, 17);
      await fetch(
        session,
        'forget by id',
        [],
        {
          sessionId: two,
          sessionEpoch: 3,
          forgottenTopicsData: [{ topicId: UNKNOWN_ID, partitions: [0] }],
        },
        17,
      );
    },
  },
  {
    name: 'a Fetch session by name meets a topic that goes and comes',
    run: async (session) => {
      const { name } = await filled(session);
      const { sessionId } = await fetch(session, 'open', [{ topic: name, partitions: [wanted(0, 6)] }], {
        sessionId: 0,
        sessionEpoch: 0,
      });
      await session.call('delete', 'DeleteTopics', 6, { topics: [{ name }], timeoutMs: 5000 });
      await session.createTopic('marker');
      await fetch(session, 'gone', [], { sessionId, sessionEpoch: 1 });
      await session.createTopic('t', 2);
      await fetch(session, 'there again', [], { sessionId, sessionEpoch: 2 });
    },
  },
];

export const fetchEdgeCases: readonly Case[] = [...fetchRequestCases, ...sessionCases];
