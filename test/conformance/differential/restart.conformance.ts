/**
 * The oracle after a restart: topics are filled, both brokers start again (Walka after kill -9), and what they know then
 * of producers, leader epochs and offsets must be the same. Kafka counts a leader epoch further than Walka does at a
 * start, so the one in force is compared as such.
 *
 * Not compared, as Walka knows more: five batches of a producer (Kafka keeps one), a producer all of whose records were
 * deleted (Kafka forgets it).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { BrokerProcess, cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { missing } from '../client-suite.ts';
import { differences } from './difference.ts';
import { awaitStable, ONE_SEGMENT, TransactionalProducer } from './transactional-producer.ts';
import { RECORD_TIME_MS, records, Session, type TranscriptEntry } from './session.ts';

const settings = { 'log.retention.ms': '-1' };
const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
/** Kafka forgets producers of old records at a start: theirs are of now, the same moment for both brokers. */
const NOW_MS = Date.now();
const TOPICS = ['producers', 'epochs', 'empty', 'stamped', 'transactions'] as const;
type TopicName = (typeof TOPICS)[number];

/** One broker, and what was done to it before its restart. */
class Rig {
  readonly broker: BrokerProcess;
  session: Session;
  producer = -1n;
  /** With a transaction open. */
  open!: TransactionalProducer;
  /** Leader epoch of each topic's partition after the restart. */
  readonly epochs = new Map<TopicName, number>();

  constructor(broker: BrokerProcess) {
    this.broker = broker;
    this.session = new Session(broker.port, 'r');
  }

  name(topic: TopicName): string {
    return this.session.name(topic);
  }

  epoch(topic: TopicName): number {
    return this.epochs.get(topic) as number;
  }

  batch(baseSequence: number, count = 1, producerEpoch = 0): Buffer {
    return records(count, { producerId: this.producer, producerEpoch, baseSequence }, NOW_MS);
  }

  async fill(): Promise<void> {
    const { session } = this;
    for (;;) {
      const fields = { transactionalId: null, transactionTimeoutMs: 60_000 };
      const answer = await session.quietly('InitProducerId', 4, fields);
      this.producer = answer.producerId;
      if (answer.errorCode === 0) break;
    }
    for (const topic of TOPICS) {
      const type = topic === 'stamped' ? 'LogAppendTime' : 'CreateTime';
      await session.createTopic(topic, 1, { 'message.timestamp.type': type, ...ONE_SEGMENT });
    }
    for (const sequence of [0, 2, 4, 6, 8, 10, 12]) {
      await session.produce(this.name('producers'), this.batch(sequence, 2));
    }
    for (const count of [3, 2]) await session.produce(this.name('epochs'), records(count));
    await session.produce(this.name('stamped'), this.batch(0, 1));
    await this.#fillTransactions();
  }

  /** An aborted, a committed and an open transaction: 0-2, 3-4, 5-6 and a plain record. */
  async #fillTransactions(): Promise<void> {
    const topic = this.name('transactions');
    const ended = await TransactionalProducer.open(this.session, 'ended', 'new');
    for (const [isCommit, count, end] of [
      [false, 2, 3],
      [true, 1, 5],
    ] as const) {
      await ended.write(topic, 0, count);
      await ended.end(isCommit);
      await awaitStable(this.session, topic, end);
    }
    this.open = await TransactionalProducer.open(this.session, 'open', 'new');
    await this.open.write(topic, 0, 2);
    await this.session.produce(topic, records(1));
  }

  async restart(): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    // Killed, Kafka would wait for its own session to time out.
    if (this.broker.target === 'kafka') await this.broker.stop();
    else await this.broker.kill();
    await this.broker.restart();
    this.session = new Session(this.broker.port, 'r');
    this.open.moveTo(this.session);
    for (const topic of TOPICS) await this.#awaitLeader(topic);
  }

  async #awaitLeader(topic: TopicName): Promise<void> {
    const topics = [{ name: this.name(topic), partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    for (;;) {
      const offsets = await this.session.quietly('ListOffsets', 6, { replicaId: -1, topics });
      const metadata = await this.session.quietly('Metadata', 12, { topics: [{ name: this.name(topic) }] });
      const epoch = metadata.topics[0].partitions[0]?.leaderEpoch;
      const leader = offsets.topics[0].partitions[0];
      if (leader.errorCode !== 0 || leader.leaderEpoch !== epoch) continue;
      this.epochs.set(topic, epoch);
      return;
    }
  }
}

