/** Produce to plain topics: what is wrong inside of records, compressed or not, and how compressed payloads may be framed. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { codecNumbered } from '../../../../protocol/compression/codecs.ts';
import { xxHash32 } from '../../../../protocol/compression/xxhash32.ts';
import * as batch from '../../../../protocol/records/batch.ts';
import { buildBatch } from '../../../../protocol/records/build.ts';
import { RECORD_TIME_MS, records, type Case, type Session } from '../session.ts';

const { BATCH_OVERHEAD, BatchField } = batch;
const CODECS = [0, 1, 2, 3, 4] as const;
const SKIPPABLE = Buffer.from('502a4d1803000000ffffff', 'hex');

function produce(session: Session, step: string, topic: string, bytes: Buffer, version = 9): Promise<any> {
  return session.call(step, 'Produce', version, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: bytes }] }],
  });
}

function readBack(session: Session, topic: string): Promise<unknown> {
  return session.call('read back', 'Fetch', 12, {
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: 1e6,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
  });
}

/** Offsets by time, one after the other; -3 is that of the largest timestamp. */
async function offsets(session: Session, topic: string, times: readonly number[]): Promise<void> {
  for (const timestamp of times) {
    await session.call(`offset at ${timestamp - RECORD_TIME_MS}`, 'ListOffsets', 7, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
    });
  }
}

/** The header of `count` records over `payload`, with any change to it. */
function withPayload(payload: Buffer, codec: number, count: number, change?: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.concat([records(count).subarray(0, BATCH_OVERHEAD), payload]);
  bytes.writeInt32BE(bytes.length - batch.LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  bytes.writeInt16BE(codec, BatchField.ATTRIBUTES);
  change?.(bytes);
  batch.patchCrc(bytes, 0);
  return bytes;
}

async function compressed(body: Buffer, codec: number): Promise<Buffer> {
  return codec === 0 ? body : (await codecNumbered(codec)).compress(body);
}

function varint(value: number): number[] {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes: number[] = [];
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** A record of these parts behind its length, which is theirs unless another is given. */
function record(parts: readonly (readonly number[])[], length?: number): Buffer {
  const body = parts.flat();
  return Buffer.from([...varint(length ?? body.length), ...body]);
}

const KEY = [...varint(1), 107];
const VALUE = [...varint(2), 118, 119];
const NONE = varint(-1);
const START = [[0], varint(0), varint(0)];
const header = (keyLength: number, key: string, valueLength: number, value: string): number[] => [
  ...varint(keyLength),
  ...Buffer.from(key),
  ...varint(valueLength),
  ...Buffer.from(value),
];

/** Sound records, which everything else is measured by. */
const sound: Record<string, Buffer> = {
  'key and value': record([...START, KEY, VALUE, [0]]),
  'null key and value': record([...START, NONE, NONE, [0]]),
  'key of length -2': record([...START, varint(-2), VALUE, [0]]),
  'value of length -2': record([...START, KEY, varint(-2), [0]]),
  'empty key and value': record([...START, [0], [0], [0]]),
  'a header': record([...START, KEY, VALUE, varint(1), header(1, 'h', 1, 'v')]),
  'an empty header': record([...START, KEY, VALUE, varint(1), header(0, '', -1, '')]),
  'a header value of length -2': record([...START, KEY, VALUE, varint(1), header(1, 'h', -2, '')]),
  'a header key that is no text': record([...START, KEY, VALUE, varint(1), [...varint(1), 0xff, ...varint(0)]]),
  'all attribute bits': record([[0xff], ...START.slice(1), KEY, VALUE, [0]]),
  'a length in five bytes': Buffer.from([0x92, 0x80, 0x80, 0x80, 0, 0, 0, 0, ...KEY, ...VALUE, 0, 0].slice(0, 14)),
  'a timestamp in ten bytes': record([
    [0],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
    varint(0),
    KEY,
    VALUE,
    [0],
  ]),
  'an offset delta of 7': record([[0], varint(0), varint(7), KEY, VALUE, [0]]),
  'an offset delta of -7': record([[0], varint(0), varint(-7), KEY, VALUE, [0]]),
};

/** Records that Kafka refuses wherever they are. */
const broken: Record<string, Buffer> = {
  'no bytes': Buffer.alloc(0),
  'one byte': Buffer.from([0x80]),
  'a negative length': record([...START, KEY, VALUE, [0]], -1),
  'a length of six bytes': Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 0, 0, 1, 1, 0]),
  'a key beyond the end': record([...START, [...varint(900), 107], VALUE, [0]]),
  'a value beyond the end': record([...START, KEY, [...varint(900), 118], [0]]),
  'a key beyond all bounds': record([...START, [...varint(2_000_000_000), 107], VALUE, [0]]),
  'headers, a negative number': record([...START, KEY, VALUE, varint(-1)]),
  'more headers than there are': record([...START, KEY, VALUE, varint(2), header(1, 'h', 1, 'v')]),
  'very many headers': record([...START, KEY, VALUE, varint(2_000_000_000)]),
  'a header without a key': record([...START, KEY, VALUE, varint(1), header(-1, '', -1, '')]),
  'a header key of length -2': record([...START, KEY, VALUE, varint(1), header(-2, '', 1, 'v')]),
  'a header key beyond the end': record([...START, KEY, VALUE, varint(1), header(90, 'h', 1, 'v')]),
  'a header value beyond the end': record([...START, KEY, VALUE, varint(1), header(1, 'h', 90, 'v')]),
  'the second of two headers without a key': record([
    ...START,
    KEY,
    VALUE,
    varint(2),
    header(1, 'h', 1, 'v'),
    header(-1, '', 0, ''),
  ]),
  'a timestamp of eleven bytes': record([[0], [...Array(10).fill(0x80), 0], varint(0), KEY, VALUE, [0]]),
  'two where one is stated': Buffer.concat([
    record([...START, KEY, VALUE, [0]]),
    record([[0], [0], [2], KEY, VALUE, [0]]),
  ]),
  'a byte behind the last': Buffer.concat([record([...START, KEY, VALUE, [0]]), Buffer.alloc(1)]),
};

