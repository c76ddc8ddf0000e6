/** Produce where the broker looks at records: a compacted topic, one with a codec of its own, and headers that lie. */
import * as batch from '../../../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../../../protocol/records/build.ts';
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';

const { BATCH_OVERHEAD, BatchField } = batch;
const CODECS = [1, 2, 3, 4] as const;

function produce(session: Session, step: string, topic: string, bytes: Buffer, more: object = {}) {
  return session.call(step, 'Produce', 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: bytes }] }],
    ...more,
  });
}

function readBack(session: Session, topic: string) {
  return session.call('read back', 'Fetch', 12, {
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: 1e6,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
  });
}

/** A batch with this header of `count` records, and these bytes for them. */
function withBody(body: Buffer, codec: number, count = 1): Buffer {
  const bytes = Buffer.concat([records(count).subarray(0, BATCH_OVERHEAD), body]);
  bytes.writeInt32BE(bytes.length - batch.LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  bytes.writeInt16BE(codec, BatchField.ATTRIBUTES);
  batch.patchCrc(bytes, 0);
  return bytes;
}

function changed(source: Buffer, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(source);
  change(bytes);
  batch.patchCrc(bytes, 0);
  return bytes;
}

/** The bytes of one record with key `k` and value `v`, up to its headers. */
function record(fields: { length?: number; attributes?: number; offset?: number; key?: number; value?: number } = {}) {
  const zigzag = (value: number): number => (value << 1) ^ (value >> 31);
  const { length = 8, attributes = 0, offset = 0, key = 1, value = 1 } = fields;
  return Buffer.from([zigzag(length), attributes, 0, zigzag(offset), zigzag(key), 107, zigzag(value), 118, 0]);
}

const list = [0, 1, 2].map((index) => ({
  key: Buffer.from(`k${index}`),
  value: Buffer.from('v'.repeat(40)),
  timestampMs: RECORD_TIME_MS,
}));

export const recordEdgeCases: readonly Case[] = [
  {
    name: 'a compacted topic looks at every record',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'cleanup.policy': 'compact' });
      const broken: Record<string, Buffer> = {
        'one good': withBody(record(), 0),
        'an attribute': withBody(record({ attributes: 1 }), 0),
        'no bytes': withBody(Buffer.alloc(0), 0),
        'a length too large': withBody(record({ length: 9 }), 0),
        'a length too small': withBody(record({ length: 7 }), 0),
        'a negative length': withBody(record({ length: -1 }), 0),
        'a key too long': withBody(record({ key: 50 }), 0),
        'a key of length -2': withBody(record({ key: -2 }), 0),
        'a value too long': withBody(record({ value: 50 }), 0),
        'a value of length -2': withBody(record({ value: -2 }), 0),
        'two where one is stated': withBody(Buffer.concat([record(), record({ offset: 1 })]), 0, 1),
        'one where two are stated': withBody(record(), 0, 2),
        'a byte too many': withBody(Buffer.concat([record(), Buffer.alloc(1)]), 0),
        'a negative count of headers': withBody(Buffer.from([...record().subarray(0, 8), 1]), 0),
        'a header that is not there': withBody(Buffer.from([...record().subarray(0, 8), 2]), 0),
      };
      for (const [step, bytes] of Object.entries(broken)) await produce(session, step, name, bytes);
      await readBack(session, name);
    },
  },
  ...CODECS.map((codec) => ({
    name: `a compacted topic expands codec ${codec}`,
    run: async (session: Session) => {
      const { name } = await session.createTopic('t', 1, { 'cleanup.policy': 'compact' });
      const good = await buildCompressedBatch(list, { compression: codec });
      const body = good.subarray(BATCH_OVERHEAD);
      const keyless = await buildCompressedBatch(
        list.map((one, index) => (index === 1 ? { ...one, key: null } : one)),
        { compression: codec },
      );
      await produce(session, 'good', name, good);
      await produce(session, 'one without a key', name, keyless);
      await produce(session, 'garbage', name, withBody(Buffer.alloc(40, 0xa5), codec));
      await produce(session, 'nothing', name, withBody(Buffer.alloc(0), codec));
      await produce(session, 'cut off', name, withBody(Buffer.from(body.subarray(0, body.length - 5)), codec, 3));
      await produce(
        session,
        'fewer than stated',
        name,
        changed(good, (bytes) => {
          bytes.writeInt32BE(4, BatchField.RECORDS_COUNT);
          bytes.writeInt32BE(3, BatchField.LAST_OFFSET_DELTA);
        }),
      );
      await produce(
        session,
        'more than stated',
        name,
        changed(good, (bytes) => {
          bytes.writeInt32BE(2, BatchField.RECORDS_COUNT);
          bytes.writeInt32BE(1, BatchField.LAST_OFFSET_DELTA);
        }),
      );
      await readBack(session, name);
    },
  })),
  {
    name: 'a compacted topic corrects what the header says of times',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'cleanup.policy': 'compact' });
      const max = (timeMs: number) =>
        changed(records(3), (bytes) => batch.writeInt64(bytes, timeMs, BatchField.MAX_TIMESTAMP));
      await produce(session, 'too small', name, max(5));
      await produce(session, 'too large', name, max(RECORD_TIME_MS + 999_999));
      await produce(session, 'ahead', name, max(Date.now() + 9_000_000));
      await produce(session, 'none', name, max(-1));
      await readBack(session, name);
    },
  },
  {
    name: 'a topic with a codec of its own looks at records',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'compression.type': 'gzip' });
      await produce(session, 'no bytes', name, withBody(Buffer.alloc(0), 0));
      await produce(
        session,
        'two where one is stated',
        name,
        withBody(Buffer.concat([record(), record({ offset: 1 })]), 0, 1),
      );
      await produce(session, 'one where two are stated', name, withBody(record(), 0, 2));
      await produce(session, 'garbage in zstd', name, withBody(Buffer.alloc(40, 0xa5), 4));
      const plain = await session.createTopic('u', 1, { 'compression.type': 'uncompressed' });
      await produce(session, 'garbage in snappy', plain.name, withBody(Buffer.alloc(40, 0xa5), 2));
      await produce(session, 'good gzip', plain.name, await buildCompressedBatch(list, { compression: 1 }));
      await produce(session, 'no key', plain.name, buildBatch([{ key: null, value: null, timestampMs: 7 }]));
      await readBack(session, plain.name);
    },
  },
  {
    name: 'a topic bounds the records of compressed batches',
    run: async (session) => {
      const sized = (...sizes: number[]) =>
        sizes.map((size) => ({ key: Buffer.from('k'), value: Buffer.alloc(size, 7), timestampMs: RECORD_TIME_MS }));
      for (const policy of ['delete', 'compact']) {
        for (const type of ['producer', 'zstd', 'uncompressed']) {
          const { name } = await session.createTopic(`${policy}-${type}`, 1, {
            'max.decompressed.message.bytes': '5000',
            'cleanup.policy': policy,
            'compression.type': type,
          });
          for (const compression of [0, 1, 2, 3, 4] as const) {
            const send = async (step: string, ...sizes: number[]) =>
              produce(
                session,
                `${policy} ${type} ${compression}: ${step}`,
                name,
                await buildCompressedBatch(sized(...sizes), { compression }),
              );
            await send('the largest', 4992);
            await send('one byte more', 4993);
            await send('several', 4000, 4000, 4000);
            await send('the last too large', 10, 10, 6000);
          }
        }
      }
    },
  },
  {
    name: 'a transactional id does not matter to a batch that is none',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const answer = await session.quietly('InitProducerId', 4, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      const sequenced = records(1, { producerId: answer.producerId, producerEpoch: 0, baseSequence: 0 });
      await produce(session, 'plain', name, records(1), { transactionalId: session.name('x') });
      await produce(session, 'idempotent', name, sequenced, { transactionalId: session.name('x') });
      await produce(session, 'empty id', name, records(1), { transactionalId: '' });
    },
  },
];
