/** The compression codecs: both ways, in every framing clients use, and against hostile input. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync, compressSync as compressBlockSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { type Codec, codecNumbered, decompress } from '../../../protocol/compression/codecs.ts';
import { BlockExpander } from '../../../protocol/compression/block-expander.ts';
import { lz4BlockModule } from '../../../protocol/compression/lz4-block.ts';
import { snappyBlockModule } from '../../../protocol/compression/snappy-block.ts';
import { KeptEngine } from '../../../protocol/compression/zlib-pieces.ts';
import { xxHash32 } from '../../../protocol/compression/xxhash32.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { CompressionCodec, verifyCrc } from '../../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../../protocol/records/build.ts';
import { decodeRecords, decodeRecordsSync } from '../../../protocol/records/iterate.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { assemble } from '../../support/wat.ts';

const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
const MAX = 1 << 20;
const invalidRecord = { name: 'KafkaError', code: ErrorCode.INVALID_RECORD };
const noise = seededRandom(7).bytes(100_000);
const samples = {
  empty: Buffer.alloc(0),
  'one byte': Buffer.from('v'),
  'a text of several blocks': Buffer.alloc(300_000, 'a record batch is never re-encoded on the hot path. '),
  'noise of several blocks': noise,
  'exactly one block': Buffer.alloc(65_536, 'x'),
};

for (const [name, number] of Object.entries(CODECS)) {
  for (const [what, bytes] of Object.entries(samples)) {
    test(`${name} gives back ${what}`, async () => {
      const codec = await codecNumbered(number);
      const compressed = await codec.compress(bytes);
      assert.ok((await decompress(codec, compressed, bytes.length || 1)).equals(bytes));
    });
  }

  test(`${name} answers INVALID_RECORD one byte over the bound, and for a bomb`, async () => {
    const codec = await codecNumbered(number);
    for (const bytes of [samples['one byte'], noise, samples['a text of several blocks'], Buffer.alloc(20 * MAX)]) {
      const compressed = await codec.compress(bytes);
      await assert.rejects(decompress(codec, compressed, bytes.length - 1), {
        ...invalidRecord,
        message: /expand to more/,
      });
      await assert.rejects(decompress(codec, compressed, 0), invalidRecord);
    }
  });

  test(`${name} refuses input that is cut off anywhere`, async () => {
    const codec = await codecNumbered(number);
    const text = samples['a text of several blocks'];
    const whole = await codec.compress(text);
    const taken: number[] = [];
    for (let length = 0; length < whole.length; length += 1 + Math.floor(length / 50)) {
      await decompress(codec, whole.subarray(0, length), MAX).then(
        (plain) => taken.push(plain.length),
        (error: unknown) => assert.equal((error as { code: number }).code, ErrorCode.INVALID_RECORD),
      );
    }
    // The header of snappy's framing alone is a payload of no blocks.
    assert.deepEqual(taken, name === 'snappy' ? [0] : []);
  });

  test(`${name} survives damaged input`, async () => {
    const codec = await codecNumbered(number);
    const random = seededRandom(number);
    const whole = await codec.compress(samples['a text of several blocks'].subarray(0, 70_000));
    const outcome = async (bytes: Buffer): Promise<void> => {
      await decompress(codec, bytes, MAX).then(
        (plain) => assert.ok(plain.length <= MAX),
        (error: unknown) => assert.equal((error as { code: number }).code, ErrorCode.INVALID_RECORD),
      );
    };
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(whole);
      for (let flips = random.int(4); flips >= 0; flips--) bytes[random.int(bytes.length)] = random.int(256);
      await outcome(bytes);
    }
    for (let i = 0; i < 100; i++) await outcome(random.bytes(random.int(200)));
  });

  test(`a batch compressed with ${name} has a valid CRC and decodes to its records`, async () => {
    const records = Array.from({ length: 50 }, (_, i) => ({
      key: Buffer.from(`key ${i}`),
      value: i % 7 === 0 ? null : Buffer.alloc(i * 20, `${i}`),
      headers: [{ key: 'h', value: i % 2 === 0 ? null : Buffer.from([i]) }],
      timestampMs: 1_700_000_000_000 + i * 1000,
    }));
    const batch = await buildCompressedBatch(records, { compression: number, baseOffset: 100 });
    assert.equal(verifyCrc(batch, 0), true);
    assert.throws(() => decodeRecordsSync(batch), { code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE });
    assert.deepEqual(
      await decodeRecords(batch),
      records.map((record, i) => ({ offset: 100 + i, ...record })),
    );
  });
}

test('an unknown codec is UNSUPPORTED_COMPRESSION_TYPE', async () => {
  for (const number of [-1, 0, 5, 7]) {
    await assert.rejects(codecNumbered(number), { code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE });
  }
  assert.equal(CompressionCodec.NONE, 0);
});

test('gzip reads streams of several members', async () => {
  const codec = await codecNumbered(CODECS.gzip);
  const joined = Buffer.concat([gzipSync('one '), gzipSync('two')]);
  assert.equal((await decompress(codec, joined, 7)).toString(), 'one two');
  await assert.rejects(decompress(codec, joined, 6), invalidRecord);
});

test('zstd reads several frames, with and without a stated size', async () => {
  const codec = await codecNumbered(CODECS.zstd);
  const stated = zstdCompressSync('one ', { pledgedSrcSize: 4 } as object);
  const unstated = zstdCompressSync('two', { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  const joined = Buffer.concat([stated, unstated]);
  assert.equal((await decompress(codec, joined, 7)).toString(), 'one two');
  await assert.rejects(decompress(codec, joined, 6), invalidRecord);
  await assert.rejects(decompress(codec, Buffer.concat([joined, Buffer.from('more')]), 100), invalidRecord);
});

test('levels change what gzip and zstd write, not what is read back', async () => {
  const text = samples['a text of several blocks'];
  for (const [number, low, high] of [
    [CODECS.gzip, 1, 9],
    [CODECS.zstd, 1, 19],
    [CODECS.zstd, -5, 3],
  ] as const) {
    const codec = await codecNumbered(number);
    const [fast, small] = [await codec.compress(text, low), await codec.compress(text, high)];
    assert.ok(small.length < fast.length);
    assert.ok((await decompress(codec, fast, MAX)).equals(text));
  }
});

test('snappy reads raw blocks and the Java framing, and writes the Java framing', async () => {
  const codec = await codecNumbered(CODECS.snappy);
  const framed = Buffer.from('82534e4150505900000000010000000100000003010076', 'hex');
  assert.equal((await decompress(codec, framed, 1)).toString(), 'v');
  assert.deepEqual(await codec.compress(Buffer.from('v')), framed);
  assert.ok((await decompress(codec, compressSync(noise), noise.length)).equals(noise));
});

test('snappy refuses a block that states far more than it holds, before it allocates', async () => {
  const codec = await codecNumbered(CODECS.snappy);
  const lie = Buffer.from('ffffffff0f00', 'hex');
  await assert.rejects(decompress(codec, lie, 2 ** 33), invalidRecord);
});

test('xxHash32 gives the published values', () => {
  assert.equal(xxHash32(Buffer.alloc(0)), 0x02cc5d05);
  assert.equal(xxHash32(Buffer.from('abc')), 0x32d153ff);
  assert.equal(xxHash32(Buffer.from('Nobody inspects the spammish repetition')), 0xe2293b2f);
  assert.equal((xxHash32(Buffer.from([0x60, 0x40])) >>> 8) & 0xff, 0x82);
});

test('lz4 writes frames that another reader of frames takes', async () => {
  const { decompressFrameSync } = await import('lz4-napi');
  const codec = await codecNumbered(CODECS.lz4);
  for (const bytes of Object.values(samples)) {
    if (bytes.length > 0) assert.ok(decompressFrameSync(await codec.compress(bytes)).equals(bytes));
  }
});

/** Expands the way that large payloads go. */
async function expandLarge(codec: Codec, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await codec.expand(bytes, maxBytes, (piece) => void pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}

const both = [decompress, expandLarge];
const SKIPPABLE = Buffer.from('512a4d1803000000ffffff', 'hex');
const large = Buffer.concat(Array.from({ length: 30 }, (_, i) => Buffer.concat([noise, Buffer.alloc(9000, `${i}`)])));

for (const [name, number] of Object.entries(CODECS)) {
  test(`${name} expands what is large in pieces, and to no more than the bound`, async () => {
    const codec = await codecNumbered(number);
    const compressed = await codec.compress(large);
    assert.equal(
      codec.expandNow(compressed, large.length, () => undefined),
      false,
    );
    assert.ok((await decompress(codec, compressed, large.length)).equals(large));
    for (const bytes of [Buffer.from('v'), samples['a text of several blocks'], large]) {
      const input = await codec.compress(bytes);
      assert.ok((await expandLarge(codec, input, bytes.length)).equals(bytes));
      const tooLarge = { ...invalidRecord, message: /expand to more/ };
      await assert.rejects(expandLarge(codec, input, bytes.length - 1), tooLarge);
      await assert.rejects(expandLarge(codec, input.subarray(0, input.length - 2), bytes.length), invalidRecord);
    }
  });

  test(`${name} refuses bytes that follow its payload, and what the taker throws stays what it is`, async () => {
    const codec = await codecNumbered(number);
    const compressed = await codec.compress(Buffer.from('some records'));
    for (const expand of both) {
      for (const rest of ['00', '0000000000000000', '1f', 'ffffffff', '04224d18']) {
        await assert.rejects(expand(codec, Buffer.concat([compressed, Buffer.from(rest, 'hex')]), 1000), invalidRecord);
      }
    }
    const own = new KafkaError(ErrorCode.INVALID_TIMESTAMP);
    const refuse = (): never => {
      throw own;
    };
    assert.throws(() => codec.expandNow(compressed, 1000, refuse), own);
    await assert.rejects(codec.expand(compressed, 1000, refuse), own);
  });
}

test('what is cut off is not expanded at once, and does not harm what comes next', async () => {
  const text = Buffer.from('records of some length, '.repeat(40));
  for (const [name, number] of Object.entries(CODECS)) {
    const codec = await codecNumbered(number);
    const whole = await codec.compress(text);
    for (let length = 0; length < whole.length; length++) {
      const taken: Buffer[] = [];
      const isExpanded = (bytes: Buffer): boolean => {
        try {
          return codec.expandNow(bytes, MAX, (piece) => void taken.push(Buffer.from(piece)));
        } catch (error) {
          assert.equal((error as KafkaError).code, ErrorCode.INVALID_RECORD);
          return false;
        }
      };
      // A snappy stream may end behind any block, and behind its header.
      if (!(number === CODECS.snappy && length === 16)) {
        assert.equal(isExpanded(whole.subarray(0, length)), false, `${name}, ${length} of ${whole.length}`);
      }
      taken.length = 0;
      assert.equal(isExpanded(whole), true, name);
      assert.ok(Buffer.concat(taken).equals(text), name);
    }
  }
});

test('small payloads are expanded at once, and into memory that is used again', async () => {
  for (const number of [CODECS.gzip, CODECS.zstd]) {
    const codec = await codecNumbered(number);
    const places = new Set<ArrayBufferLike>();
    for (const bytes of [samples['one byte'], noise, samples['a text of several blocks']]) {
      const compressed = await codec.compress(bytes);
      assert.equal(
        codec.expandNow(compressed, bytes.length, (piece) => void places.add(piece.buffer)),
        true,
      );
      assert.equal(
        codec.expandNow(compressed, bytes.length - 1, () => undefined),
        false,
      );
    }
    assert.equal(places.size, 1);
  }
});

test('an engine that finds nothing behind its stream leaves all to others, and makes one stream only', () => {
  let made = 0;
  const engine = new KeptEngine(() => {
    made++;
    return new PassThrough();
  }, constants.Z_FINISH);
  for (let i = 0; i < 3; i++) assert.equal(engine.expand(gzipSync('text'), Buffer.alloc(100)), -1);
  assert.equal(made, 1);
});

test('zstd reads skippable frames wherever they are', async () => {
  const codec = await codecNumbered(CODECS.zstd);
  const [one, two] = [zstdCompressSync('one '), zstdCompressSync('two')];
  for (const expand of both) {
    for (const frames of [
      [SKIPPABLE, one, two],
      [one, SKIPPABLE, two],
      [one, two, SKIPPABLE],
    ])
      assert.equal((await expand(codec, Buffer.concat(frames), 7)).toString(), 'one two');
  }
});

test('snappy reads streams one after the other, and refuses a version it does not know', async () => {
  const codec = await codecNumbered(CODECS.snappy);
  const [one, two] = [await codec.compress(Buffer.from('one ')), await codec.compress(Buffer.from('two'))];
  for (const expand of both) {
    assert.equal((await expand(codec, Buffer.concat([one, two]), 7)).toString(), 'one two');
    for (const version of [0, -1]) {
      const old = Buffer.from(one);
      old.writeInt32BE(version, 8);
      await assert.rejects(expand(codec, old, 7), invalidRecord);
    }
    // Of the oldest version that may read it, Java's library thinks nothing.
    const odd = Buffer.from(one);
    odd.writeInt32BE(0, 12);
    assert.equal((await expand(codec, odd, 7)).toString(), 'one ');
  }
});

test('what this expands of snappy is what the library expands', async () => {
  const codec = await codecNumbered(CODECS.snappy);
  const random = seededRandom(11);
  for (let i = 0; i < 200; i++) {
    const words = Array.from({ length: random.int(400) }, () => 'abcdefgh'.slice(0, random.int(9)));
    const bytes = Buffer.concat([Buffer.from(words.join('')), random.bytes(random.int(100))]);
    assert.ok((await decompress(codec, compressSync(bytes), 100_000)).equals(bytes));
  }
});

test('lz4 reads one frame, with checksums or without, as Kafka does: what comes before or after it is refused', async () => {
  const codec = await codecNumbered(CODECS.lz4);
  const text = samples['a text of several blocks'];
  const options = { contentChecksum: true, blockChecksums: true };
  const frame = compressFrameSync(text, options);
  for (const expand of both) {
    assert.ok((await expand(codec, frame, MAX)).equals(text));
    for (const frames of [
      [frame, frame],
      [SKIPPABLE, frame],
      [frame, SKIPPABLE],
    ])
      await assert.rejects(expand(codec, Buffer.concat(frames), MAX), invalidRecord);
  }
  const damaged = compressFrameSync(noise, options);
  damaged[5000] = (damaged[5000] as number) ^ 1;
  await assert.rejects(decompress(codec, damaged, MAX), invalidRecord);
});

test('lz4 refuses linked blocks, which Kafka cannot read', async () => {
  const codec = await codecNumbered(CODECS.lz4);
  const frame = (flags: number): Buffer => {
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40]);
    const checksum = Buffer.from([(xxHash32(header.subarray(4)) >>> 8) & 0xff]);
    return Buffer.concat([header, checksum, Buffer.from('08000080', 'hex'), Buffer.from('abcdefgh'), Buffer.alloc(4)]);
  };
  assert.equal((await decompress(codec, frame(0x60), 100)).toString(), 'abcdefgh');
  await assert.rejects(decompress(codec, frame(0x40), 100), invalidRecord);
});