/** Records whose length is not that of their fields: Kafka skips over them in compressed batches. */
const misstated: Record<string, Buffer> = {
  'a length beyond the end': record([...START, KEY, VALUE, [0]], 1000),
  'a length too small': record([...START, KEY, VALUE, [0]], 8),
  'a length of nothing': record([...START, KEY, VALUE, [0]], 0),
  'an unused byte': record([...START, KEY, VALUE, [0], [0]]),
};

const structureCases: readonly Case[] = CODECS.map((codec) => ({
  name: `Produce checks the records of a batch with codec ${codec}`,
  run: async (session) => {
    const { name } = await session.createTopic('t');
    for (const [step, body] of Object.entries(sound))
      await produce(session, step, name, withPayload(await compressed(body, codec), codec, 1));
    for (const [step, body] of Object.entries(broken))
      await produce(session, step, name, withPayload(await compressed(body, codec), codec, 1));
    const two = record([...START, KEY, VALUE, [0]]);
    await produce(session, 'one where two are stated', name, withPayload(await compressed(two, codec), codec, 2));
    for (const deltas of [
      [0, 0],
      [1, 0],
      [0, 5],
      [5, 6],
      [-1, 1],
    ]) {
      const body = Buffer.concat(deltas.map((delta) => record([[0], varint(0), varint(delta), KEY, VALUE, [0]])));
      await produce(session, `deltas ${deltas}`, name, withPayload(await compressed(body, codec), codec, 2));
    }
    await readBack(session, name);
    const other = await session.createTopic('m');
    for (const [step, body] of Object.entries(misstated))
      await produce(session, `misstated: ${step}`, other.name, withPayload(await compressed(body, codec), codec, 1));
  },
}));

