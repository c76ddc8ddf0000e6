/** Produce: whole requests that are odd, timeouts, attributes, and what repeated and wrapped sequences are answered. */
import * as batch from '../../../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../../../protocol/records/build.ts';
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';

const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';
/** One moment for both brokers, so that answers that carry it are equal. */
const NOW_MS = Date.now();
const MAX_SEQUENCE = 2_147_483_647;

type Data = readonly [topic: string, ...partitions: ReadonlyArray<readonly [index: number, records: Buffer]>];

function request(topics: readonly Data[], more: object = {}) {
  return {
    acks: -1,
    timeoutMs: 10_000,
    topicData: topics.map(([name, ...partitions]) => ({
      name,
      partitionData: partitions.map(([index, bytes]) => ({ index, records: bytes })),
    })),
    ...more,
  };
}

function produce(session: Session, step: string, topics: readonly Data[], more: object = {}, version = 9) {
  return session.call(step, 'Produce', version, request(topics, more));
}

function readBack(session: Session, step: string, topic: string, fetchOffset = 0) {
  return session.call(step, 'Fetch', 12, {
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: 1e6,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1e6 }] }],
  });
}

async function producerId(session: Session): Promise<bigint> {
  const answer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
  return answer.producerId as bigint;
}

function withAttributes(bits: number): Buffer {
  const bytes = Buffer.from(records(2));
  bytes.writeInt16BE(bits, batch.BatchField.ATTRIBUTES);
  batch.patchCrc(bytes, 0);
  return bytes;
}

function at(...timesMs: readonly number[]): Buffer {
  return buildBatch(timesMs.map((timestampMs) => ({ key: null, value: Buffer.from('v'), timestampMs })));
}

/** Requests that fail, by what is wrong with them. */
const silentFailures: ReadonlyArray<readonly [what: string, topics: (name: string, absent: string) => Data[]]> = [
  ['an unknown topic', (_name, absent) => [[absent, [0, records()]]]],
  ['an unknown partition', (name) => [[name, [3, records()]]]],
  ['a bad batch', (name) => [[name, [0, Buffer.alloc(80, 1)]]]],
  ['one good, one bad', (name) => [[name, [0, records()], [3, records()]]]],
];

const requestCases: readonly Case[] = [
  ...[3, 9, 12].map((version) => ({
    name: `Produce v${version} with acks that are none`,
    run: async (session: Session) => {
      const { name } = await session.createTopic('t');
      for (const acks of [-2, 2, 32_767]) {
        await produce(session, `acks ${acks}`, [[name, [0, records()]]], { acks }, version);
        await produce(
          session,
          `acks ${acks}, unknown topic`,
          [[session.name('no'), [0, records()]]],
          { acks },
          version,
        );
        const both: Data[] = [
          [name, [0, records()], [7, records()]],
          [session.name('no'), [0, records()]],
        ];
        await produce(session, `acks ${acks}, both`, both, { acks }, version);
        await produce(session, `acks ${acks}, bad batch`, [[name, [0, Buffer.alloc(20)]]], { acks }, version);
        await produce(session, `acks ${acks}, nothing`, [], { acks }, version);
      }
    },
  })),
  {
    name: 'Produce v13 with acks that are none',
    run: async (session) => {
      const { topicId } = await session.createTopic('t');
      for (const id of [topicId, UNKNOWN_ID])
        await session.call(id === topicId ? 'known' : 'unknown', 'Produce', 13, {
          acks: 5,
          timeoutMs: 1000,
          topicData: [{ topicId: id, partitionData: [{ index: 0, records: records() }] }],
        });
    },
  },
  {
    name: 'Produce names a partition twice',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      await produce(session, 'in one topic', [[name, [0, records(2)], [0, records(3)]]]);
      await produce(session, 'in two topics', [
        [name, [0, records(1)], [1, records(1)]],
        [name, [0, records(4)]],
      ]);
      await produce(session, 'first bad', [[name, [0, Buffer.alloc(9)], [0, records(1)]]]);
      await produce(session, 'second bad', [[name, [0, records(1)], [0, Buffer.alloc(9)]]]);
      await produce(session, 'an unknown one', [[name, [9, records(1)], [9, records(1)]]]);
      await produce(session, 'an unknown topic', [
        [session.name('no'), [0, records(1)]],
        [session.name('no'), [0, records(1)]],
      ]);
      await readBack(session, 'what is there', name);
    },
  },
  {
    name: 'Produce names a topic twice',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      await produce(session, 'a partition each', [
        [name, [0, records()]],
        [name, [1, records()]],
      ]);
    },
  },
  {
    name: 'Produce of nothing, and to names that cannot be',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      await produce(session, 'no topics', []);
      await produce(session, 'no partitions', [[name]]);
      await produce(session, 'no partitions and some', [[name], [session.name('no'), [0, records()]]]);
      await produce(session, 'empty name', [['', [0, records()]]]);
      await produce(session, 'bad name', [['a b', [0, records()]]]);
      await produce(session, 'negative partition', [[name, [-1, records()]]]);
      await produce(session, 'the largest partition', [[name, [2_147_483_647, records()]]]);
    },
  },
  {
    name: 'Produce does not wait for its timeout',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      for (const timeoutMs of [0, -1, 1, 2_147_483_647, -2_147_483_648])
        for (const acks of [1, -1])
          await produce(session, `acks ${acks}, ${timeoutMs} ms`, [[name, [0, records()]]], { acks, timeoutMs });
    },
  },
  ...silentFailures.map(([what, topics]) => ({
    name: `Produce with acks 0 and ${what} closes the connection`,
    run: async (session: Session) => {
      const { name } = await session.createTopic('t');
      await session.call('send', 'Produce', 9, request(topics(name, session.name('no')), { acks: 0 }), 'silent');
      await session.call('what is there', 'ListOffsets', 6, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      });
    },
  })),
];

