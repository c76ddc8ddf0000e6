/** Very many streams with one small record each: what a segment costs for each, and what a reader of one loads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Part } from '../../../src/base/counted.ts';
import { withIndexes } from '../../../src/storage/runs/locate.ts';
import { BlockCompressor } from '../../../src/storage/segment/block.ts';
import { segmentFileName } from '../../../src/storage/segment/descriptor.ts';
import { SegmentEncoder } from '../../../src/storage/segment/encoder.ts';
import { Segment } from '../../../src/storage/segment/segment.ts';
import { textBatch } from '../../support/batches.ts';
import { JournalFolder } from '../../support/run-sources.ts';

const STREAMS = 30_000;
const RECORD_BYTES = 100;

function manyStreams(level: number): { readonly bytes: Buffer; readonly descriptor: Segment['descriptor'] } {
  const random = seededRandom(1);
  const pieces: Buffer[] = [];
  const sink = {
    position: 0,
    write(bytes: Buffer) {
      pieces.push(Buffer.from(bytes));
      sink.position += bytes.length;
    },
  };
  const names = { mergeId: 1, number: 0, salt: 5, firstSequence: 1, lastSequence: 1, createdMs: 1, clusterId: 'many' };
  const compressor = new BlockCompressor(level, new ManualClock());
  const encoder = new SegmentEncoder({ ...names, isCompacted: false, compressor }, sink);
  for (let stream = 1; stream <= STREAMS; stream++) {
    const bytes = textBatch(random, { baseOffset: 0, bodyBytes: RECORD_BYTES });
    const fields = { baseOffset: 0, endOffset: 1, leaderEpoch: 0, maxTimestampMs: 1000, writtenMs: 1 };
    encoder.add({ stream, ...fields, bytes, isRecordBatch: true });
  }
  const descriptor = encoder.finish();
  return { bytes: Buffer.concat(pieces), descriptor };
}

test('a small stream costs less than 100 bytes of index, and compresses with its neighbours', () => {
  const plain = manyStreams(0).descriptor;
  assert.equal(plain.batchBytes, STREAMS * (61 + RECORD_BYTES));
  assert.ok((plain.fileBytes - plain.batchBytes) / STREAMS < 100);
  const { fileBytes } = manyStreams(3).descriptor;
  assert.ok(fileBytes < 0.6 * plain.batchBytes, `${fileBytes} bytes for ${plain.batchBytes}`);
});

test('a reader of one stream loads the table of the index and one page', async () => {
  const { bytes, descriptor } = manyStreams(3);
  const folder = new JournalFolder(1_000_000);
  const path = `/segments/${segmentFileName(descriptor)}`;
  folder.disk.put(path, bytes);
  const segment = new Segment(folder.store, path, descriptor);
  const cursor = await withIndexes((pins) => segment.find(12_345, 0, pins));
  assert.equal(cursor?.baseOffset, 0);
  const { stats } = folder.reads;
  assert.equal(stats.fileReads, 2);
  assert.ok(stats.fileReadBytes < 100_000, `${stats.fileReadBytes} bytes`);
  const loaded = await cursor?.batch();
  assert.equal(loaded?.length, 61 + RECORD_BYTES);
  assert.equal(stats.fileReads, 3);
  await withIndexes((pins) => segment.find(12_345, 0, pins));
  assert.equal(await withIndexes((pins) => segment.endOf(12_345, pins)), 1);
  assert.equal(stats.fileReads, 3, 'what was loaded is kept');
  assert.equal(await withIndexes((pins) => segment.find(STREAMS + 1, 0, pins)), null);
});

test('once no disk is asked, a block that streams share is read and decompressed at once', async () => {
  const { bytes, descriptor } = manyStreams(3);
  const folder = new JournalFolder(1_000_000, 1e9);
  const path = `/segments/${segmentFileName(descriptor)}`;
  folder.disk.put(path, bytes);
  const segment = new Segment(folder.store, path, descriptor);
  let onThread = true;
  // Each of them in another block.
  for (let stream = 1; onThread && stream <= STREAMS; stream += 600) {
    const parts: Part[] = [];
    (await withIndexes((pins) => segment.find(stream, 0, pins)))?.take(parts);
    const [part] = parts;
    assert.ok(part !== undefined);
    const loading = part.load();
    onThread = loading instanceof Promise;
    for (const { bytes: batch, owner } of await loading) {
      assert.equal(batch.length, 61 + RECORD_BYTES);
      owner.release();
    }
    part.release();
  }
  assert.ok(!onThread);
});