test('lz4 refuses blocks that end in a match, or too near to one: some readers take them, that in Java does not', async () => {
  const codec = await codecNumbered(CODECS.lz4);
  const frame = (block: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    return Buffer.concat([Buffer.from('04224d18604082', 'hex'), size, block, Buffer.alloc(4)]);
  };
  /** One literal, copied so often, with what follows. */
  const run = (matchBytes: number, rest: string): Buffer => {
    const more = matchBytes - 4 - 15;
    const length = Buffer.concat([Buffer.alloc(Math.floor(more / 255), 255), Buffer.from([more % 255])]);
    return frame(Buffer.concat([Buffer.from([0x1f, 97, 1, 0]), length, Buffer.from(rest, 'latin1')]));
  };
  for (const expand of both) {
    for (const [matchBytes, literals] of [
      [300, '\x50abcde'],
      [65_530, '\x50abcde'],
      [65_523, '\xc0abcdefghijkl'],
    ] as const)
      assert.equal((await expand(codec, run(matchBytes, literals), MAX)).length, matchBytes + literals.length);
    for (const rest of ['', '\x00', '\x10a', '\x40abcd', '\x00\x01\x00\x50abcd'])
      await assert.rejects(expand(codec, run(300, rest), MAX), invalidRecord);
    // A match of four bytes ahead of the last five literals begins 9 bytes before the end of the room.
    await assert.rejects(expand(codec, run(65_526, '\x00\x01\x00\x50abcde'), MAX), invalidRecord);
    await assert.rejects(expand(codec, run(65_531, '\x50abcde'), MAX), invalidRecord);
  }
});

