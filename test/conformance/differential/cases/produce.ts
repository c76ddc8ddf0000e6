/** Produce: every version, every check of a batch, and what it answers. */
import assert from 'node:assert/strict';
import * as batch from '../../../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../../../protocol/records/build.ts';
import { frameOf } from '../api-client.ts';
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';

const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';

function produce(
  session: Session,
  step: string,
  topic: string,
  bytes: Buffer | null,
  more: object = {},
  version = 9,
  index = 0,
) {
  return session.call(step, 'Produce', version, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index, records: bytes }] }],
    ...more,
  });
}

/** A good batch with one thing changed, its CRC made right again unless told otherwise. */
function changed(change: (bytes: Buffer) => void, options: { crc?: boolean; count?: number } = {}): Buffer {
  const bytes = Buffer.from(records(options.count ?? 2));
  change(bytes);
  if (options.crc !== false) batch.patchCrc(bytes, 0);
  return bytes;
}

const F = batch.BatchField;

export const produceCases: readonly Case[] = [
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((version) => ({
    name: `Produce v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 2);
      await produce(session, 'good', topic.name, records(3), {}, version);
      await produce(session, 'more', topic.name, records(2), {}, version);
      await produce(session, 'acks 1', topic.name, records(1), { acks: 1 }, version);
      await produce(session, 'unknown partition', topic.name, records(1), {}, version, 9);
      await produce(session, 'unknown topic', session.name('absent'), records(1), {}, version);
      await produce(session, 'bad acks', topic.name, records(1), { acks: 2 }, version);
      await session.call('two partitions, one unknown', 'Produce', version, {
        acks: -1,
        timeoutMs: 1000,
        topicData: [
          {
            name: topic.name,
            partitionData: [
              { index: 1, records: records(1) },
              { index: 5, records: records(1) },
            ],
          },
        ],
      });
    },
  })),
  {
    name: 'Produce v13 by topic id',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const call = (step: string, topicId: string, index = 0) =>
        session.call(step, 'Produce', 13, {
          acks: -1,
          timeoutMs: 5000,
          topicData: [{ topicId, partitionData: [{ index, records: records(2) }] }],
        });
      await call('good', topic.topicId);
      await call('unknown id', UNKNOWN_ID);
      await call('zero id', 'AAAAAAAAAAAAAAAAAAAAAA');
      await call('unknown partition', topic.topicId, 3);
    },
  },
  {
    name: 'Produce checks the batch header',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const broken: Record<string, Buffer> = {
        'a wrong CRC': changed(
          (bytes) => bytes.writeUInt8((bytes.readUInt8(bytes.length - 1) ^ 1) & 255, bytes.length - 1),
          { crc: false },
        ),
        'magic 1': changed((bytes) => bytes.writeInt8(1, F.MAGIC)),
        'magic 3': changed((bytes) => bytes.writeInt8(3, F.MAGIC)),
        'magic -1': changed((bytes) => bytes.writeInt8(-1, F.MAGIC)),
        'a base offset': changed((bytes) => batch.writeInt64(bytes, 17, F.BASE_OFFSET)),
        'a negative last offset delta': changed((bytes) => bytes.writeInt32BE(-1, F.LAST_OFFSET_DELTA)),
        'a last offset delta too large': changed((bytes) => bytes.writeInt32BE(7, F.LAST_OFFSET_DELTA)),
        'a last offset delta too small': changed((bytes) => bytes.writeInt32BE(0, F.LAST_OFFSET_DELTA)),
        'a wrong count': changed((bytes) => bytes.writeInt32BE(5, F.RECORDS_COUNT)),
        'a negative count': changed((bytes) => bytes.writeInt32BE(-1, F.RECORDS_COUNT)),
        'no records': changed((bytes) => bytes.writeInt32BE(0, F.RECORDS_COUNT)),
        'a control batch': changed((bytes) => bytes.writeInt16BE(0x20, F.ATTRIBUTES)),
        'a transactional batch without a producer': changed((bytes) => bytes.writeInt16BE(0x10, F.ATTRIBUTES)),
        'LogAppendTime from a client': changed((bytes) => bytes.writeInt16BE(0x08, F.ATTRIBUTES)),
        'an unknown attribute': changed((bytes) => bytes.writeInt16BE(0x100, F.ATTRIBUTES)),
        'codec 5': changed((bytes) => bytes.writeInt16BE(0x05, F.ATTRIBUTES)),
        'codec 7': changed((bytes) => bytes.writeInt16BE(0x07, F.ATTRIBUTES)),
        'a length too small': changed((bytes) => bytes.writeInt32BE(10, F.BATCH_LENGTH), { crc: false }),
        'a length too large': changed((bytes) => bytes.writeInt32BE(bytes.length + 100, F.BATCH_LENGTH), {
          crc: false,
        }),
        'a negative length': changed((bytes) => bytes.writeInt32BE(-5, F.BATCH_LENGTH), { crc: false }),
        'half a header': records(1).subarray(0, 30),
        'no bytes': Buffer.alloc(0),
        garbage: Buffer.alloc(100, 7),
        'two batches': Buffer.concat([records(1), records(1)]),
        'a batch and half of one': Buffer.concat([records(1), records(1).subarray(0, 40)]),
      };
      for (const [step, bytes] of Object.entries(broken)) await produce(session, step, topic.name, bytes);
      await produce(session, 'null records', topic.name, null);
      await produce(session, 'a good one at the end', topic.name, records(1));
    },
  },
  {
    name: 'Produce checks sizes',
    run: async (session) => {
      const topic = await session.createTopic('t', 1, { 'max.message.bytes': '2000' });
      const sized = (size: number) =>
        buildBatch([{ key: null, value: Buffer.alloc(size, 120), timestampMs: RECORD_TIME_MS }]);
      await produce(session, 'small', topic.name, sized(100));
      await produce(session, 'exactly 2000', topic.name, sized(2000 - (sized(1000).length - 1000)));
      await produce(session, 'one more', topic.name, sized(2001 - (sized(1000).length - 1000)));
      await produce(session, 'much', topic.name, sized(100_000));
    },
  },
  {
    name: 'Produce checks timestamps',
    run: async (session) => {
      const [plain, strict, append] = [
        await session.createTopic('plain'),
        await session.createTopic('strict', 1, {
          'message.timestamp.before.max.ms': '3600000',
          'message.timestamp.after.max.ms': '3600000',
        }),
        await session.createTopic('append', 1, { 'message.timestamp.type': 'LogAppendTime' }),
      ];
      const at = (timeMs: number) => records(2, {}, timeMs);
      await produce(session, 'old is fine', plain.name, at(1000));
      await produce(session, 'two hours ahead', plain.name, at(Date.now() + 7_200_000));
      await produce(session, 'no timestamp', plain.name, at(-1));
      await produce(session, 'strict: too old', strict.name, at(1000));
      await produce(session, 'strict: now', strict.name, at(Date.now()));
      await produce(session, 'append time', append.name, at(1000));
      await session.call('what was stored', 'Fetch', 12, {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1e6,
        topics: [{ topic: append.name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
      });
    },
  },
  {
    name: 'Produce to a compacted topic wants keys',
    run: async (session) => {
      const topic = await session.createTopic('t', 1, { 'cleanup.policy': 'compact' });
      const keyless = buildBatch([{ key: null, value: Buffer.from('v'), timestampMs: RECORD_TIME_MS }]);
      const mixed = buildBatch([
        { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: RECORD_TIME_MS },
        { key: null, value: Buffer.from('w'), timestampMs: RECORD_TIME_MS },
      ]);
      await produce(session, 'no key', topic.name, keyless);
      await produce(session, 'no key on the second', topic.name, mixed);
      await produce(session, 'keys', topic.name, records(2));
      await produce(
        session,
        'a tombstone',
        topic.name,
        buildBatch([{ key: Buffer.from('k'), value: null, timestampMs: RECORD_TIME_MS }]),
      );
      await produce(session, 'no key, an old version', topic.name, keyless, {}, 7);
    },
  },
  {
    name: 'Produce with codecs',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const list = [0, 1, 2].map((index) => ({
        key: Buffer.from(`k${index}`),
        value: Buffer.from('v'.repeat(50)),
        timestampMs: RECORD_TIME_MS,
      }));
      for (const [name, compression] of Object.entries(batch.CompressionCodec))
        await produce(session, name, topic.name, await buildCompressedBatch(list, { compression }));
      await produce(
        session,
        'zstd at v6',
        topic.name,
        await buildCompressedBatch(list, { compression: batch.CompressionCodec.ZSTD }),
        {},
        6,
      );
      await session.call('read back', 'Fetch', 12, {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1e6,
        topics: [{ topic: topic.name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
      });
      await session.call('zstd read at v9', 'Fetch', 9, {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1e6,
        topics: [{ topic: topic.name, partitions: [{ partition: 0, fetchOffset: 12, partitionMaxBytes: 1e6 }] }],
      });
    },
  },
  {
    name: 'Produce with compression.type of the topic',
    run: async (session) => {
      const list = [0, 1].map(() => ({ key: null, value: Buffer.from('v'.repeat(200)), timestampMs: RECORD_TIME_MS }));
      for (const type of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
        const topic = await session.createTopic(type, 1, { 'compression.type': type });
        await produce(session, `${type}: plain in`, topic.name, buildBatch(list));
        await produce(
          session,
          `${type}: gzip in`,
          topic.name,
          await buildCompressedBatch(list, { compression: batch.CompressionCodec.GZIP }),
        );
        for (const version of [4, 9, 12]) {
          await session.call(`${type}: read back at v${version}`, 'Fetch', version, {
            maxWaitMs: 100,
            minBytes: 1,
            maxBytes: 1e6,
            topics: [{ topic: topic.name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
          });
        }
      }
    },
  },
  {
    name: 'Produce with acks 0 is not answered',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const client = await session.connection('silent');
      const silent = frameOf('Produce', 9, 76, {
        acks: 0,
        timeoutMs: 1000,
        topicData: [{ name: topic.name, partitionData: [{ index: 0, records: records(2) }] }],
      });
      const answer = await client.exchange(Buffer.concat([silent, frameOf('ApiVersions', 0, 77, {})]));
      client.close();
      const id = typeof answer === 'string' ? answer : answer.readInt32BE(0);
      assert.equal(id, 77, 'the first answer is that to the second request');
      session.transcript.push({ step: 'correlation id of the first answer', answer: id });
      await session.call('the records are there', 'ListOffsets', 6, {
        replicaId: -1,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      });
    },
  },
  {
    name: 'Produce to internal topics',
    run: async (session) => {
      await session.awaitCoordinator(session.name('group'));
      await produce(session, 'offsets', '__consumer_offsets', records(1));
      await produce(session, 'with a transactional id', session.name('absent'), records(1), {
        transactionalId: session.name('transaction'),
      });
    },
  },
];