const timeCases: readonly Case[] = CODECS.map((codec) => ({
  name: `Produce does not believe the largest timestamp in the header, codec ${codec}`,
  run: async (session) => {
    const ten = buildBatch(
      Array.from({ length: 10 }, (_, i) => ({
        key: null,
        value: Buffer.from('v'),
        timestampMs: RECORD_TIME_MS + i * 1000,
      })),
    ).subarray(BATCH_OVERHEAD);
    for (const lie of [-1, 0, RECORD_TIME_MS + 3000, RECORD_TIME_MS + 99_000]) {
      const { name } = await session.createTopic(`t${lie}`);
      const change = (bytes: Buffer): void => batch.writeInt64(bytes, lie, BatchField.MAX_TIMESTAMP);
      await produce(session, `largest ${lie}`, name, withPayload(await compressed(ten, codec), codec, 10, change));
      await offsets(
        session,
        name,
        [0, 5000, 9000, 9001].map((ms) => RECORD_TIME_MS + ms),
      );
      await offsets(session, name, [-3]);
      await readBack(session, name);
    }
    const { name } = await session.createTopic('ahead');
    const times = [0, 7_200_000].map((ms) => ({ key: null, value: null, timestampMs: Date.now() + ms }));
    const body = buildBatch(times).subarray(BATCH_OVERHEAD);
    const sane = (bytes: Buffer): void => {
      batch.writeInt64(bytes, Date.now(), BatchField.BASE_TIMESTAMP);
      batch.writeInt64(bytes, Date.now(), BatchField.MAX_TIMESTAMP);
    };
    await produce(session, 'one ahead', name, withPayload(await compressed(body, codec), codec, 2, sane));
    for (const bits of [0x08, 0x40, 0x80, 0x4000]) {
      const odd = (bytes: Buffer): void => void bytes.writeInt16BE(codec | bits, BatchField.ATTRIBUTES);
      const wrong = (bytes: Buffer): void => {
        odd(bytes);
        batch.writeInt64(bytes, 7, BatchField.MAX_TIMESTAMP);
      };
      await produce(session, `bits ${bits}`, name, withPayload(await compressed(ten, codec), codec, 10, odd));
      await produce(
        session,
        `bits ${bits}, wrong time`,
        name,
        withPayload(await compressed(ten, codec), codec, 10, wrong),
      );
    }
    await readBack(session, name);
    const stamped = await session.createTopic('stamped', 1, { 'message.timestamp.type': 'LogAppendTime' });
    for (const lie of [-1, 0, Date.now() + 9_000_000]) {
      const change = (bytes: Buffer): void => batch.writeInt64(bytes, lie, BatchField.MAX_TIMESTAMP);
      await produce(session, 'stamped', stamped.name, withPayload(await compressed(ten, codec), codec, 10, change));
    }
    await readBack(session, stamped.name);
  },
}));

const body = (count: number, first = 0): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => record([[0], varint(i), varint(first + i), KEY, VALUE, [0]])));

/** An LZ4 frame of one block, which is stored as it is unless another bit says that it is compressed. */
function lz4Frame(
  content: Buffer,
  flags: number,
  descriptor = 0x40,
  contentSize?: number,
  storedBit = 0x80000000,
): Buffer {
  const size = Buffer.alloc(contentSize === undefined ? 0 : 8);
  if (contentSize !== undefined) size.writeUInt32LE(contentSize);
  const head = Buffer.concat([Buffer.from([flags, descriptor]), size]);
  const block = Buffer.alloc(4);
  block.writeUInt32LE((content.length | storedBit) >>> 0);
  const checksum = Buffer.from([(xxHash32(head) >>> 8) & 0xff]);
  return Buffer.concat([Buffer.from('04224d18', 'hex'), head, checksum, block, content, Buffer.alloc(4)]);
}

/** Two records as an LZ4 block: literals, the last of them repeated by a match, and no literals behind it. */
function lz4EndingInMatch(): Buffer {
  const zeros = Array<number>(20).fill(0);
  const literals = Buffer.concat([body(1), record([[0], varint(1), varint(1), KEY, [...varint(20), ...zeros], [0]])]);
  const kept = literals.subarray(0, literals.length - zeros.length);
  const match = [1, 0, zeros.length - 4 - 15];
  return Buffer.from([0xff, kept.length - 15, ...kept, ...match, 0]);
}

