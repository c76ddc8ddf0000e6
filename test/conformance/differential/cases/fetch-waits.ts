/**
 * When a Fetch answers at once and when it waits: what is wrong with one partition beside an idle one, alone, in sessions,
 * and what happens meanwhile. A fetch that waits is told of the record that is written behind it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { records, type Case, type Session } from '../session.ts';

const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';
/** First version that names topics by id, and first without a replica id of its own field. */
const BY_ID = 13;
const REPLICA_STATE = 15;
/** Longer than any case takes: only who is answered at once, or woken, is answered before. */
const LONG_MS = 30_000;
/** Long enough for a request on one connection to take effect before the next on another, if the broker is awake. */
const APART_MS = 150;
/** Requests that it answers behind that, so that it was. */
const ROUNDS = 5;

interface Topic {
  readonly name: string;
  readonly topicId: string;
}

function wanted(partition: number, fetchOffset = 0, more: object = {}) {
  return { partition, fetchOffset, partitionMaxBytes: 1e6, ...more };
}

function of(version: number, topic: Topic, ...partitions: object[]) {
  return version >= BY_ID ? { topicId: topic.topicId, partitions } : { topic: topic.name, partitions };
}

function fetch(session: Session, step: string, version: number, topics: object[], more: object = {}) {
  const limits = { maxWaitMs: LONG_MS, minBytes: 1, maxBytes: 1e7, sessionEpoch: -1, topics };
  const replica = version >= REPLICA_STATE ? {} : { replicaId: -1 };
  return session.call(step, 'Fetch', version, { ...replica, ...limits, ...more });
}

/** Partition 0 is idle at offset 1; partition 1 has three records. */
async function idle(session: Session, suffix: string): Promise<Topic> {
  const topic = await session.createTopic(suffix, 2);
  await session.produce(topic.name, records(1), 0);
  await session.produce(topic.name, records(3), 1);
  return topic;
}

function write(session: Session, { name }: Topic, index = 0) {
  const topicData = [{ name, partitionData: [{ index, records: records(1) }] }];
  return session.quietly('Produce', 9, { acks: -1, timeoutMs: 5000, topicData }, 'writer');
}

/** Fetches, does something on another connection a little later, and waits for the answer. */
async function meanwhile(
  session: Session,
  answer: Promise<unknown>,
  ...steps: ReadonlyArray<() => Promise<unknown>>
): Promise<void> {
  for (const step of steps) {
    await delay(APART_MS);
    for (let round = 0; round < ROUNDS; round++) await session.quietly('ApiVersions', 0, {}, 'writer');
    await step();
  }
  await answer;
}

/** Fetches of one session that follow each other; behind each, partition 0 of `topic` is written to. */
function inSession(session: Session, version: number, topic: Topic) {
  let [sessionId, sessionEpoch] = [0, 0];
  return async (step: string, topics: object[], more: object = {}): Promise<void> => {
    const answer = fetch(session, step, version, topics, { sessionId, sessionEpoch, ...more });
    await meanwhile(session, answer, () => write(session, topic));
    ({ sessionId } = await answer);
    sessionEpoch += 1;
  };
}

const besideIdle: readonly Case[] = [4, 11, 12, 13, 18].map((version) => ({
  name: `Fetch v${version} of an idle partition waits, or not, with a bad one beside it`,
  run: async (session) => {
    let number = 0;
    const call = async (step: string, bad: (topic: Topic) => object[], more: object = {}) => {
      const topic = await idle(session, `t${number++}`);
      const topics = [of(version, topic, wanted(0, 1)), ...bad(topic)];
      await meanwhile(session, fetch(session, step, version, topics, more), () => write(session, topic));
    };
    await call('an unknown partition', (topic) => [of(version, topic, wanted(8))]);
    await call('an unknown topic', () => [of(version, { name: session.name('no'), topicId: UNKNOWN_ID }, wanted(0))]);
    await call('no name', () => [of(version, { name: '', topicId: NONE }, wanted(0))]);
    await call('past the end', (topic) => [of(version, topic, wanted(1, 50))]);
    await call('before the start', (topic) => [of(version, topic, wanted(1, -1))]);
    if (version < 9) return;
    await call('a newer epoch', (topic) => [of(version, topic, wanted(1, 3, { currentLeaderEpoch: 3 }))]);
    if (version < 12) return;
    await call('a diverging epoch', (topic) => [of(version, topic, wanted(1, 3, { lastFetchedEpoch: 3 }))]);
    await call('two unknown ones', (topic) => [of(version, topic, wanted(8), wanted(9))]);
    await call('two of an unknown topic', () => [
      of(version, { name: session.name('no'), topicId: UNKNOWN_ID }, wanted(0), wanted(1)),
    ]);
    await call('an unknown one and one past the end', (topic) => [of(version, topic, wanted(9), wanted(1, 9))]);
  },
}));

