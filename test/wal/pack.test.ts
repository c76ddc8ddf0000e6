/** Many small appends from one turn share an entry of the journal; nobody who reads or counts sees that. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { WriteAheadLog, type WalStream } from '../../src/wal.ts';
import { MAX_PACK_BYTES, MAX_PACK_ENTRIES, Pack, packLengths } from '../../src/wal/pack.ts';

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'walka-pack-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const text = (i: number): string => `entry ${i} ${'x'.repeat(i % 50)}`;

/** Appends entries from one turn, of which every 97th is too large to be packed. */
async function appendAll(stream: WalStream, from: number, to: number): Promise<void> {
  const offsets: Promise<number>[] = [];
  for (let i = from; i < to; i++) {
    offsets.push(stream.append(i % 97 === 0 ? Buffer.alloc(20_000, text(i)) : Buffer.from(text(i))));
  }
  assert.deepEqual(
    await Promise.all(offsets),
    Array.from({ length: to - from }, (_, i) => from + i),
  );
}

function expected(i: number): string {
  return i % 97 === 0 ? Buffer.alloc(20_000, text(i)).toString() : text(i);
}

async function assertRange(stream: WalStream, from: number, to: number): Promise<void> {
  let at = from;
  for await (const { offset, endOffset, bytes } of stream.read({ from, to })) {
    assert.equal(offset, at);
    assert.equal(endOffset, at + 1);
    assert.equal(bytes.toString(), expected(at));
    at += 1;
  }
  assert.equal(at, to);
}

test('they are read back in order from and to any offset, also when the log was opened again', async (t) => {
  const directory = await folder(t);
  {
    await using wal = await WriteAheadLog.open({ directory });
    const stream = wal.stream(1);
    const before = wal.stats().entriesWritten;
    await appendAll(stream, 0, 3000);
    const { commits, entriesWritten } = wal.stats();
    assert.equal(entriesWritten - before, 3001, 'exact, with one that says that the stream exists');
    assert.ok(commits < 400, `${commits} writes`);
    await assertRange(stream, 0, 3000);
  }
  await using wal = await WriteAheadLog.open({ directory });
  const stream = wal.stream(1);
  assert.equal(stream.endOffset, 3000);
  for (const [from, to] of [
    [0, 3000],
    [1234, 1235],
    [96, 99],
    [500, 1600],
    [2999, 3000],
    [7, 7],
  ] as const) {
    await assertRange(stream, from, to);
  }
});

test('a few at a time: at least one, and no more than asked for', async () => {
  await using wal = await WriteAheadLog.open();
  const stream = wal.stream(1);
  await appendAll(stream, 1, 90).catch(() => undefined);
  assert.equal((await stream.readMany(40, 1)).length, 1);
  const some = await stream.readMany(40, 300);
  assert.equal(some[0]?.offset, 40);
  assert.ok(some.length > 1 && some.reduce((sum, { bytes }) => sum + bytes.length, 0) <= 300);
});

test('what is truncated in the middle of a pack is gone, and the rest is there', async () => {
  await using wal = await WriteAheadLog.open();
  const stream = wal.stream(1);
  await appendAll(stream, 0, 400);
  await stream.truncate({ before: 250 });
  assert.equal(stream.startOffset, 250);
  await assertRange(stream, 250, 400);
  await assert.rejects(stream.readMany(249), { code: 'NOT_FOUND' });
});

test('several streams, and appends with a time or durability of their own, keep the order of the calls', async () => {
  await using wal = await WriteAheadLog.open();
  const offsets: Promise<number>[] = [];
  for (let i = 0; i < 200; i++) {
    for (const id of [1, 2]) {
      const options = i % 31 === 0 ? { timestampMs: 5 } : undefined;
      offsets.push(wal.stream(id).append(Buffer.from(`${id} ${i}`), options));
    }
  }
  const seen = await Promise.all(offsets);
  assert.deepEqual(
    seen.filter((_, i) => i % 2 === 1),
    Array.from({ length: 200 }, (_, i) => i),
  );
  const read = await wal.stream(2).readMany(0);
  assert.deepEqual(
    read.map(({ bytes }) => bytes.toString()),
    Array.from({ length: 200 }, (_, i) => `2 ${i}`),
  );
});

test('a flush and a close take along what was appended just before', async (t) => {
  const directory = await folder(t);
  const wal = await WriteAheadLog.open({ directory });
  const stream = wal.stream(1);
  const first = Array.from({ length: 50 }, () => stream.append(Buffer.from('a')));
  await wal.flush();
  assert.equal(stream.endOffset, 50);
  const second = Array.from({ length: 50 }, () => stream.append(Buffer.from('b')));
  await wal.close();
  assert.equal((await Promise.all([...first, ...second])).at(-1), 99);
  await using again = await WriteAheadLog.open({ directory });
  assert.equal(again.stream(1).endOffset, 100);
});

test('a pack that is none is told from one that is', () => {
  const pack = new Pack();
  for (const length of [3, 0, 5])
    pack.add(
      Buffer.alloc(length, 1),
      () => undefined,
      () => undefined,
    );
  const bytes = Buffer.alloc(pack.byteLength);
  pack.write(bytes, 0);
  assert.deepEqual(Array.from(packLengths(bytes, 3) ?? []), [3, 0, 5]);
  assert.equal(packLengths(bytes, 2), null);
  assert.equal(packLengths(bytes.subarray(0, 11), 3), null);
  bytes.writeUInt32LE(4, 8);
  assert.equal(packLengths(bytes, 3), null, 'lengths that do not add up');
});

test('a pack is full at its bytes and at its entries', () => {
  const pack = new Pack();
  assert.equal(pack.isFull(MAX_PACK_BYTES), false);
  for (let i = 0; i < MAX_PACK_ENTRIES; i++)
    pack.add(
      Buffer.alloc(1),
      () => undefined,
      () => undefined,
    );
  assert.equal(pack.isFull(0), true);
});
