/** What readers see of transactions: the last stable offset, aborted lists, markers and lookups. */
import { seededRandom } from '../../../../src/base/random.ts';
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';
import { awaitStable, ONE_SEGMENT, TransactionalProducer } from '../transactional-producer.ts';

function fetch(session: Session, step: string, topic: string, offset: number, fields: object = {}, index = 0) {
  const { isolationLevel = 1, version = 12, maxBytes = 1_000_000 } = fields as Record<string, number>;
  return session.call(`${step}, ${isolationLevel === 1 ? 'committed' : 'all'} from ${offset}`, 'Fetch', version, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000_000,
    isolationLevel,
    topics: [{ topic, partitions: [{ partition: index, fetchOffset: offset, partitionMaxBytes: maxBytes }] }],
  });
}

function list(session: Session, step: string, topic: string, timestamp: number, isolationLevel: number) {
  const partitions = [{ partitionIndex: 0, timestamp }];
  const body = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions }] };
  return session.call(`${step}: ${timestamp}, isolation ${isolationLevel}`, 'ListOffsets', 9, body);
}

const TIMES = [-1, -2, -3, 0, RECORD_TIME_MS, RECORD_TIME_MS + 1500, RECORD_TIME_MS + 10_000];
/** Where records were deleted, Kafka finds the largest timestamp among those. */
const TIMES_AFTER_DELETION = TIMES.filter((time) => time !== -3);

async function lookUp(session: Session, step: string, topic: string, times = TIMES): Promise<void> {
  for (const isolationLevel of [0, 1]) {
    for (const timestamp of times) {
      await list(session, step, topic, timestamp, isolationLevel);
    }
  }
}

function describe(session: Session, step: string, topic: string) {
  return session.call(step, 'DescribeProducers', 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
}

/** Each offset up to the end, in both isolation levels. */
async function fetchEach(session: Session, step: string, topic: string, end: number): Promise<void> {
  for (let offset = 0; offset <= end; offset++) {
    for (const isolationLevel of [0, 1]) await fetch(session, step, topic, offset, { isolationLevel });
  }
}

export const readCommittedCases: readonly Case[] = [
  {
    name: 'a transaction is seen when its marker is there',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      await session.produce(name, records(2));
      const producer = await TransactionalProducer.open(session, 'one', 'new');
      await describe(session, 'nobody', name);
      await producer.write(name, 0, 3);
      await session.produce(name, records(1));
      await describe(session, 'open', name);
      await fetchEach(session, 'open', name, 6);
      await lookUp(session, 'open', name);
      await producer.end(true);
      await awaitStable(session, name, 7);
      await describe(session, 'committed', name);
      await fetchEach(session, 'committed', name, 7);
      await lookUp(session, 'committed', name);
      await producer.write(name);
      await producer.end(false);
      await awaitStable(session, name, 9);
      await describe(session, 'aborted', name);
      await fetchEach(session, 'aborted', name, 9);
      await lookUp(session, 'aborted', name);
    },
  },
  {
    name: 'aborted transactions are listed in the order of their markers',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      const open = (suffix: string) => TransactionalProducer.open(session, suffix, 'new');
      const [a, b, c] = [await open('a'), await open('b'), await open('c')];
      for (const producer of [a, b, c]) await producer.write(name);
      await b.end(false);
      // The marker of one first, or the order is the broker's.
      for (;;) if ((await fetchEnd(session, name)) === 4) break;
      await c.end(true);
      for (;;) if ((await fetchEnd(session, name)) === 5) break;
      await session.produce(name, records(1));
      await fetchEach(session, 'a is open', name, 6);
      await a.end(false);
      await awaitStable(session, name, 7);
      await fetchEach(session, 'all ended', name, 7);
      for (const version of [4, 5, 11, 12]) await fetch(session, `v${version}`, name, 0, { version });
      for (const maxBytes of [0, 1]) await fetch(session, `${maxBytes} bytes`, name, 0, { maxBytes });
      await describe(session, 'who wrote', name);
    },
  },
  {
    name: 'an epoch that fences aborts what the former one left, and only that',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      for (const [speech, end] of [
        ['old', 6],
        ['new', 12],
      ] as const) {
        const producer = await TransactionalProducer.open(session, speech, speech);
        await producer.write(name);
        await producer.end(true);
        await producer.write(name);
        await producer.init();
        await producer.write(name);
        await producer.end(true);
        // Its marker first, or the order is the broker's.
        await awaitStable(session, name, end);
      }
      await fetchEach(session, 'fenced', name, 12);
      await describe(session, 'fenced', name);
    },
  },
  {
    name: 'records are deleted under open and aborted transactions',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      const trim = (offset: number) =>
        session.call(`to ${offset}`, 'DeleteRecords', 2, {
          topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
          timeoutMs: 10_000,
        });
      const [a, b] = [
        await TransactionalProducer.open(session, 'a', 'new'),
        await TransactionalProducer.open(session, 'b', 'old'),
      ];
      await a.write(name, 0, 3);
      await a.end(false);
      await awaitStable(session, name, 4);
      await b.write(name, 0, 2);
      await session.produce(name, records(2));
      await trim(1);
      await fetch(session, 'in the aborted one', name, 1);
      await trim(3);
      await fetch(session, 'at its marker', name, 3);
      await lookUp(session, 'at its marker', name, TIMES_AFTER_DELETION);
      await trim(6);
      for (const offset of [6, 7, 8]) await fetch(session, 'in the open one', name, offset);
      await lookUp(session, 'in the open one', name, TIMES_AFTER_DELETION);
      await describe(session, 'in the open one', name);
      await b.end(false);
      await awaitStable(session, name, 9);
      for (const offset of [6, 7, 8, 9]) await fetch(session, 'ended', name, offset);
    },
  },
  ...[1, 2, 3].map((seed) => ({
    name: `random transactions of four producers (${seed})`,
    run: async (session: Session) => {
      const random = seededRandom(seed);
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      const producers = [];
      for (let i = 0; i < 4; i++) {
        producers.push(await TransactionalProducer.open(session, `p${i}`, i % 2 === 0 ? 'new' : 'old'));
      }
      const open = new Set<TransactionalProducer>();
      let end = 0;
      for (let step = 0; step < 60 || open.size > 0; step++) {
        const producer = producers[random.int(4)] as TransactionalProducer;
        const choice = random.int(10);
        if (choice < 2 && step < 60) {
          await session.produce(name, records(1));
          end += 1;
        } else if (open.has(producer) && (choice < 6 || step >= 60)) {
          await producer.end(random.int(2) === 0);
          open.delete(producer);
          end += 1;
          while ((await fetchEnd(session, name)) < end);
        } else if (step < 60) {
          const count = 1 + random.int(3);
          await producer.write(name, 0, count);
          open.add(producer);
          end += count;
        }
        if (step % 10 === 9) await fetch(session, `step ${step}`, name, random.int(end + 1));
      }
      for (let offset = 0; offset <= end; offset += 3) await fetch(session, 'at last', name, offset);
      await describe(session, 'at last', name);
    },
  })),
];

/** The high watermark: also where nothing is stable. */
async function fetchEnd(session: Session, topic: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: -1 }];
  const answer = await session.quietly('ListOffsets', 6, { replicaId: -1, topics: [{ name: topic, partitions }] });
  return answer.topics[0].partitions[0].offset;
}
