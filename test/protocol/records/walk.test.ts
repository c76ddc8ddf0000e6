/** The walk over records: what it finds, and that it takes what the cursor takes, whole or in pieces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { BATCH_OVERHEAD, recordsCount } from '../../../protocol/records/batch.ts';
import { buildBatch, type NewRecord } from '../../../protocol/records/build.ts';
import { RecordCursor } from '../../../protocol/records/iterate.ts';
import { PieceWalk } from '../../../protocol/records/walk-pieces.ts';
import { RecordWalk } from '../../../protocol/records/walk.ts';
import { seededRandom } from '../../../src/base/random.ts';

const NOW = 1_700_000_000_000;
const random = seededRandom(42);
const invalidRecord = { name: 'KafkaError', code: ErrorCode.INVALID_RECORD };

interface Facts {
  readonly largestDelta: number;
  readonly smallestDelta: number;
  readonly isInOrder: boolean;
  readonly hasNullKey: boolean;
  readonly largestRecordBytes: number;
}

function factsOf(walk: RecordWalk): Facts {
  const { largestDelta, smallestDelta, isInOrder, hasNullKey, largestRecordBytes } = walk;
  return { largestDelta, smallestDelta, isInOrder, hasNullKey, largestRecordBytes };
}

function walked(body: Buffer, count: number): Facts {
  const walk = new RecordWalk();
  walk.begin(count);
  walk.finish(body.length - walk.walk(body, 0, body.length));
  return factsOf(walk);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** The same by the cursor, record by record. */
function byCursor(body: Buffer, count: number): Facts {
  const cursor = new RecordCursor(body, count);
  const facts = {
    largestDelta: -Infinity,
    smallestDelta: Infinity,
    isInOrder: true,
    hasNullKey: false,
    largestRecordBytes: 0,
  };
  for (let index = 0; cursor.next(); index++) {
    facts.largestDelta = Math.max(facts.largestDelta, cursor.timestampDelta);
    facts.smallestDelta = Math.min(facts.smallestDelta, cursor.timestampDelta);
    facts.isInOrder &&= cursor.offsetDelta === index;
    facts.hasNullKey ||= cursor.keyLength < 0;
    facts.largestRecordBytes = Math.max(facts.largestRecordBytes, cursor.length);
  }
  return facts;
}

/** The facts, or the code with which it is refused. */
function outcome(find: () => Facts): Facts | number {
  try {
    return find();
  } catch (error) {
    assert.ok(error instanceof KafkaError);
    return error.code;
  }
}

function randomRecords(count = 1 + random.int(200)): NewRecord[] {
  const span = [0, 50, 5000, 10_000_000, 2 ** 45][random.int(5)] as number;
  return Array.from({ length: count }, () => ({
    key: random.int(3) === 0 ? null : random.bytes(random.int(90)),
    value: random.int(9) === 0 ? null : random.bytes(random.int(random.int(4) === 0 ? 20_000 : 150)),
    headers: Array.from({ length: random.int(6) === 0 ? random.int(80) : 0 }, (_, i) => ({
      key: 'k'.repeat(i),
      value: i % 3 === 0 ? null : random.bytes(i * 2),
    })),
    timestampMs: NOW + random.int(2 * span + 1) - span,
  }));
}

test('a walk finds what the cursor finds', () => {
  for (let round = 0; round < 150; round++) {
    const records = randomRecords();
    const gaps = { offsetDeltas: records.map((_, index) => index * (1 + (round % 2))) };
    const body = buildBatch(records, gaps).subarray(BATCH_OVERHEAD);
    assert.deepEqual(walked(body, records.length), byCursor(body, records.length));
  }
});

