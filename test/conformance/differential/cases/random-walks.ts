/** Long random but repeatable walks: producers that stumble, and reads all over a log of mixed batches. */
import { buildBatch, buildCompressedBatch } from '../../../../protocol/records/build.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { RECORD_TIME_MS, type Case, type Session } from '../session.ts';

const STEPS = 150;

interface Producer {
  readonly id: bigint;
  epoch: number;
  next: number;
}

function batchOf(count: number, producer: Producer, epoch: number, baseSequence: number): Buffer {
  const list = Array.from({ length: count }, () => ({
    key: null,
    value: Buffer.from('v'),
    timestampMs: RECORD_TIME_MS,
  }));
  return buildBatch(list, { producerId: producer.id, producerEpoch: epoch, baseSequence });
}

/** Mostly in sequence; now and then again, with a gap, or with another epoch. */
async function stumble(session: Session, seed: number, firstSequence: number): Promise<void> {
  const random = seededRandom(seed);
  const { name } = await session.createTopic('t');
  const producers: Producer[] = [];
  for (let count = 0; count < 2; count++) {
    const answer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
    producers.push({ id: answer.producerId, epoch: 0, next: firstSequence });
  }
  let end = 0;
  for (let step = 0; step < STEPS; step++) {
    const producer = producers[random.int(2)] as Producer;
    const dice = random.int(20);
    let { epoch, next } = producer;
    if (dice < 6) next = Math.max(0, next - random.int(16));
    else if (dice < 7) next += 1 + random.int(3);
    else if (dice < 9) [epoch, next] = [epoch + random.int(2), 0];
    else if (dice < 10) epoch = Math.max(0, epoch - 1);
    const count = 1 + random.int(3);
    const answer = await session.call(`${step}: epoch ${epoch}, sequence ${next}, ${count} records`, 'Produce', 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name, partitionData: [{ index: 0, records: batchOf(count, producer, epoch, next) }] }],
    });
    const { errorCode, baseOffset }: { errorCode: number; baseOffset: number } =
      answer.responses[0].partitionResponses[0];
    // A batch that was known already changes nothing.
    if (errorCode === 0 && baseOffset >= end) {
      end = baseOffset + count;
      producer.epoch = epoch;
      producer.next = (next + count) % 2_147_483_648;
    }
    if (random.int(12) === 0 && errorCode === 0)
      await session.call(`${step}: delete`, 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: baseOffset }] }],
        timeoutMs: 5000,
      });
  }
}

async function fill(session: Session, name: string, random: ReturnType<typeof seededRandom>): Promise<number> {
  let end = 0;
  for (let batch = 0; batch < 30; batch++) {
    const list = Array.from({ length: 1 + random.int(5) }, () => ({
      key: null,
      value: Buffer.from('v'.repeat(random.int(30))),
      timestampMs: RECORD_TIME_MS + random.int(1000),
    }));
    const compression = random.int(5) as 0 | 1 | 2 | 3 | 4;
    await session.produce(name, await buildCompressedBatch(list, { compression }));
    end += list.length;
  }
  return end;
}

async function wander(session: Session, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { name } = await session.createTopic('t');
  const end = await fill(session, name, random);
  for (let step = 0; step < STEPS; step++) {
    const fetchOffset = random.int(end + 3) - 1;
    await session.call(`${step}: fetch from ${fetchOffset}`, 'Fetch', 12, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: random.int(2) === 0 ? 1 : 1_000_000,
      topics: [{ topic: name, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
    });
    const timestamp = RECORD_TIME_MS + random.int(1010) - 5;
    await session.call(`${step}: time ${timestamp}`, 'ListOffsets', 9, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: random.int(10) === 0 ? -3 : timestamp }] }],
    });
    if (random.int(20) > 0) continue;
    await session.call(`${step}: delete`, 'DeleteRecords', 2, {
      topics: [{ name, partitions: [{ partitionIndex: 0, offset: random.int(1 + Math.floor((end * step) / STEPS)) }] }],
      timeoutMs: 5000,
    });
  }
}

/** One fetch session after the other over four partitions and one that is not there, with records coming and going. */
async function converse(session: Session, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { name, topicId } = await session.createTopic('t', 4);
  const version = seed % 2 === 0 ? 12 : 17;
  const topic = version < 13 ? { topic: name } : { topicId };
  const some = (): number[] => [0, 1, 2, 3, 7].filter(() => random.int(3) === 0);
  let [sessionId, sessionEpoch] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    const index = random.int(4);
    const record = { key: null, value: Buffer.from('v'), timestampMs: RECORD_TIME_MS };
    if (random.int(3) === 0) await session.produce(name, buildBatch([record]), index);
    if (random.int(25) === 0)
      await session.call(`${step}: delete`, 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: index, offset: -1 }] }],
        timeoutMs: 5000,
      });
    const partitions = some().map((partition) => ({
      partition,
      fetchOffset: random.int(12),
      partitionMaxBytes: 1_000_000,
      lastFetchedEpoch: random.int(15) === 0 ? 3 : -1,
    }));
    const forgotten = sessionEpoch > 0 && random.int(6) === 0 ? some() : [];
    if (sessionEpoch === 0 && partitions.length === 0) continue;
    const answer = await session.call(`${step}: epoch ${sessionEpoch}`, 'Fetch', version, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_000_000,
      sessionId,
      sessionEpoch,
      topics: partitions.length > 0 ? [{ ...topic, partitions }] : [],
      forgottenTopicsData: forgotten.length > 0 ? [{ ...topic, partitions: forgotten }] : [],
    });
    sessionId = answer.sessionId;
    const isAtEnd = answer.errorCode !== 0 || sessionId === 0;
    // Now and then with a mistake, or from the start.
    sessionEpoch = isAtEnd || random.int(20) === 0 ? 0 : sessionEpoch + (random.int(20) === 0 ? 2 : 1);
    if (isAtEnd) sessionId = 0;
  }
}

export const randomCases: readonly Case[] = [
  ...[1, 2, 3, 4].map((seed) => ({
    name: `producers stumble at random ${seed}`,
    run: (session: Session) => stumble(session, seed, 0),
  })),
  { name: 'producers stumble at random near the wrap', run: (session) => stumble(session, 5, 2_147_483_600) },
  ...[1, 2, 3, 4].map((seed) => ({
    name: `fetch sessions go on at random ${seed}`,
    run: (session: Session) => converse(session, seed),
  })),
  ...[1, 2, 3].map((seed) => ({
    name: `reads wander at random ${seed}`,
    run: (session: Session) => wander(session, seed),
  })),
];