const others: readonly Case[] = [
  {
    name: 'Fetch of nothing but bad partitions answers at once',
    run: async (session) => {
      const topic = await idle(session, 't');
      for (const version of [12, 17]) {
        const no = { name: session.name('no'), topicId: UNKNOWN_ID };
        await fetch(session, `an unknown topic, v${version}`, version, [of(version, no, wanted(0))]);
        await fetch(session, `an unknown partition, v${version}`, version, [of(version, topic, wanted(7))]);
        const several = [of(version, no, wanted(0), wanted(1))];
        await fetch(session, `several, v${version}`, version, several);
        await fetch(session, `several, and many bytes wanted, v${version}`, version, several, { minBytes: 1e6 });
        await fetch(session, `an offset past the end, v${version}`, version, [of(version, topic, wanted(1, 9))]);
      }
    },
  },
  {
    name: 'Fetch as a replica of unknown partitions',
    run: async (session) => {
      const topic = await idle(session, 't');
      const topics = [of(12, topic, wanted(7)), of(12, { name: session.name('no'), topicId: NONE }, wanted(0))];
      await fetch(session, 'unknown ones', 12, topics, { replicaId: 5 });
      const known = [of(12, topic, wanted(0, 1), wanted(7))];
      await fetch(session, 'known and unknown', 12, known, { replicaId: 5 });
    },
  },
  ...[12, 17].flatMap((version) => [
    {
      name: `a Fetch session v${version} waits beside an unknown partition`,
      run: async (session: Session) => {
        const topic = await idle(session, 't');
        const forgotten = version >= BY_ID ? { topicId: topic.topicId } : { topic: topic.name };
        const call = inSession(session, version, topic);
        await call('open', [of(version, topic, wanted(0, 1), wanted(8))]);
        await call('the next', [of(version, topic, wanted(0, 2))]);
        await call('and the next', [of(version, topic, wanted(0, 3))]);
        await call('one past the end comes in', [of(version, topic, wanted(0, 4), wanted(1, 50))]);
        await call('only the unknown one is left', [], {
          forgottenTopicsData: [{ ...forgotten, partitions: [0, 1] }],
        });
        await call('an old session epoch', [], { sessionEpoch: 1 });
      },
    },
    {
      name: `a Fetch session v${version} waits beside an unknown topic`,
      run: async (session: Session) => {
        const topic = await idle(session, 't');
        const call = inSession(session, version, topic);
        await call('open', [
          of(version, topic, wanted(0, 1)),
          of(version, { name: session.name('no'), topicId: UNKNOWN_ID }, wanted(0)),
        ]);
        await call('the next', [of(version, topic, wanted(0, 2))]);
      },
    },
  ]),
  {
    name: 'Fetch waits on when what was unknown comes into being',
    run: async (session) => {
      const topic = await idle(session, 't');
      const later = session.name('later');
      await session.connection('writer');
      const topics = [of(12, topic, wanted(0, 1), wanted(2)), { topic: later, partitions: [wanted(0)] }];
      await meanwhile(
        session,
        fetch(session, 'asked before', 12, topics),
        () =>
          session.quietly(
            'CreateTopics',
            7,
            { topics: [{ name: later, numPartitions: 1, replicationFactor: 1 }], timeoutMs: 5000 },
            'writer',
          ),
        () => write(session, { name: later, topicId: NONE }),
        () =>
          session.quietly(
            'CreatePartitions',
            3,
            { topics: [{ name: topic.name, count: 3, assignments: null }], timeoutMs: 5000 },
            'writer',
          ),
        () => write(session, topic, 2),
        () => write(session, topic),
      );
      await fetch(session, 'asked again', 12, topics);
    },
  },
  {
    name: 'Fetch waits on while records before its offset go',
    run: async (session) => {
      const topic = await idle(session, 't');
      const remove = (offset: number) => () =>
        session.quietly(
          'DeleteRecords',
          2,
          { topics: [{ name: topic.name, partitions: [{ partitionIndex: 1, offset }] }], timeoutMs: 5000 },
          'writer',
        );
      const topics = [of(12, topic, wanted(0, 1), wanted(1, 3))];
      await meanwhile(session, fetch(session, 'at its end', 12, topics), remove(2), () => write(session, topic));
    },
  },
  {
    name: 'Fetch waits for many bytes while the records it asks for go',
    run: async (session) => {
      const topic = await idle(session, 't');
      const topics = [of(12, topic, wanted(0, 1), wanted(1, 0))];
      await meanwhile(
        session,
        fetch(session, 'below the start', 12, topics, { minBytes: 1e6, maxWaitMs: 3000 }),
        () =>
          session.quietly(
            'DeleteRecords',
            2,
            { topics: [{ name: topic.name, partitions: [{ partitionIndex: 1, offset: 2 }] }], timeoutMs: 5000 },
            'writer',
          ),
        () => write(session, topic),
      );
    },
  },
  {
    name: 'Fetch is answered when a topic goes for which it waits',
    run: async (session) => {
      const [gone, stays] = [await idle(session, 'gone'), await idle(session, 'stays')];
      await session.connection('writer');
      const topics = [of(12, stays, wanted(0, 1)), of(12, gone, wanted(0, 1))];
      await meanwhile(
        session,
        fetch(session, 'both', 12, topics),
        () => session.quietly('DeleteTopics', 6, { topics: [{ name: gone.name }], timeoutMs: 5000 }, 'writer'),
        () => write(session, stays),
      );
    },
  },
];

