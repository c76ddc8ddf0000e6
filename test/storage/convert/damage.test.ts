/** Conversion of what is damaged: it goes on around it, and what is damaged stays refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSlice } from '../../../src/base/counted.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { layersOf } from '../../../src/storage/convert/layers.ts';
import { segmentFileName } from '../../../src/storage/segment/descriptor.ts';
import { StorageError } from '../../../src/storage/types.ts';
import { readOnce } from '../../support/batches.ts';
import { ConvertingEngine } from '../../support/converting-engine.ts';
import { merge, SEGMENTS } from '../../support/merges.ts';

/** Every batch of a stream by where it begins, as hexadecimal text, or 'refused'. */
async function batchesOf({ engine }: ConvertingEngine, stream: number): Promise<Map<number, string>> {
  const { logStartOffset, logEndOffset } = engine.state(stream);
  const batches = new Map<number, string>();
  for (let at = logStartOffset; at < logEndOffset; at++) {
    try {
      const read = await readOnce(engine, stream, at, { maxBytes: 1 });
      assert.deepEqual([read.startOffset, read.endOffset], [at, at + 1]);
      batches.set(at, read.bytes.toString('hex'));
    } catch (error) {
      assert.ok(error instanceof StorageError && error.code === 'CORRUPT', String(error));
      batches.set(at, 'refused');
    }
  }
  return batches;
}

/** Changes a byte in the middle of one batch, in whichever journal file it lies. */
function damageBatch({ disk }: ConvertingEngine, batch: string): string {
  const bytes = Buffer.from(batch, 'hex');
  for (const path of disk.paths().filter((one) => one.endsWith('.wal'))) {
    const at = disk.contents(path).indexOf(bytes);
    if (at < 0) continue;
    disk.damage(path, at + 100, Buffer.from([(bytes[100] as number) ^ 1]));
    return path;
  }
  throw new Error('The batch is in no file');
}

/** Asserts that a layer with damaged batches can be merged, and what comes of it again. */
async function mergesOnWith({ disk, catalog }: ConvertingEngine, count: number): Promise<void> {
  const [layer] = layersOf(catalog.published.segments);
  if (layer === undefined) throw new Error('There is no layer');
  let { segments } = layer;
  const { firstSequence, lastSequence } = layer;
  for (const mergeId of [1000, 1001]) {
    const inputs = segments.map(({ descriptor }) => ({
      path: `${SEGMENTS}/${segmentFileName(descriptor)}`,
      descriptor,
      mustRewrite: true,
    }));
    const outcome = await merge(disk, {
      mergeId,
      inputs: [{ kind: 'layer', firstSequence, lastSequence, segments: inputs }],
    });
    assert.ok(outcome.kind === 'done');
    assert.equal(outcome.result.damaged.length, count);
    if (mergeId > 1000) for (const { path } of inputs) await disk.unlink(path);
    segments = outcome.result.segments.map(({ descriptor }) => ({ firstSequence, lastSequence, descriptor }));
  }
  for (const { descriptor } of segments) await disk.unlink(`${SEGMENTS}/${segmentFileName(descriptor)}`);
}

test('a batch that is damaged in the journal is taken along as it is, and all around it is converted', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2], 20);
  const before = await batchesOf(rig, 1);
  const path = damageBatch(rig, before.get(3) as string);
  assert.match(path, /0001\.wal$/);
  await rig.appendTo([1, 2], 120);
  await rig.pass();
  assert.ok(!rig.disk.paths().includes(path), 'the damaged file is converted');
  assert.equal(rig.engine.stats().counters.mergesFailed, 0);
  const [line] = rig.events('batch-damaged');
  assert.deepEqual([line?.fields['path'], line?.fields['stream']], [path, 1]);
  const after = await batchesOf(rig, 1);
  for (const [offset, batch] of before) assert.equal(after.get(offset), offset === 3 ? 'refused' : batch);
  assert.equal([...after.values()].filter((batch) => batch === 'refused').length, 1);
  await mergesOnWith(rig, 1);
  await rig.close();
  const again = await ConvertingEngine.open(rig.disk, rig.catalog);
  assert.deepEqual(await batchesOf(again, 1), after);
  await again.close();
});