const blockCodecs = {
  // The library puts the length in front.
  lz4: { module: lz4BlockModule, compress: (bytes: Buffer) => compressBlockSync(bytes).subarray(4) },
  snappy: {
    module: snappyBlockModule,
    compress: (bytes: Buffer) => {
      const block = compressSync(bytes);
      return block.subarray(block.findIndex((byte) => byte < 0x80) + 1);
    },
  },
};

for (const [name, { module, compress }] of Object.entries(blockCodecs)) {
  test(`the WebAssembly that expands ${name} blocks is what its source says`, () => {
    const source = new URL(`../../../protocol/compression/${name}-block.wat`, import.meta.url);
    assert.ok(module.equals(assemble(readFileSync(source, 'utf8'))));
  });

  test(`${name} blocks expand to what the library made them of, and damaged ones to no more than is asked for`, () => {
    const random = seededRandom(5);
    const expander = new BlockExpander(module);
    const make = (): Buffer => {
      const period = 1 + random.int(random.int(3) === 0 ? 3000 : 40);
      const bytes = random.bytes(1 + random.int(random.int(10) === 0 ? 100_000 : 700));
      for (let i = period; i < bytes.length; i++) if (random.int(10) > 2) bytes[i] = bytes[i - period] as number;
      return bytes;
    };
    for (let round = 0; round < 500; round++) {
      const bytes = make();
      const block = compress(bytes);
      const expand = (input: Buffer, maxBytes: number): number => {
        expander.begin(input, maxBytes);
        return expander.expand(0, input.length, maxBytes);
      };
      assert.equal(expand(block, bytes.length), bytes.length);
      assert.ok(expander.output.equals(bytes));
      assert.equal(expand(block, bytes.length - 1), -1);
      assert.ok(expand(block.subarray(0, block.length - 1), bytes.length) < bytes.length);
      for (let i = 0; i < 5; i++) {
        const damaged = Buffer.from(block);
        damaged[random.int(damaged.length)] = random.int(256);
        assert.ok(expand(damaged, bytes.length) <= bytes.length);
      }
    }
  });
}