/** How many bytes are there, how many may come, how many are waited for: partition 1 has a batch of some 120 bytes. */
const bounds: readonly Case[] = [4, 12, 17].map((version) => ({
  name: `Fetch v${version} of batches larger than what may come waits for many bytes, or not`,
  run: async (session) => {
    let number = 0;
    const call = async (step: string, partitions: object[], more: object = {}, index = 1) => {
      const topic = await idle(session, `t${number++}`);
      const answer = fetch(session, step, version, [of(version, topic, ...partitions)], { maxWaitMs: 3000, ...more });
      await meanwhile(session, answer, () => write(session, topic, index));
    };
    const [one, none] = [{ partitionMaxBytes: 1 }, { partitionMaxBytes: 0 }];
    await call('the batch is enough', [wanted(1, 0, one)], { minBytes: 100 });
    await call('nothing asked of it, and it is enough', [wanted(1, 0, none)], { minBytes: 100 });
    await call('the batch is not enough', [wanted(1, 0, one)], { minBytes: 1000 });
    await call('it comes later', [wanted(1, 3, one)], { minBytes: 50 });
    await call('of two, the second is enough', [wanted(0, 0, one), wanted(1, 0)], { minBytes: 100 });
    await call('one beside an idle one', [wanted(0, 1, one), wanted(1, 0, one)], { minBytes: 100 });
    await call('one beside an unknown one', [wanted(8, 0, one), wanted(1, 0, one)], { minBytes: 100 });
    await call('in all, one byte', [wanted(1, 0)], { minBytes: 100, maxBytes: 1 });
  },
}));

export const fetchWaitCases: readonly Case[] = [...besideIdle, ...others, ...bounds];