let theirs: Rig;
let ours: Rig;

before(async () => {
  if (skip !== false) return;
  // One after the other: two at once may pick the same free port.
  theirs = new Rig(await BrokerProcess.start({ target: 'kafka', settings }));
  ours = new Rig(await BrokerProcess.start({ target: conformanceTarget, settings }));
  await Promise.all([theirs, ours].map((rig) => rig.fill()));
  await Promise.all([theirs, ours].map((rig) => rig.restart()));
});

after(async () => {
  for (const rig of [theirs, ours]) {
    await rig?.session[Symbol.asyncDispose]();
    await rig?.broker[Symbol.asyncDispose]();
  }
});

/** The epoch in force by that name, wherever an answer has it. */
function nameEpoch(value: unknown, current: number, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => nameEpoch(item, current));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, nameEpoch(item, current, name)]));
  }
  return (key === 'leaderEpoch' || key === 'epoch') && value === current ? 'current' : value;
}

/** In a marker: a leader epoch, too. */
const COORDINATOR_EPOCH = /\.records\[0\]\.value: Walka "(\\u0000){5}\\u000\d", Kafka "(\\u0000){5}\\u000\d"$/;

function sameAfterwards(name: string, topic: TopicName, run: (rig: Rig, topic: string) => Promise<void>): void {
  test(`after a restart: ${name}`, { skip, timeout: 600_000 }, async () => {
    const answersOf = async (rig: Rig): Promise<Map<string, unknown>> => {
      const { transcript } = rig.session;
      const start = transcript.length;
      await run(rig, rig.name(topic));
      const name = ({ step, answer }: TranscriptEntry) => [step, nameEpoch(answer, rig.epoch(topic))] as const;
      return new Map(transcript.slice(start).map(name));
    };
    const [actual, expected] = [await answersOf(ours), await answersOf(theirs)];
    const differing = [...expected].flatMap(([step, answer]) =>
      differences(actual.get(step), answer)
        .filter((place) => !/rrorMessage: Walka "a message", Kafka (null|"")$/.test(place))
        .filter((place) => !COORDINATOR_EPOCH.test(place))
        .map((place) => `${step}: ${place}`),
    );
    assert.deepEqual(differing, []);
  });
}

function produce(rig: Rig, step: string, topic: string, bytes: Buffer) {
  return rig.session.call(step, 'Produce', 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: bytes }] }],
  });
}

function fetch(rig: Rig, step: string, topic: string, fields: object) {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6, ...fields };
  return rig.session.call(step, 'Fetch', 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1e6,
    topics: [{ topic, partitions: [partition] }],
  });
}

sameAfterwards('a producer goes on where it was', 'producers', async (rig, topic) => {
  await produce(rig, 'the newest batch again', topic, rig.batch(12, 2));
  await produce(rig, 'the oldest batch again', topic, rig.batch(0, 2));
  await produce(rig, 'a gap', topic, rig.batch(16));
  await produce(rig, 'the next', topic, rig.batch(14, 2));
  await produce(rig, 'the next again', topic, rig.batch(14, 2));
  await produce(rig, 'the one before', topic, rig.batch(12, 2));
  await produce(rig, 'a new epoch not at zero', topic, rig.batch(5, 1, 1));
  await produce(rig, 'a new epoch', topic, rig.batch(0, 1, 1));
  await produce(rig, 'the old epoch', topic, rig.batch(16));
  await fetch(rig, 'all of it', topic, {});
});

