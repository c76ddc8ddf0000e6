/** What is refused where several things are wrong at once, or one request is about many: of the data's own APIs. */
import { buildBatch } from '../../../../protocol/records/build.ts';
import { records, type Case, type Session } from '../session.ts';
import { ONE_SEGMENT, TransactionalProducer } from '../transactional-producer.ts';

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const OFFSETS = '__consumer_offsets';

type Parts = readonly (readonly [name: string, index: number, records: Buffer])[];

function produce(session: Session, step: string, parts: Parts, fields: object = {}, version = 9): Promise<unknown> {
  const topicData = parts.map(([name, index, bytes]) => ({ name, partitionData: [{ index, records: bytes }] }));
  return session.call(step, 'Produce', version, { acks: -1, timeoutMs: 10_000, topicData, ...fields });
}

function timed(...times: readonly number[]): Buffer {
  return buildBatch(times.map((timestampMs) => ({ key: Buffer.from('k'), value: null, timestampMs })));
}

function of({ id, epoch }: TransactionalProducer, baseSequence = 0): Buffer {
  return records(1, { producerId: id, producerEpoch: epoch, baseSequence, isTransactional: true });
}

export const refusalOrderCases: readonly Case[] = [
  {
    name: 'records without times hide none that are too old',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'message.timestamp.before.max.ms': '3600000' });
      const now = Date.now();
      await produce(session, 'none, old, new', [[name, 0, timed(-1, 1000, now)]]);
      await produce(session, 'new, none, old', [[name, 0, timed(now, -1, 1000)]]);
      await produce(session, 'none at all', [[name, 0, timed(-1, -1)]]);
      await produce(session, 'none and new', [[name, 0, timed(-1, now)]]);
    },
  },
  {
    name: 'WriteTxnMarkers with several markers of a producer',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2, ONE_SEGMENT);
      const { id } = await TransactionalProducer.open(session, 'one', 'new');
      const marker = (producerEpoch: number, ...indexes: readonly number[]) => ({
        producerId: id,
        producerEpoch,
        transactionResult: false,
        coordinatorEpoch: 0,
        topics: indexes.map((index) => ({ name, partitionIndexes: [index] })),
      });
      const write = (step: string, ...markers: readonly object[]) =>
        session.call(step, 'WriteTxnMarkers', 1, { markers });
      await write('two partitions', marker(3, 0), marker(3, 1));
      await write('one partition', marker(3, 0), marker(2, 0));
      await write('a topic twice', marker(3, 0, 1));
    },
  },
  {
    name: 'AddPartitionsToTxn of internal topics',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      const producer = await TransactionalProducer.open(session, 'one', 'new');
      await session.awaitCoordinator(session.name('g'));
      const who = { producerId: producer.id, producerEpoch: producer.epoch };
      const transactionalId = session.name('one');
      const add = (step: string, version: number, topics: readonly object[], verifyOnly = false) => {
        const old = {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: who.producerId,
          v3AndBelowProducerEpoch: who.producerEpoch,
          v3AndBelowTopics: topics,
        };
        const body = version < 4 ? old : { transactions: [{ transactionalId, ...who, verifyOnly, topics }] };
        return session.call(`${step} v${version}`, 'AddPartitionsToTxn', version, body);
      };
      for (const version of [3, 4, 5]) {
        await add('there', version, [
          { name: OFFSETS, partitions: [0] },
          { name, partitions: [0] },
        ]);
        await add('no such partition', version, [{ name: OFFSETS, partitions: [99] }]);
      }
      await add('only asked', 5, [{ name: OFFSETS, partitions: [0, 1] }], true);
    },
  },
  {
    name: 'Produce of two transactional producers',
    run: async (session) => {
      const { name } = await session.createTopic('t', 3, ONE_SEGMENT);
      const one = await TransactionalProducer.open(session, 'one', 'new');
      const two = await TransactionalProducer.open(session, 'two', 'new');
      const transactionalId = session.name('one');
      const both: Parts = [
        [name, 0, of(one)],
        [session.name('nope'), 0, of(one)],
      ];
      for (const version of [9, 12]) {
        const parts: Parts = [...both, [session.name('none'), 0, of(two)]];
        await produce(session, `of topics that are not there v${version}`, parts, { transactionalId }, version);
      }
      const { name: other } = await session.createTopic('u', 1, ONE_SEGMENT);
      const { name: third } = await session.createTopic('v', 1, ONE_SEGMENT);
      for (const acks of [-1, 7]) {
        const parts: Parts = [...both, [other, 0, of(two)], [third, 0, records()]];
        await produce(session, `beside others, acks ${acks}`, parts, { transactionalId, acks }, 9);
      }
      await one.write(name);
      const open: Parts = [
        [name, 0, of(one, 1)],
        [other, 0, of(two)],
      ];
      await produce(session, 'one is open', open, { transactionalId }, 12);
      await produce(session, 'one is broken', [open[0]!, [other, 0, of(two).subarray(0, 62)]], { transactionalId }, 12);
    },
  },
  {
    name: 'Produce to an internal topic, wrong in other ways, too',
    run: async (session) => {
      await session.awaitCoordinator(session.name('g'));
      await produce(session, 'a batch', [[OFFSETS, 0, records()]]);
      await produce(session, 'no batch', [[OFFSETS, 0, Buffer.alloc(3)]]);
      await produce(session, 'a batch, acks 7', [[OFFSETS, 0, records()]], { acks: 7 });
      await produce(session, 'no batch, acks 7', [[OFFSETS, 0, Buffer.alloc(3)]], { acks: 7 });
      await produce(session, 'no such partition', [[OFFSETS, 90, records()]]);
    },
  },
  {
    name: 'ListOffsets for replicas',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      await session.produce(name, records(3));
      const producer = await TransactionalProducer.open(session, 'one', 'new');
      await producer.write(name);
      for (const replicaId of [-1, -2, 0, 1, 5]) {
        for (const timestamp of [-1, -2, -3]) {
          const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp, currentLeaderEpoch: -1 }] }];
          const body = { replicaId, isolationLevel: 1, topics };
          await session.call(`${timestamp} for ${replicaId}`, 'ListOffsets', 9, body);
        }
      }
    },
  },
  {
    name: 'DeleteTopics of a topic by its id twice and its name',
    run: async (session) => {
      const { name, topicId } = await session.createTopic('t');
      const byId = { name: null, topicId };
      const topics = [byId, byId, { name, topicId: NO_ID }];
      await session.call('all three', 'DeleteTopics', 6, { timeoutMs: 10_000, topics });
      await session.call('it is there', 'Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false });
    },
  },
];