const batchCases: readonly Case[] = [
  {
    name: 'Produce of a bad batch beside a good one',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      await produce(session, 'no bytes', [[name, [0, Buffer.alloc(0)], [1, records()]]]);
      await produce(session, 'two batches', [[name, [0, Buffer.concat([records(), records()])], [1, records()]]]);
      await produce(session, 'a wrong checksum', [[name, [0, records().fill(1, 70)], [1, records()]]]);
      await produce(session, 'malformed', [[name, [0, Buffer.alloc(70)], [1, records()]]]);
    },
  },
  {
    name: 'Produce with every attribute bit',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      for (const bits of [0x40, 0x80, 0x200, 0x4000, -0x8000, 0x48])
        await produce(session, `bits ${bits}`, [[name, [0, withAttributes(bits)]]]);
      await readBack(session, 'stored', name);
      const encoded = await session.createTopic('e', 1, { 'compression.type': 'gzip' });
      for (const bits of [0x40, 0x80, 0x200, 0x4000, -0x8000])
        await produce(session, `encoded anew: bits ${bits}`, [[encoded.name, [0, withAttributes(bits)]]]);
      await readBack(session, 'stored in another codec', encoded.name);
      const compacted = await session.createTopic('c', 1, { 'cleanup.policy': 'compact' });
      for (const bits of [0x40, 0x80, 0x08])
        await produce(session, `compacted: bits ${bits}`, [[compacted.name, [0, withAttributes(bits)]]]);
    },
  },
  {
    name: 'Produce with an epoch of the client in the batch',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      await produce(session, 'epoch 77', [[name, [0, records(1, { leaderEpoch: 77 })]]]);
      await readBack(session, 'stored', name);
    },
  },
  {
    name: 'Produce with timestamps at the edges',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const strict = await session.createTopic('strict', 1, {
        'message.timestamp.before.max.ms': '3600000',
        'message.timestamp.after.max.ms': '3600000',
      });
      const before = await session.createTopic('before', 1, { 'message.timestamp.before.max.ms': '0' });
      const now = NOW_MS;
      await produce(session, 'negative', [[name, [0, at(-5)]]]);
      await produce(session, 'very negative', [[name, [0, at(-1_000_000_000_000)]]]);
      await produce(session, 'zero', [[name, [0, at(0)]]]);
      await produce(session, 'none, then one', [[name, [0, at(-1, RECORD_TIME_MS)]]]);
      await produce(session, 'one, then none', [[name, [0, at(RECORD_TIME_MS, -1)]]]);
      await produce(session, 'half an hour ahead', [[name, [0, at(now + 1_800_000)]]]);
      await produce(session, 'two hours ahead', [[name, [0, at(now + 7_200_000)]]]);
      await produce(session, 'second of three ahead', [[name, [0, at(now, now + 7_200_000, now)]]]);
      await produce(session, 'all ahead', [[name, [0, at(now + 7_200_000, now + 7_200_001)]]]);
      await produce(session, 'at version 7', [[name, [0, at(now + 7_200_000)]]], {}, 7);
      await produce(session, 'at version 8', [[name, [0, at(now + 7_200_000)]]], {}, 8);
      await produce(session, 'strict: second too old', [[strict.name, [0, at(now, 1000, now)]]]);
      await produce(session, 'strict: none', [[strict.name, [0, at(-1, -1)]]]);
      await produce(session, 'strict: negative', [[strict.name, [0, at(-2)]]]);
      await produce(session, 'strict: too new and too old', [[strict.name, [0, at(now + 7_200_000, 5)]]]);
      await produce(session, 'strict: two of three partitions', [
        [strict.name, [0, at(5)]],
        [name, [0, at(now)]],
      ]);
      await produce(session, 'before 0: a second ago', [[before.name, [0, at(now - 1000)]]]);
      await readBack(session, 'stored', name);
    },
  },
  {
    name: 'Produce with timestamps at the edges, compressed',
    run: async (session) => {
      const strict = await session.createTopic('strict', 1, { 'message.timestamp.before.max.ms': '3600000' });
      const now = NOW_MS;
      const list = [now, 1000, now].map((timestampMs) => ({ key: null, value: Buffer.from('v'), timestampMs }));
      for (const compression of [1, 2, 3, 4] as const)
        await produce(session, `codec ${compression}`, [
          [strict.name, [0, await buildCompressedBatch(list, { compression })]],
        ]);
    },
  },
  {
    name: 'Produce to a topic with LogAppendTime',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, {
        'message.timestamp.type': 'LogAppendTime',
        'message.timestamp.before.max.ms': '1000',
      });
      await produce(session, 'old', [[name, [0, records(2)]]]);
      await produce(session, 'compressed', [
        [
          name,
          [0, await buildCompressedBatch([{ key: null, value: Buffer.from('v'), timestampMs: 5 }], { compression: 1 })],
        ],
      ]);
      await produce(session, 'claims LogAppendTime', [[name, [0, withAttributes(0x08)]]]);
      const id = await producerId(session);
      const bytes = () => records(1, { producerId: id, producerEpoch: 0, baseSequence: 0 });
      await produce(session, 'idempotent', [[name, [0, bytes()]]]);
      await produce(session, 'again', [[name, [0, bytes()]]]);
      await produce(session, 'acks 1', [[name, [0, records()]]], { acks: 1 });
      await produce(session, 'version 3', [[name, [0, records()]]], {}, 3);
      await readBack(session, 'stored', name);
      await session.call('the first by time', 'ListOffsets', 7, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: 5 }] }],
      });
    },
  },
  {
    name: 'Produce of more than a segment',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, {
        'segment.bytes': '1048576',
        'max.message.bytes': '3000000',
      });
      const sized = (size: number) =>
        buildBatch([{ key: null, value: Buffer.alloc(size, 120), timestampMs: RECORD_TIME_MS }]);
      await produce(session, 'below', [[name, [0, sized(1_000_000)]]]);
      await produce(session, 'above', [[name, [0, sized(1_100_000)]]]);
      await produce(session, 'above both', [[name, [0, sized(3_100_000)]]]);
      await produce(session, 'above at version 3', [[name, [0, sized(1_100_000)]]], {}, 3);
    },
  },
  {
    name: 'Produce finds several things wrong at once',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'max.message.bytes': '1000', 'cleanup.policy': 'compact' });
      const large = () => buildBatch([{ key: null, value: Buffer.alloc(2000), timestampMs: NOW_MS + 9_000_000 }]);
      const bad = large();
      bad.writeUInt8(1, bad.length - 1);
      await produce(session, 'large, wrong checksum', [[name, [0, bad]]]);
      await produce(session, 'large, no key, ahead', [[name, [0, large()]]]);
      await produce(session, 'no key, ahead', [[name, [0, at(NOW_MS + 9_000_000)]]]);
      await produce(session, 'no key, then ahead', [[name, [0, at(RECORD_TIME_MS, NOW_MS + 9_000_000)]]]);
      await produce(session, 'two batches, one large', [[name, [0, Buffer.concat([records(), large()])]]]);
      const shifted = Buffer.from(records());
      batch.patchBaseOffset(shifted, 0, 5);
      shifted.writeUInt8(7, shifted.length - 1);
      await produce(session, 'base offset and checksum', [[name, [0, shifted]]]);
      const old = Buffer.from(records());
      old.writeInt8(1, batch.BatchField.MAGIC);
      await produce(session, 'magic 1, then garbage', [[name, [0, Buffer.concat([old, Buffer.alloc(30, 9)])]]]);
      await produce(session, 'a batch, then garbage', [[name, [0, Buffer.concat([records(), Buffer.alloc(30, 9)])]]]);
      await produce(session, 'a batch, then zeros', [[name, [0, Buffer.concat([records(), Buffer.alloc(30)])]]]);
      await produce(session, 'a batch, then a few bytes', [
        [name, [0, Buffer.concat([records(), Buffer.alloc(8, 9)])]],
      ]);
      await produce(
        session,
        'zstd at 6 and large',
        [
          [
            name,
            [
              0,
              await buildCompressedBatch([{ key: null, value: Buffer.alloc(9), timestampMs: 5 }], { compression: 4 }),
            ],
          ],
        ],
        {},
        6,
      );
    },
  },
];