sameAfterwards('a batch with LogAppendTime is known with its time', 'stamped', async (rig, topic) => {
  await produce(rig, 'again', topic, rig.batch(0, 1));
  await fetch(rig, 'it', topic, {});
});

sameAfterwards('leader epochs end where they ended', 'epochs', async (rig, topic) => {
  const look = async (when: string): Promise<void> => {
    const current = rig.epoch('epochs');
    const epochs = { none: -1, old: 0, current, next: current + 1, last: 2_147_483_647 };
    for (const [name, leaderEpoch] of Object.entries(epochs)) {
      for (const [believed, currentLeaderEpoch] of Object.entries(epochs)) {
        await rig.session.call(`${when}: end of ${name}, believing in ${believed}`, 'OffsetForLeaderEpoch', 4, {
          replicaId: -1,
          topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
        });
      }
      for (const timestamp of [-1, -2, -4, 0, RECORD_TIME_MS + 1000, RECORD_TIME_MS + 9_000_000])
        await rig.session.call(`${when}: offset by ${timestamp}, believing in ${name}`, 'ListOffsets', 9, {
          replicaId: -1,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp, currentLeaderEpoch: leaderEpoch }] }],
        });
      for (const fetchOffset of [0, 4, 5, 6, 7, 8, 99]) {
        const step = `${when}: fetch from ${fetchOffset}`;
        await fetch(rig, `${step}, believing in ${name}`, topic, { fetchOffset, currentLeaderEpoch: leaderEpoch });
        await fetch(rig, `${step}, last fetched ${name}`, topic, { fetchOffset, lastFetchedEpoch: leaderEpoch });
      }
    }
  };
  await look('nothing new');
  await produce(rig, 'two more', topic, records(2));
  await look('with more');
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset: 4 }] }];
  await rig.session.call('delete to 4', 'DeleteRecords', 2, { topics, timeoutMs: 5000 });
  await look('without the first');
});

sameAfterwards('an empty partition', 'empty', async (rig, topic) => {
  for (const leaderEpoch of [0, rig.epoch('empty')]) {
    const name = leaderEpoch === 0 ? 'old' : 'current';
    await fetch(rig, `last fetched ${name}`, topic, { lastFetchedEpoch: leaderEpoch });
    await rig.session.call(`end of ${name}`, 'OffsetForLeaderEpoch', 4, {
      replicaId: -1,
      topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }] }],
    });
  }
  for (const timestamp of [-1, -2, -3, 0])
    await rig.session.call(`offset by ${timestamp}`, 'ListOffsets', 9, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
    });
});

sameAfterwards('transactions are where they were', 'transactions', async (rig, topic) => {
  const look = async (when: string, end: number): Promise<void> => {
    for (const isolationLevel of [0, 1]) {
      for (const timestamp of [-1, -3, RECORD_TIME_MS]) {
        const partitions = [{ partitionIndex: 0, timestamp }];
        const body = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions }] };
        await rig.session.call(`${when}: ${timestamp}, isolation ${isolationLevel}`, 'ListOffsets', 9, body);
      }
      for (let fetchOffset = 0; fetchOffset < end; fetchOffset++) {
        const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1e6 }];
        const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 1e6, isolationLevel, topics: [{ topic, partitions }] };
        await rig.session.call(`${when}: from ${fetchOffset}, isolation ${isolationLevel}`, 'Fetch', 12, body);
      }
    }
  };
  await look('open', 9);
  await rig.session.call('producers', 'DescribeProducers', 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
  await rig.open.write(topic);
  await rig.open.end(false);
  await awaitStable(rig.session, topic, 10);
  await look('aborted', 8);
});

sameAfterwards('producers stumble on at random', 'producers', async (rig, topic) => {
  const random = seededRandom(8);
  for (let step = 0; step < 80; step++) {
    const [sequence, count, epoch] = [random.int(12), 1 + random.int(2), 1 + Math.floor(step / 30)];
    await produce(
      rig,
      `${step}: ${sequence}, ${count} records, epoch ${epoch}`,
      topic,
      rig.batch(sequence, count, epoch),
    );
  }
});