/** Payloads of two records, framed in many ways. */
const framings: Record<number, Record<string, Buffer>> = {
  1: {
    'two members': Buffer.concat([gzipSync(body(1)), gzipSync(body(1, 1))]),
    'an empty member first': Buffer.concat([gzipSync(''), gzipSync(body(2))]),
    'an empty member last': Buffer.concat([gzipSync(body(2)), gzipSync('')]),
    'a cut in a record': Buffer.concat([gzipSync(body(2).subarray(0, 5)), gzipSync(body(2).subarray(5))]),
  },
  2: {
    'a raw block': compressSync(body(2)),
  },
  3: {
    'a content size': lz4Frame(body(2), 0x68, 0x40, body(2).length),
    'a wrong content size': lz4Frame(body(2), 0x68, 0x40, 5),
    'a content checksum': compressFrameSync(body(2), { contentChecksum: true }),
    'blocks of 4 MiB': lz4Frame(body(2), 0x60, 0x70),
    'a wrong content checksum': Buffer.concat([lz4Frame(body(2), 0x64), Buffer.alloc(4)]),
  },
  4: {
    'two frames': Buffer.concat([zstdCompressSync(body(1)), zstdCompressSync(body(1, 1))]),
    'an empty frame first': Buffer.concat([zstdCompressSync(''), zstdCompressSync(body(2))]),
    'an empty frame last': Buffer.concat([zstdCompressSync(body(2)), zstdCompressSync('')]),
    'a skippable frame first': Buffer.concat([SKIPPABLE, zstdCompressSync(body(2))]),
    'a skippable frame between': Buffer.concat([zstdCompressSync(body(1)), SKIPPABLE, zstdCompressSync(body(1, 1))]),
    'a skippable frame last': Buffer.concat([zstdCompressSync(body(2)), SKIPPABLE]),
    'a cut in a record': Buffer.concat([
      zstdCompressSync(body(2).subarray(0, 5)),
      zstdCompressSync(body(2).subarray(5)),
    ]),
  },
};

/** Payloads that Kafka does not read either, or of which it reads the beginning only. */
const oddFramings: Record<number, Record<string, Buffer>> = {
  1: { 'bytes behind it': Buffer.concat([gzipSync(body(2)), Buffer.from('more')]) },
  2: {
    'bytes behind it': Buffer.concat([compressSync(body(2)), Buffer.from('more')]),
  },
  3: {
    'two frames': Buffer.concat([lz4Frame(body(1), 0x60), lz4Frame(body(1, 1), 0x60)]),
    'all in the first of two frames': Buffer.concat([lz4Frame(body(2), 0x60), lz4Frame(body(1), 0x60)]),
    'a skippable frame first': Buffer.concat([SKIPPABLE, lz4Frame(body(2), 0x60)]),
    'a skippable frame last': Buffer.concat([lz4Frame(body(2), 0x60), SKIPPABLE]),
    'linked blocks': lz4Frame(body(2), 0x40),
    'a dictionary': lz4Frame(body(2), 0x61),
    'an unknown version': lz4Frame(body(2), 0x20),
    'blocks of 16 KiB': lz4Frame(body(2), 0x60, 0x30),
    'no end': lz4Frame(body(2), 0x60).subarray(0, -4),
    'a block that ends in a match': lz4Frame(lz4EndingInMatch(), 0x60, 0x40, undefined, 0),
  },
  4: {
    'bytes behind it': Buffer.concat([zstdCompressSync(body(2)), Buffer.from('more bytes')]),
    'no end': zstdCompressSync(body(2)).subarray(0, -3),
  },
};