const sequenceCases: readonly Case[] = [
  {
    name: 'sequences outlive the records',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const id = await producerId(session);
      const send = (step: string, baseSequence: number, count = 1, producerEpoch = 0) =>
        produce(session, step, [[name, [0, records(count, { producerId: id, producerEpoch, baseSequence })]]]);
      await send('0', 0, 2);
      await send('2', 2, 2);
      await session.call('all go', 'DeleteRecords', 2, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }],
        timeoutMs: 5000,
      });
      await send('2 again', 2, 2);
      await send('0 again', 0, 2);
      await send('a gap', 6);
      await send('start again', 0);
      await send('goes on', 4);
      await send('a new epoch', 0, 1, 1);
      await send('2 again of the old epoch', 2, 2);
    },
  },
  {
    name: 'sequences repeat over the edge of an int32',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const id = await producerId(session);
      const send = (step: string, baseSequence: number, count = 1) =>
        produce(session, step, [[name, [0, records(count, { producerId: id, producerEpoch: 0, baseSequence })]]]);
      await send('wraps', MAX_SEQUENCE - 1, 4);
      await send('the same again', MAX_SEQUENCE - 1, 4);
      await send('a part of it', 0, 2);
      await send('before it', MAX_SEQUENCE - 2, 1);
      await send('after it', 2, 1);
      await send('wraps again', MAX_SEQUENCE, 1);
    },
  },
  {
    name: 'epochs at their edges',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const id = await producerId(session);
      const send = (step: string, producerEpoch: number, baseSequence: number, version = 9) =>
        produce(session, step, [[name, [0, records(1, { producerId: id, producerEpoch, baseSequence })]]], {}, version);
      await send('the largest', 32_767, 0);
      await send('the largest again', 32_767, 0);
      await send('zero', 0, 0);
      await send('zero at version 3', 0, 0, 3);
      await send('minus two', -2, 1);
      await send('goes on', 32_767, 1);
      await send('a gap at version 3', 32_767, 9, 3);
    },
  },
  {
    name: 'a bad batch does not use up its sequence',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'max.message.bytes': '1000' });
      const id = await producerId(session);
      const batchOf = (baseSequence: number, size: number, timestampMs = RECORD_TIME_MS) =>
        buildBatch([{ key: null, value: Buffer.alloc(size), timestampMs }], {
          producerId: id,
          producerEpoch: 0,
          baseSequence,
        });
      await produce(session, 'first', [[name, [0, batchOf(0, 10)]]]);
      await produce(session, 'too large', [[name, [0, batchOf(1, 2000)]]]);
      await produce(session, 'too far ahead', [[name, [0, batchOf(1, 10, NOW_MS + 9_000_000)]]]);
      await produce(session, 'a duplicate that is ahead', [[name, [0, batchOf(0, 10, NOW_MS + 9_000_000)]]]);
      await produce(session, 'a gap that is ahead', [[name, [0, batchOf(5, 10, NOW_MS + 9_000_000)]]]);
      await produce(session, 'as if nothing was', [[name, [0, batchOf(1, 10)]]]);
    },
  },
  {
    name: 'one request with one producer in several partitions',
    run: async (session) => {
      const { name } = await session.createTopic('t', 3);
      const id = await producerId(session);
      const bytes = (baseSequence: number) => records(1, { producerId: id, producerEpoch: 0, baseSequence });
      await produce(session, 'all start', [[name, [0, bytes(0)], [1, bytes(0)], [2, bytes(4)]]]);
      await produce(session, 'one good, one again, one with a gap', [
        [name, [0, bytes(1)], [1, bytes(0)], [2, bytes(9)]],
      ]);
    },
  },
  {
    name: 'a compressed batch may repeat',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'compression.type': 'gzip' });
      const id = await producerId(session);
      const send = async (step: string, baseSequence: number, compression: 0 | 1 | 3) =>
        produce(session, step, [
          [
            name,
            [
              0,
              await buildCompressedBatch([{ key: null, value: Buffer.from('v'), timestampMs: RECORD_TIME_MS }], {
                compression,
                producerId: id,
                producerEpoch: 0,
                baseSequence,
              }),
            ],
          ],
        ]);
      await send('plain', 0, 0);
      await send('plain again', 0, 0);
      await send('lz4', 1, 3);
      await send('a gap', 7, 3);
      await send('the same codec', 2, 1);
      await readBack(session, 'stored', name);
    },
  },
];

export const produceEdgeCases: readonly Case[] = [...requestCases, ...batchCases, ...sequenceCases];
