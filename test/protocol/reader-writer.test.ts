/** Primitive types: bytes as Kafka has them, limits, and what is refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtocolError } from '../../protocol/errors.ts';
import type { RecordsSource } from '../../protocol/input.ts';
import { Reader, ZERO_UUID } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';

function written(write: (writer: Writer) => void): string {
  const writer = new Writer();
  write(writer);
  return writer.toBuffer().toString('hex');
}

function from(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'));
}

function fails(code: string, read: () => unknown): void {
  assert.throws(read, (error: unknown) => {
    assert.ok(error instanceof ProtocolError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

describe('integers', () => {
  test('are big-endian and keep their sign', () => {
    assert.equal(
      written((w) => w.int8(-2)),
      'fe',
    );
    assert.equal(
      written((w) => w.int16(-2)),
      'fffe',
    );
    assert.equal(
      written((w) => w.uint16(0xfffe)),
      'fffe',
    );
    assert.equal(
      written((w) => w.int32(0x01020304)),
      '01020304',
    );
    assert.equal(
      written((w) => w.uint32(0xfffffffe)),
      'fffffffe',
    );
    assert.equal(
      written((w) => w.int64(-(2n ** 63n))),
      '8000000000000000',
    );
    assert.equal(from('fe').int8(), -2);
    assert.equal(from('fffe').int16(), -2);
    assert.equal(from('fffe').uint16(), 0xfffe);
    assert.equal(from('fffffffe').int32(), -2);
    assert.equal(from('fffffffe').uint32(), 0xfffffffe);
    assert.equal(from('8000000000000000').int64(), -(2n ** 63n));
  });

  test('that do not fit are refused when written', () => {
    fails('out-of-range', () => written((w) => w.int8(128)));
    fails('out-of-range', () => written((w) => w.int16(-32_769)));
    fails('out-of-range', () => written((w) => w.uint16(-1)));
    fails('out-of-range', () => written((w) => w.int32(2 ** 31)));
    fails('out-of-range', () => written((w) => w.int32(Number.NaN)));
    fails('out-of-range', () => written((w) => w.int32(0.5)));
    fails('out-of-range', () => written((w) => w.uint32(-1)));
    fails('out-of-range', () => written((w) => w.int64(2n ** 63n)));
    fails('out-of-range', () => written((w) => w.offset(2 ** 53)));
    fails('out-of-range', () => written((w) => w.offset(1.5)));
  });

  test('of 64 bits read as a number are exact up to 2^53 and saturate beyond', () => {
    for (const value of [0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 2, -(2 ** 53) + 2, 1_700_000_000_000]) {
      const hex = written((w) => w.offset(value));
      assert.equal(hex, BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0'));
      assert.equal(from(hex).offset(), value);
    }
    assert.equal(from('0020000000000000').offset(), Number.MAX_SAFE_INTEGER);
    assert.equal(from('7fffffffffffffff').offset(), Number.MAX_SAFE_INTEGER);
    assert.equal(from('ffe0000000000000').offset(), Number.MIN_SAFE_INTEGER);
    assert.equal(from('8000000000000000').offset(), Number.MIN_SAFE_INTEGER);
  });

  test('at the edges of int64 survive a trip through a number', () => {
    assert.equal(
      written((w) => w.offset(Number.MAX_SAFE_INTEGER)),
      '7fffffffffffffff',
    );
    assert.equal(
      written((w) => w.offset(Number.MIN_SAFE_INTEGER)),
      '8000000000000000',
    );
  });
});

describe('varints', () => {
  const zigZag: ReadonlyArray<readonly [number, string]> = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-2, '03'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [300, 'd804'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ];

  test('are zig-zag where signed', () => {
    for (const [value, hex] of zigZag) {
      assert.equal(
        written((w) => w.varint(value)),
        hex,
      );
      assert.equal(from(hex).varint(), value);
      assert.equal(
        written((w) => w.varlong(BigInt(value))),
        hex,
      );
      assert.equal(from(hex).varlong(), BigInt(value));
    }
    assert.equal(
      written((w) => w.varlong(-(2n ** 63n))),
      'ffffffffffffffffff01',
    );
    assert.equal(from('ffffffffffffffffff01').varlong(), -(2n ** 63n));
    assert.equal(from('feffffffffffffffff01').varlong(), 2n ** 63n - 1n);
  });

  test('are plain where unsigned', () => {
    for (const [value, hex] of [
      [0, '00'],
      [127, '7f'],
      [128, '8001'],
      [2 ** 32 - 1, 'ffffffff0f'],
    ] as const) {
      assert.equal(
        written((w) => w.uvarint(value)),
        hex,
      );
      assert.equal(from(hex).uvarint(), value);
    }
  });

  test('longer than their type are refused', () => {
    fails('invalid-varint', () => from('ffffffff10').uvarint());
    fails('invalid-varint', () => from('808080808000').uvarint());
    fails('invalid-varint', () => from('ffffffffffffffffff02').varlong());
    fails('invalid-varint', () => from('8080808080808080808000').varlong());
    fails('truncated', () => from('ffff').uvarint());
  });
});

describe('strings and bytes', () => {
  test('have lengths before them, null being -1 or a compact 0', () => {
    assert.equal(
      written((w) => w.string('hé')),
      '000368c3a9',
    );
    assert.equal(
      written((w) => w.compactString('hé')),
      '0468c3a9',
    );
    assert.equal(
      written((w) => w.nullableString(null)),
      'ffff',
    );
    assert.equal(
      written((w) => w.compactNullableString(null)),
      '00',
    );
    assert.equal(
      written((w) => w.nullableBytes(null)),
      'ffffffff',
    );
    assert.equal(
      written((w) => w.compactNullableBytes(null)),
      '00',
    );
    assert.equal(
      written((w) => w.bytes(Buffer.from('ab'))),
      '000000026162',
    );
    assert.equal(from('000368c3a9').string(), 'hé');
    assert.equal(from('0468c3a9').compactString(), 'hé');
    assert.equal(from('ffff').nullableString(), null);
    assert.equal(from('00').compactNullableString(), null);
    assert.equal(from('01').compactString(), '');
    assert.equal(from('ffffffff').nullableBytes(), null);
    assert.equal(from('00').compactNullableBytes(), null);
    assert.deepEqual(from('036162').compactBytes(), Buffer.from('ab'));
  });

  test('are refused when null, negative, too long or cut off', () => {
    fails('unexpected-null', () => from('ffff').string());
    fails('unexpected-null', () => from('00').compactString());
    fails('unexpected-null', () => from('ffffffff').bytes());
    fails('invalid-length', () => from('fffe').string());
    fails('invalid-length', () => from('fffffffe').bytes());
    fails('invalid-length', () => from('818002').compactString());
    fails('truncated', () => from('000361').string());
    fails('truncated', () => from('7fffffff').bytes());
    fails('truncated', () => from('ffffffff0f').compactBytes());
    fails('invalid-length', () => written((w) => w.string('x'.repeat(32_768))));
    fails('invalid-length', () => written((w) => w.compactString('é'.repeat(16_384))));
  });

  test('any negative length is null where null is allowed', () => {
    assert.equal(from('fffe').nullableString(), null);
    assert.equal(from('8000').nullableString(), null);
    assert.equal(from('fffffffe').nullableBytes(), null);
  });

  test('bytes are read as a view, not a copy', () => {
    const buffer = Buffer.from('000000026162', 'hex');
    const view = new Reader(buffer).bytes();
    buffer[4] = 0x7a;
    assert.equal(view.toString(), 'zb');
  });
});

describe('uuids', () => {
  test("have Kafka's text form", () => {
    const hex = '0123456789abcdef0123456789abcdef';
    const text = from(hex).uuid();
    assert.equal(text, 'ASNFZ4mrze8BI0VniavN7w');
    assert.equal(
      written((w) => w.uuid(text)),
      hex,
    );
    assert.equal(from('00'.repeat(16)).uuid(), ZERO_UUID);
    assert.equal(
      written((w) => w.uuid(ZERO_UUID)),
      '00'.repeat(16),
    );
  });

  test('that are none are refused', () => {
    fails('out-of-range', () => written((w) => w.uuid('short')));
    fails('out-of-range', () => written((w) => w.uuid('!'.repeat(22))));
    fails('truncated', () => from('00').uuid());
  });
});

describe('arrays and tags', () => {
  test('a count must fit into what is left', () => {
    assert.equal(from('00000002aaaabbbb').count(2), 2);
    assert.equal(from('ffffffff').count(1), -1);
    assert.equal(from('00').compactCount(1), -1);
    fails('invalid-length', () => from('00000003aaaabbbb').count(2));
    fails('invalid-length', () => from('7fffffff').count(1));
    assert.ok(from('fffffffe').count(1) < 0);
    fails('invalid-length', () => from('ffffffff0f').compactCount(16));
  });

  test('all counts together must stay within the bound of a message', () => {
    const bytes = Buffer.from('0000000201020000000203040000000105', 'hex');
    const array = (reader: Reader): void => {
      for (let left = reader.count(1); left > 0; left--) reader.int8();
    };
    const reader = new Reader(bytes, 0, bytes.length, 4);
    array(reader);
    array(reader);
    fails('invalid-length', () => array(reader));
    const generous = new Reader(bytes, 0, bytes.length, Infinity);
    for (let left = 3; left > 0; left--) array(generous);
    generous.expectEnd();
  });

  test('unknown tags are skipped within their bounds, in any order', () => {
    for (const tags of ['020102aabb0500ff', '0205000102aabbff', '0201000100ff']) {
      const reader = from(tags);
      reader.skipTags();
      assert.equal(reader.remaining, 1);
    }
    fails('truncated', () => from('010009aa').skipTags());
    fails('invalid-length', () => from('7f').skipTags());
  });

  test('what is left over is noticed', () => {
    fails('trailing-bytes', () => from('00').expectEnd());
    from('').expectEnd();
  });
});

describe('the writer', () => {
  test('grows over many chunks', () => {
    const writer = new Writer();
    for (let i = 0; i < 50_000; i++) writer.int32(i);
    assert.equal(writer.byteLength, 200_000);
    const reader = new Reader(writer.toBuffer());
    for (let i = 0; i < 50_000; i++) assert.equal(reader.int32(), i);
  });

  test('crosses the end of a chunk at every primitive', () => {
    for (let lead = 16_370; lead < 16_390; lead++) {
      const writer = new Writer();
      writer.raw(Buffer.alloc(lead));
      writer.bool(true);
      writer.uvarint(300);
      writer.string('abc');
      writer.offset(5);
      writer.varlong(-300n);
      const reader = new Reader(writer.toBuffer(), lead);
      assert.deepEqual(
        [reader.bool(), reader.uvarint(), reader.string(), reader.offset(), reader.varlong()],
        [true, 300, 'abc', 5, -300n],
      );
      reader.expectEnd();
    }
  });

  test('passes a source through between its own bytes', () => {
    const source: RecordsSource = { byteLength: 1_000_000 };
    const writer = new Writer();
    writer.int8(1);
    writer.compactNullableBytes(source);
    writer.int8(2);
    assert.equal(writer.byteLength, 1 + 3 + 1_000_000 + 1);
    const parts = writer.finish();
    assert.equal(parts[1], source);
    assert.deepEqual(
      [parts[0], parts[2]].map((part) => (part as Buffer).toString('hex')),
      ['01c1843d', '02'],
    );
  });

  test('does not let two writers share bytes, even when one is dropped half-way', () => {
    const first = new Writer();
    first.int32(1);
    const second = new Writer();
    second.int32(2);
    const firstBytes = first.toBuffer();
    const third = new Writer();
    third.int32(3);
    const secondBytes = second.toBuffer();
    const fourth = new Writer();
    fourth.int32(4);
    const all = [firstBytes, secondBytes, third.toBuffer(), fourth.toBuffer()];
    assert.deepEqual(
      all.map((bytes) => bytes.readInt32BE(0)),
      [1, 2, 3, 4],
    );
  });

  test('has no bytes for a source', () => {
    const writer = new Writer();
    writer.bytes({ byteLength: 3 });
    fails('unsupported-field', () => writer.toBuffer());
  });
});