const framingCases: readonly Case[] = ([1, 2, 3, 4] as const).map((codec) => ({
  name: `Produce of payloads of codec ${codec} in every framing`,
  run: async (session) => {
    for (const type of ['producer', 'uncompressed']) {
      const { name } = await session.createTopic(type, 1, { 'compression.type': type });
      for (const [step, payload] of Object.entries(framings[codec] ?? {}))
        await produce(session, step, name, withPayload(payload, codec, 2));
      if (codec === 2) {
        const [one, two] = [await compressed(body(1), 2), await compressed(body(1, 1), 2)];
        await produce(session, 'two streams', name, withPayload(Buffer.concat([one, two]), codec, 2));
      }
      await readBack(session, name);
      const odd = await session.createTopic(`odd-${type}`, 1, { 'compression.type': type });
      for (const [step, payload] of Object.entries(oddFramings[codec] ?? {}))
        await produce(session, `odd: ${step}`, odd.name, withPayload(payload, codec, 2));
    }
  },
}));

const encodingCases: readonly Case[] = [
  {
    name: 'old versions produce to a topic with zstd',
    run: async (session) => {
      const { name } = await session.createTopic('t', 1, { 'compression.type': 'zstd' });
      for (const version of [3, 4, 5, 6, 7]) {
        for (const codec of CODECS) {
          const bytes = withPayload(await compressed(body(2), codec), codec, 2);
          await produce(session, `version ${version}, codec ${codec}`, name, bytes, version);
        }
      }
      await session.call('how many', 'ListOffsets', 6, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      });
    },
  },
  {
    name: 'a batch that is encoded anew keeps its times, or gets one',
    run: async (session) => {
      for (const type of ['CreateTime', 'LogAppendTime']) {
        for (const target of ['gzip', 'uncompressed', 'zstd']) {
          const config = { 'compression.type': target, 'message.timestamp.type': type };
          const { name } = await session.createTopic(`${type}-${target}`, 1, config);
          for (const codec of CODECS) {
            const bits = (more: number, maxMs: number) => (bytes: Buffer) => {
              bytes.writeInt16BE(codec | more, BatchField.ATTRIBUTES);
              batch.writeInt64(bytes, maxMs, BatchField.MAX_TIMESTAMP);
            };
            const payload = await compressed(body(3), codec);
            await produce(session, `codec ${codec}`, name, withPayload(payload, codec, 3));
            await produce(
              session,
              `${codec} claims`,
              name,
              withPayload(payload, codec, 3, bits(8, RECORD_TIME_MS + 77)),
            );
            await produce(session, `${codec} claims none`, name, withPayload(payload, codec, 3, bits(8, -1)));
            await produce(session, `${codec} lies`, name, withPayload(payload, codec, 3, bits(0, 5)));
            const shifted = await compressed(body(3, 4), codec);
            await produce(session, `${codec} from 4`, name, withPayload(shifted, codec, 3));
          }
          await readBack(session, name);
          // Which batch has the largest time of the broker's clock depends on the clock.
          await offsets(session, name, type === 'CreateTime' ? [-3, RECORD_TIME_MS + 2] : [RECORD_TIME_MS + 2]);
        }
      }
    },
  },
  {
    name: 'a batch with bad records does not use up its sequence, in any codec',
    run: async (session) => {
      const { name } = await session.createTopic('t');
      const { producerId } = await session.quietly('InitProducerId', 4, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      let sequence = 0;
      for (const codec of CODECS) {
        const sequenced = (bytes: Buffer): void => {
          bytes.writeBigInt64BE(BigInt(producerId), BatchField.PRODUCER_ID);
          bytes.writeInt16BE(0, BatchField.PRODUCER_EPOCH);
          bytes.writeInt32BE(sequence, BatchField.BASE_SEQUENCE);
        };
        const bad = await compressed(broken['a header without a key'] as Buffer, codec);
        const good = await compressed(sound['a header'] as Buffer, codec);
        await produce(session, `codec ${codec}, bad`, name, withPayload(bad, codec, 1, sequenced));
        await produce(session, `codec ${codec}, good`, name, withPayload(good, codec, 1, sequenced));
        await produce(session, `codec ${codec}, good again`, name, withPayload(good, codec, 1, sequenced));
        sequence++;
      }
      await readBack(session, name);
    },
  },
];

export const recordStructureCases: readonly Case[] = [
  ...structureCases,
  ...timeCases,
  ...framingCases,
  ...encodingCases,
];
