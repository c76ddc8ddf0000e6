/** WriteTxnMarkers from a client in all states of a partition, and DescribeProducers beside it. */
import { records, type Case, type Session } from '../session.ts';
import { awaitStable, ONE_SEGMENT, TransactionalProducer } from '../transactional-producer.ts';

interface Marker {
  readonly version?: number;
  readonly epoch?: number;
  readonly id?: bigint;
  readonly isCommit?: boolean;
  readonly coordinatorEpoch?: number;
  readonly transactionVersion?: number;
  readonly topic?: string;
  readonly partitionIndexes?: readonly number[];
}

class MarkerCase {
  readonly #session: Session;
  readonly #topic: string;
  readonly #id: bigint;

  constructor(session: Session, topic: string, id: bigint) {
    this.#session = session;
    this.#topic = topic;
    this.#id = id;
  }

  async mark(step: string, marker: Marker): Promise<void> {
    const { version = 1, epoch = 0, id = this.#id, isCommit = false, coordinatorEpoch = 5 } = marker;
    const { topic = this.#topic, partitionIndexes = [0] } = marker;
    await this.#session.call(step, 'WriteTxnMarkers', version, {
      markers: [
        {
          producerId: id,
          producerEpoch: epoch,
          transactionResult: isCommit,
          coordinatorEpoch,
          topics: [{ name: topic, partitionIndexes }],
          ...(version >= 2 && { transactionVersion: marker.transactionVersion ?? 2 }),
        },
      ],
    });
    await this.#describe(`${step}: known`);
  }

  async #describe(step: string): Promise<void> {
    const topics = [{ name: this.#topic, partitionIndexes: [0] }];
    await this.#session.call(step, 'DescribeProducers', 0, { topics });
  }

  /** All that is in the partition. */
  async fetch(step: string): Promise<void> {
    await this.#session.call(step, 'Fetch', 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      isolationLevel: 1,
      topics: [{ topic: this.#topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
    });
  }
}

export const transactionMarkerCases: readonly Case[] = [
  {
    name: 'WriteTxnMarkers for a producer that the partition does not know',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2, ONE_SEGMENT);
      const answer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 1000 });
      const markers = new MarkerCase(session, name, BigInt(answer.producerId));
      await markers.mark('an abort', { epoch: 3 });
      await markers.mark('an older epoch', { epoch: 2 });
      await markers.mark('an older epoch, v2', { version: 2, epoch: 2 });
      await markers.mark('an older epoch, version 0', { version: 2, epoch: 2, transactionVersion: 0 });
      await markers.mark('an older coordinator', { epoch: 3, coordinatorEpoch: 4 });
      await markers.mark('an older coordinator, a new epoch', { version: 2, epoch: 4, coordinatorEpoch: 4 });
      await markers.mark('the same epoch, version 2', { version: 2, epoch: 3 });
      await markers.mark('the same epoch, version 1', { version: 2, epoch: 3, transactionVersion: 1 });
      await markers.mark('the same epoch, version 9', { version: 2, epoch: 3, transactionVersion: 9 });
      await markers.mark('no version', { version: 2, epoch: 4, transactionVersion: -1 });
      await markers.mark('a new epoch', { version: 2, epoch: 9, isCommit: true });
      await markers.mark('no epoch', { epoch: -1 });
      await markers.mark('no id', { id: -1n });
      await markers.mark('no topic', { topic: session.name('nope') });
      await markers.mark('no such partition', { partitionIndexes: [7] });
      await markers.mark('a good one and a bad one', { epoch: 9, partitionIndexes: [1, 7] });
      await markers.mark('no partitions', { partitionIndexes: [] });
      await session.call('nothing', 'WriteTxnMarkers', 1, { markers: [] });
      await markers.fetch('in the log');
    },
  },
  {
    name: 'WriteTxnMarkers for an idempotent producer',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      const answer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 1000 });
      const id = BigInt(answer.producerId);
      const send = (step: string, baseSequence: number, producerEpoch: number) =>
        session.call(step, 'Produce', 9, {
          acks: -1,
          timeoutMs: 10_000,
          topicData: [
            {
              name,
              partitionData: [{ index: 0, records: records(2, { producerId: id, producerEpoch, baseSequence }) }],
            },
          ],
        });
      const markers = new MarkerCase(session, name, id);
      await send('at first', 0, 0);
      await markers.mark('of the same epoch', {});
      await send('goes on', 2, 0);
      await send('once more', 2, 0);
      await markers.mark('of a higher epoch', { epoch: 1, isCommit: true });
      await send('of the former epoch', 4, 0);
      await send('goes on in the new epoch', 4, 1);
      await send('begins in the new epoch', 0, 1);
      await markers.fetch('in the log');
    },
  },
  {
    name: 'WriteTxnMarkers under an open transaction',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, ONE_SEGMENT);
      const producer = await TransactionalProducer.open(session, 'one', 'new');
      const markers = new MarkerCase(session, name, producer.id);
      const coordinatorEpoch = 0;
      await producer.write(name);
      await markers.mark('version 2, the same epoch', { version: 2, epoch: producer.epoch, coordinatorEpoch });
      await markers.mark('version 1, the same epoch', { epoch: producer.epoch, coordinatorEpoch });
      await markers.fetch('aborted here');
      await producer.write(name);
      await markers.fetch('open again');
      await producer.end(true);
      await awaitStable(session, name, 4);
      await markers.fetch('committed');
    },
  },
  {
    name: 'DescribeProducers of odd requests',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2, ONE_SEGMENT);
      const call = (step: string, topics: readonly object[]) => session.call(step, 'DescribeProducers', 0, { topics });
      await call('nothing', []);
      await call('no partitions', [{ name, partitionIndexes: [] }]);
      await call('one that is not there', [{ name, partitionIndexes: [0, 5, -1] }]);
      await call('no such topic', [{ name: session.name('nope'), partitionIndexes: [0] }]);
      await call('no name', [{ name: '', partitionIndexes: [0] }]);
      await call('a bad name', [{ name: 'a b', partitionIndexes: [0] }]);
      await call('twice', [{ name, partitionIndexes: [1, 1] }]);
    },
  },
];
