import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { Directory } from '../../../src/storage/directory.ts';
import { checkpointBytes, decodeCheckpoint, encodeCheckpoint } from '../../../src/storage/index/checkpoint.ts';

/** A number of any size that an offset may have. */
function anyNumber(random: Random): number {
  return Math.floor(2 ** random.int(54)) - random.int(2);
}

/** A directory with streams of all kinds, some of them deleted again. */
function anyDirectory(random: Random): Directory {
  const d = new Directory();
  const count = random.int(200);
  for (let i = 0; i < count; i++) {
    const stream = random.int(3) === 0 ? anyNumber(random) + 1 : d.stream.get(d.rowLimit - 1) + 1;
    if (d.find(stream) >= 0) continue;
    const row = d.add(stream, random.int(2));
    if (random.int(4) === 0) continue;
    const start = random.int(2) === 0 ? 0 : Math.floor(anyNumber(random) / 2);
    d.journaledStart.set(row, start);
    d.logStart.set(row, start);
    const end = start + Math.floor(anyNumber(random) / 2);
    d.writtenEnd.set(row, end);
    d.moveEnd(row, end);
    d.addLiveBytes(row, Math.floor(anyNumber(random) / 512));
    d.newestFile.set(row, random.int(1000));
    d.leaderEpoch.set(row, random.int(5) - 1);
    if (random.int(2) === 0) {
      d.snapshotFile.set(row, 1 + random.int(1000));
      d.snapshotPosition.set(row, random.int(2 ** 27));
      d.snapshotOffset.set(row, anyNumber(random));
      d.setSnapshotLength(row, random.int(2 ** 31 - 1));
    }
    if (random.int(3) === 0) d.newestAbortEnd.set(row, anyNumber(random));
    if (random.int(3) === 0) d.compactedEnd.set(row, anyNumber(random));
    if (random.int(10) === 0) d.remove(stream);
  }
  return d;
}

function content(d: Directory): unknown[] {
  const rows = [...d.entries()].map(([stream, row]) =>
    [
      stream,
      [d.logStart, d.journaledStart, d.logEnd, d.writtenEnd, d.liveBytes, d.leaderEpoch, d.newestFile, d.flags],
      [d.snapshotFile, d.snapshotPosition, d.snapshotOffset, d.snapshotLength, d.newestAbortEnd, d.compactedEnd],
    ].flatMap((columns) => (Array.isArray(columns) ? columns.map((column) => column.get(row)) : columns)),
  );
  return [d.size, d.totalLiveBytes, rows.sort((a, b) => Number(a[0]) - Number(b[0]))];
}

test('a checkpoint gives back every stream as it was', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const directory = anyDirectory(seededRandom(seed));
    const bytes = Buffer.concat(await encodeCheckpoint(directory, []));
    assert.equal(bytes.length % 8, 0);
    const decoded = new Directory();
    assert.deepEqual(await decodeCheckpoint(bytes, decoded), []);
    assert.deepEqual(content(decoded), content(directory), `seed ${seed}`);
  }
});

test('a checkpoint that is cut or continued is none', async () => {
  const bytes = Buffer.concat(await encodeCheckpoint(anyDirectory(seededRandom(3)), []));
  for (const cut of [0, 15, 16, 40, bytes.length - 8]) {
    assert.equal(await decodeCheckpoint(bytes.subarray(0, cut), new Directory()), null, `${cut}`);
  }
  assert.equal(await decodeCheckpoint(Buffer.concat([bytes, Buffer.alloc(8)]), new Directory()), null);
});

test('no checkpoint is larger than was said before', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const directory = anyDirectory(seededRandom(seed));
    const parts = await encodeCheckpoint(directory, []);
    const byteLength = parts.reduce((sum, { length }) => sum + length, 0);
    assert.ok(byteLength <= checkpointBytes(directory, 0, 1000), `seed ${seed}`);
  }
});

test('a checkpoint of a million streams with a record each is said to take 25 MB at most', () => {
  const directory = new Directory();
  for (let stream = 1; stream <= 1_000_000; stream++) {
    const row = directory.add(stream, 0);
    directory.writtenEnd.set(row, 1);
    directory.moveEnd(row, 1);
    directory.addLiveBytes(row, 100);
  }
  assert.ok(checkpointBytes(directory, 5, 5) <= 25_000_000, `${checkpointBytes(directory, 5, 5)}`);
});

test('streams that are alike take a few bytes each', async () => {
  const directory = new Directory();
  for (let stream = 1; stream <= 100_000; stream++) {
    const row = directory.add(stream, 0);
    directory.writtenEnd.set(row, 1);
    directory.logEnd.set(row, 1);
    directory.addLiveBytes(row, 100);
    directory.newestFile.set(row, 7);
    directory.leaderEpoch.set(row, 3);
  }
  const parts = await encodeCheckpoint(directory, []);
  assert.ok(Buffer.concat(parts).length <= 400_100);
});

/** As earlier releases wrote it: rows of 96 bytes, or of 88 before that. */
function encodeVersion1(d: Directory, rowBytes: number): Buffer {
  const bytes = Buffer.alloc(16 + 40 + d.size * rowBytes);
  bytes.writeUInt16LE(1, 0);
  bytes.writeUInt16LE(rowBytes, 2);
  bytes.writeUInt16LE(40, 4);
  bytes.writeUInt32LE(d.size, 8);
  bytes.writeUInt32LE(1, 12);
  for (const [i, value] of [5, 1000, 600, 77].entries()) bytes.writeDoubleLE(value, 16 + i * 8);
  let at = 56;
  for (const [stream, row] of d.entries()) {
    const columns = [d.journaledStart, d.writtenEnd, d.liveBytes, d.newestFile, d.snapshotFile, d.snapshotPosition];
    const numbers = [stream, ...columns.map((column) => column.get(row)), d.snapshotOffset.get(row)];
    for (const [i, value] of numbers.entries()) bytes.writeDoubleLE(value, at + i * 8);
    bytes.writeInt32LE(d.leaderEpoch.get(row), at + 64);
    bytes.writeUInt32LE(d.snapshotLength.get(row), at + 68);
    bytes.writeUInt8(d.flags.get(row), at + 72);
    bytes.writeDoubleLE(d.newestAbortEnd.get(row), at + 80);
    if (rowBytes > 88) bytes.writeDoubleLE(d.compactedEnd.get(row), at + 88);
    at += rowBytes;
  }
  return bytes;
}

test('checkpoints of earlier releases are read', async () => {
  for (const rowBytes of [88, 96]) {
    const directory = anyDirectory(seededRandom(9));
    if (rowBytes === 88) for (const [, row] of directory.entries()) directory.compactedEnd.set(row, 0);
    const decoded = new Directory();
    const files = await decodeCheckpoint(encodeVersion1(directory, rowBytes), decoded);
    assert.deepEqual(files, [{ sequence: 5, length: 1000, batchBytes: 600, maxTimestampMs: 77 }]);
    assert.deepEqual(content(decoded), content(directory));
  }
});