test('a walk refuses what the cursor refuses, and nothing else', () => {
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    const records = randomRecords(1 + random.int(4));
    const body = Buffer.from(buildBatch(records).subarray(BATCH_OVERHEAD));
    for (let flips = random.int(3); flips > 0; flips--) body[random.int(Math.min(body.length, 40))] = random.int(256);
    const count = records.length + (random.int(4) === 0 ? random.int(3) - 1 : 0);
    const cut = body.subarray(0, body.length - (random.int(5) === 0 ? random.int(9) : 0));
    const expected = outcome(() => byCursor(cut, count));
    assert.deepEqual(
      outcome(() => walked(cut, count)),
      expected,
    );
    if (typeof expected === 'number') refused++;
  }
  assert.ok(refused > 1000 && refused < 3900, `${refused}`);
});

test('records in pieces of any size are found as in one', () => {
  for (const pieceBytes of [1, 2, 3, 7, 100, 4096, 65_536]) {
    const records = randomRecords();
    const batch = buildBatch(records);
    const body = batch.subarray(BATCH_OVERHEAD);
    const pieces = new PieceWalk();
    const feed = (bytes: Buffer, count: number): Facts => {
      pieces.begin(count, Infinity);
      for (let at = 0; at < bytes.length; at += pieceBytes) pieces.take(bytes.subarray(at, at + pieceBytes));
      pieces.finish();
      return factsOf(pieces.walk);
    };
    const count = recordsCount(batch, 0);
    assert.deepEqual(feed(body, count), walked(body, count));
    assert.throws(() => feed(body, count - 1), invalidRecord);
    assert.throws(() => feed(body, count + 1), invalidRecord);
    assert.throws(() => feed(body.subarray(0, body.length - 1), count), invalidRecord);
    assert.throws(() => feed(Buffer.concat([body, Buffer.alloc(1)]), count), invalidRecord);
  }
});

test('damaged records in pieces are refused as in one, wherever the pieces end', () => {
  const pieces = new PieceWalk();
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    const records = randomRecords(1 + random.int(4));
    const body = Buffer.from(buildBatch(records).subarray(BATCH_OVERHEAD));
    for (let flips = random.int(3); flips > 0; flips--) body[random.int(Math.min(body.length, 60))] = random.int(256);
    const most = random.int(2) === 0 ? 4 : body.length;
    const expected = outcome(() => walked(body, records.length));
    const actual = outcome(() => {
      pieces.begin(records.length, Infinity);
      for (let at = 0; at < body.length; ) {
        const end = at + 1 + random.int(most);
        pieces.take(body.subarray(at, end));
        at = end;
      }
      pieces.finish();
      return factsOf(pieces.walk);
    });
    assert.deepEqual(actual, expected);
    if (typeof expected === 'number') refused++;
  }
  assert.ok(refused > 200 && refused < 3900, `${refused}`);
});

test('of a large record in pieces nothing is kept', () => {
  const piece = Buffer.alloc(1 << 20);
  const bytes = 200 * piece.length;
  const pieces = new PieceWalk();
  pieces.begin(1, Infinity);
  const before = process.memoryUsage().arrayBuffers;
  // A record that consists of its value, up to the byte that states no headers.
  pieces.take(Buffer.from([...varint(bytes + 10), 0, 0, 0, 1, ...varint(bytes)]));
  for (let i = 0; i < 200; i++) pieces.take(piece);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20 * piece.length);
  pieces.take(Buffer.alloc(1));
  pieces.finish();
  assert.equal(pieces.walk.largestRecordBytes, bytes + 10);
});

test('a record larger than allowed is refused before its pieces are gathered', () => {
  const body = buildBatch([{ key: null, value: Buffer.alloc(100_000), timestampMs: NOW }]).subarray(BATCH_OVERHEAD);
  const pieces = new PieceWalk();
  pieces.begin(1, 50_000);
  assert.throws(() => pieces.take(body.subarray(0, 10)), invalidRecord);
});

test('a walk says which header has no key', () => {
  const headers = [
    { key: 'a', value: null },
    { key: '', value: null },
  ];
  const body = Buffer.from(
    buildBatch([{ key: null, value: null, headers, timestampMs: NOW }]).subarray(BATCH_OVERHEAD),
  );
  assert.ok(walked(body, 1));
  body[body.length - 2] = 1;
  assert.throws(() => walked(body, 1), { ...invalidRecord, message: 'Header 1 of a record has no key.' });
});