test('a batch that is whole behind a damaged header of its entry is rescued', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2], 20);
  const before = await batchesOf(rig, 1);
  const bytes = Buffer.from(before.get(3) as string, 'hex');
  const path = '/data/journal/00000000000000000001.wal';
  const at = rig.disk.contents(path).indexOf(bytes);
  rig.disk.damage(path, at - 30, Buffer.alloc(8, 0x99));
  await rig.appendTo([1, 2], 60);
  await rig.pass();
  assert.ok(!rig.disk.paths().includes(path));
  assert.deepEqual(
    rig.events('batch-damaged').filter(({ fields }) => fields['position'] !== at - 56),
    [],
  );
  assert.equal((await batchesOf(rig, 1)).get(3), before.get(3));
  await rig.close();
});

test('a file whose index and one of whose entries are damaged is converted, and those behind it', async () => {
  const rig = await ConvertingEngine.open(undefined, undefined, { indexCacheBytes: 1 });
  await rig.appendTo([1, 2], 20);
  const before = await batchesOf(rig, 1);
  const bytes = Buffer.from(before.get(3) as string, 'hex');
  const path = '/data/journal/00000000000000000001.wal';
  while (!rig.disk.paths().some((one) => one.endsWith('02.wal'))) await rig.appendTo([1, 2], 1);
  await rig.appendTo([1, 2], 1);
  const contents = rig.disk.contents(path);
  const at = contents.indexOf(bytes);
  assert.ok(at > 0);
  rig.disk.damage(path, at - 52, Buffer.alloc(4, 0x11)); // the length of the entry
  rig.disk.damage(path, at + 100, Buffer.from([(bytes[100] as number) ^ 1]));
  const indexPosition = Number(contents.readBigUInt64LE(contents.length - 56 + 24));
  rig.disk.damage(path, indexPosition + 56 + 16 + 3, Buffer.from([0x5a]));
  await rig.appendTo([1, 2], 120);
  await rig.pass();
  assert.ok(!rig.disk.paths().includes(path), 'the damaged file is converted');
  assert.ok(rig.disk.paths().filter((one) => one.endsWith('.wal')).length < 8, 'and those behind it');
  const after = await batchesOf(rig, 1);
  for (const [offset, batch] of before) assert.equal(after.get(offset), offset === 3 ? 'refused' : batch);
  assert.equal([...after.values()].filter((batch) => batch === 'refused').length, 1);
  assert.ok(rig.events('batch-damaged').some(({ fields }) => fields['path'] === path && fields['stream'] === 1));
  const killed = await ConvertingEngine.open(rig.disk.afterKill(), rig.catalog);
  assert.deepEqual(await batchesOf(killed, 1), after);
  await killed.close();
  await rig.close();
});

/** Appends an entry of bytes that are no record batch. */
function appendBytes({ engine }: ConvertingEngine, bytes: Buffer): Promise<void> {
  const baseOffset = engine.state(1).logEndOffset;
  return new Promise((resolve, reject) => {
    engine.append({
      stream: 1,
      baseOffset,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: -1,
      payload: plainSlice(bytes),
      isOpaque: true,
      durability: 'fsync',
      onCommit: (error) => (error === null ? resolve() : reject(error)),
    });
  });
}

test('large entries that are no record batches are checked whole, in the journal and in segments', async () => {
  const rig = await ConvertingEngine.open(undefined, undefined, { maxSegmentSize: 3 * 1024 * 1024 });
  rig.engine.createStream(1);
  const small = Array.from({ length: 20 }, (_, i) => i + 2);
  const entries = Array.from({ length: 13 }, (_, i) => seededRandom(i).bytes(2_300_000 + i));
  for (const bytes of entries) {
    await rig.appendTo(small, small.length);
    await rig.until(appendBytes(rig, bytes));
  }
  await rig.pass(20_000);
  const damaged = [1, 2, 3, 10, 11, 12];
  for (const [i, entry] of damaged.entries()) {
    const bytes = entries[entry] as Buffer;
    const folder = entry < 4 ? 'segments' : 'journal';
    const paths = rig.disk.paths().filter((one) => one.includes(folder));
    const path = paths.find((one) => rig.disk.contents(one).includes(bytes)) as string;
    const at = [100, 1_200_000, bytes.length - 1][i % 3] as number;
    rig.disk.damage(path, rig.disk.contents(path).indexOf(bytes) + at, Buffer.from([(bytes[at] as number) ^ 4]));
  }
  for (const [i, bytes] of entries.entries()) {
    const read = readOnce(rig.engine, 1, i, { maxBytes: 1 });
    if (damaged.includes(i)) await assert.rejects(read, { code: 'CORRUPT' }, `entry ${i}`);
    else assert.ok((await read).bytes.equals(bytes));
  }
  await rig.close();
});
