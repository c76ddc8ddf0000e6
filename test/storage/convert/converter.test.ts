/** Conversion while the engine is in use: what readers see, what happens to files, and what a full disk does to it. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { CatalogError } from '../../../src/storage/catalog/catalog-error.ts';
import { JournalCopy } from '../../../src/storage/catalog/journal-copy.ts';
import { publishedSegments } from '../../../src/storage/catalog/segment-rows.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import type { SegmentChange } from '../../../src/storage/convert/publication.ts';
import { segmentFileName } from '../../../src/storage/segment/descriptor.ts';
import { plainSlice } from '../../../src/base/counted.ts';
import { append, readAll, readOnce } from '../../support/batches.ts';
import { ConvertingEngine } from '../../support/converting-engine.ts';
import { CopiedCatalog } from '../../support/copied-catalog.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';

const FILE_BYTES = 8 * 1024;

/** Bytes of journal files and segments. */
function recordBytes({ disk }: ConvertingEngine): number {
  const paths = disk.paths().filter((path) => /\.(wal|seg)$/.test(path));
  return paths.reduce((sum, path) => sum + disk.contents(path).length, 0);
}

test('journal files become segments, are deleted, and reads go on as before', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2, 3], 60);
  const contents = await readAll(rig.engine, 2);
  await rig.appendTo([1, 2, 3], 60);
  await rig.pass();
  const { counters, segmentFiles, segmentBytes, journalFiles } = rig.engine.stats();
  assert.ok(counters.merges.conversion > 1);
  assert.equal(segmentFiles, rig.segments.length);
  assert.equal(
    segmentBytes,
    rig.segments.reduce((sum, path) => sum + rig.disk.contents(path).length, 0),
  );
  assert.ok(journalFiles < 8, 'what is converted is gone');
  const published = rig.events('segments-published');
  assert.equal(published.length, counters.merges.conversion + counters.merges.tiers);
  assert.equal(published[0]?.fields['reason'], 'conversion');
  const all = await readAll(rig.engine, 2);
  assert.ok(all.subarray(0, contents.length).equals(contents));
  await rig.close();
});

test('a read that began before a publication is served, and its files stay that long', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2], 40);
  const expected = await readAll(rig.engine, 1);
  const { logEndOffset: endOffset } = rig.engine.state(1);
  const options = { stream: 1, offset: 0, endOffset, maxBytes: 1e9, atLeastOne: true };
  const read = await rig.engine.read(options);
  await rig.appendTo([1, 2], 80);
  await rig.pass();
  assert.ok(rig.engine.stats().counters.merges.conversion > 1);
  assert.ok(rig.disk.paths().includes('/data/journal/00000000000000000001.wal'), 'somebody reads it');
  const pieces: Buffer[] = [];
  for (const part of read.parts) {
    for (const { bytes, owner } of await part.load()) {
      pieces.push(Buffer.from(bytes));
      owner.release();
    }
    part.release();
  }
  assert.ok(Buffer.concat(pieces).equals(expected));
  await rig.pass();
  assert.ok(!rig.disk.paths().includes('/data/journal/00000000000000000001.wal'));
  await rig.close();
});

test('deleted streams and moved log starts give their space back', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2, 3], 150);
  await rig.pass();
  await rig.until(rig.engine.deleteStream(2));
  await rig.until(rig.engine.trim(3, rig.engine.state(3).logEndOffset - 1));
  await rig.appendTo([1], 60);
  await rig.pass();
  const { liveBytes } = rig.engine.stats();
  assert.ok(recordBytes(rig) < 1.5 * liveBytes + 4 * FILE_BYTES, `${recordBytes(rig)} for ${liveBytes}`);
  assert.ok(rig.engine.stats().counters.segmentsDropped > 0);
  await rig.close();
});

/** Appends a batch of a program's own that has no bytes. */
function appendNothing(engine: Engine, stream: number): Promise<void> {
  const baseOffset = engine.state(stream).logEndOffset;
  const place = { stream, baseOffset, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: 1000, durability: 'os' } as const;
  return new Promise((resolve, reject) => {
    const onCommit = (error: Error | null): void => (error === null ? resolve() : reject(error));
    engine.append({ ...place, payload: plainSlice(Buffer.alloc(0)), isOpaque: true, onCommit });
  });
}

test('batches without bytes stay, among others and where they are all that is live', async () => {
  const rig = await ConvertingEngine.open();
  const { engine } = rig;
  for (const stream of [1, 2, 3]) engine.createStream(stream);
  for (let i = 0; i < 3; i++) {
    await rig.until(appendNothing(engine, 2));
    await rig.until(appendNothing(engine, 3));
    await rig.appendTo([1, 3], 40, 100);
  }
  await rig.appendTo([1, 3], 300, 100);
  await rig.pass();
  const check = async (): Promise<void> => {
    const { startOffset, endOffset, bytes } = await rig.until(readOnce(engine, 2));
    assert.deepEqual([startOffset, endOffset, bytes.length], [0, 3, 0]);
  };
  assert.ok(engine.stats().counters.merges.conversion > 0);
  await check();
  assert.equal((await readAll(engine, 3)).length, 210 * 161);
  for (const stream of [1, 3]) await rig.until(engine.trim(stream, engine.state(stream).logEndOffset));
  await rig.pass();
  assert.ok(engine.stats().counters.segmentsDropped > 0);
  await check();
  await rig.close();
});

test('random trims leave no more than half of the live bytes dead, besides a few files', async () => {
  const rig = await ConvertingEngine.open();
  const random = seededRandom(8);
  const streams = Array.from({ length: 40 }, (_, i) => i + 1);
  await rig.appendTo(streams, 1000, 700);
  for (let round = 0; round < 12; round++) {
    for (const stream of streams) {
      const { logStartOffset, logEndOffset } = rig.engine.state(stream);
      const to = logStartOffset + random.int(Math.max(1, Math.floor((logEndOffset - logStartOffset) / 2)));
      await rig.until(rig.engine.trim(stream, to));
    }
    // In every third round nothing new comes that would be merged with what is dead.
    if (round % 3 < 2) await rig.appendTo(streams, 200, 700);
    await rig.pass(60_000);
    const { liveBytes, deadBytes } = rig.engine.stats();
    assert.ok(deadBytes <= 0.5 * liveBytes + 6 * FILE_BYTES, `round ${round}: ${deadBytes} beside ${liveBytes}`);
  }
  await rig.close();
});

test('segments that are dead in large part are written anew, once, and nothing else', async () => {
  const rig = await ConvertingEngine.open();
  const streams = Array.from({ length: 60 }, (_, i) => i + 1);
  await rig.appendTo(streams, 600, 700);
  await rig.pass(60_000);
  for (const stream of streams) if (stream % 3 > 0) await rig.until(rig.engine.deleteStream(stream));
  await rig.pass(60_000);
  const { merges } = rig.engine.stats().counters;
  const { liveBytes, deadBytes } = rig.engine.stats();
  assert.ok(merges.space > 0);
  // In files this small an index takes a seventh.
  assert.ok(deadBytes <= 0.5 * liveBytes + 12 * FILE_BYTES, `${deadBytes} beside ${liveBytes}`);
  const { space } = merges;
  await rig.pass(60_000);
  assert.equal(merges.space, space);
  await rig.close();
});

test('all that died is known before anything is decided: dead segments go at once', async () => {
  const rig = await ConvertingEngine.open();
  const streams = Array.from({ length: 40 }, (_, i) => i + 1);
  await rig.appendTo(streams, 400, 700);
  await rig.pass(60_000);
  const before = rig.segments.length;
  assert.ok(before > 20);
  await Promise.all(streams.map((stream) => rig.until(rig.engine.deleteStream(stream))));
  await rig.pass(5000);
  const dropped = rig.events('segments-dropped').map(({ fields }) => (fields['names'] as string[]).length);
  assert.deepEqual(dropped, [before]);
  assert.deepEqual(rig.segments, []);
  await rig.close();
});

test('a log start within a large batch does not have its segment written anew for ever', async () => {
  const rig = await ConvertingEngine.open();
  for (const stream of [1, 2, 3, 4, 5, 6]) {
    rig.engine.createStream(stream);
    for (let i = 0; i < 5; i++) await rig.until(append(rig.engine, stream, { records: 100, bodyBytes: 7000 }));
  }
  await rig.pass(60_000);
  for (const stream of [1, 2, 3, 4, 5, 6]) await rig.until(rig.engine.trim(stream, 499));
  await rig.pass(60_000);
  const { merges } = rig.engine.stats().counters;
  const { space } = merges;
  await rig.pass(300_000);
  assert.equal(merges.space, space);
  await rig.close();
});

test('a merge that finds the disk full leaves nothing behind, and is made once there is room', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const rig = await ConvertingEngine.open(disk);
  await rig.appendTo([1, 2], 30, 700);
  disk.capacityBytes = disk.usedBytes + 4.5 * FILE_BYTES;
  await rig.appendTo([1, 2], 30, 700);
  await rig.pass(60_000);
  assert.equal(rig.engine.refusal, null);
  assert.deepEqual(rig.segments, []);
  const contents = await readAll(rig.engine, 1);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await rig.pass(60_000);
  assert.ok(rig.segments.length > 0);
  assert.ok((await readAll(rig.engine, 1)).equals(contents));
  await rig.close();
});

test('a quota that shows only when something is written ends a merge cleanly', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  disk.isQuota = true;
  const rig = await ConvertingEngine.open(disk);
  await rig.appendTo([1, 2], 40, 700);
  disk.capacityBytes = disk.usedBytes + 3 * FILE_BYTES;
  await rig.appendTo([1, 2], 8, 700);
  await rig.pass(60_000);
  assert.deepEqual(rig.segments, []);
  assert.ok(rig.events('merge-disk-full').length > 0);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await rig.pass(60_000);
  assert.ok(rig.segments.length > 0);
  await rig.close();
});

test('on a full disk a deletion drops segments, and appends go on', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const rig = await ConvertingEngine.open(disk);
  await rig.appendTo([1, 2], 160, 700);
  await rig.pass();
  assert.ok(rig.segments.length > 4);
  disk.capacityBytes = disk.usedBytes;
  for (let i = 0; rig.engine.refusal === null; i++) {
    assert.ok(i < 100);
    await rig.until(append(rig.engine, 1)).catch(() => undefined);
  }
  await rig.until(rig.engine.deleteStream(2));
  await rig.pass(30_000);
  assert.equal(rig.engine.refusal, null);
  await rig.until(append(rig.engine, 1));
  await rig.close();
});

test('an engine with a full disk closes, whatever waits for room', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const rig = await ConvertingEngine.open(disk);
  await rig.appendTo([1, 2], 160, 700);
  await rig.pass();
  // Neither the reserve nor anything else has a byte to give.
  disk.failing.set('write', 'ENOSPC');
  await rig.until(append(rig.engine, 1)).catch(() => undefined);
  void rig.engine.deleteStream(2).catch(() => undefined);
  await rig.pass(5000);
  await rig.until(rig.engine.close());
});

/** A catalog that refuses publications. */
class FullCatalog extends CopiedCatalog {
  isFull = true;

  override publish(change: SegmentChange): Promise<void> {
    if (this.isFull) return Promise.reject(new CatalogError('DISK_FULL', 'No space left'));
    return super.publish(change);
  }
}

test('what the catalog has no room for is not published, and goes', async () => {
  const catalog = new FullCatalog(1000);
  const rig = await ConvertingEngine.open(undefined, catalog);
  await rig.appendTo([1, 2], 60);
  await rig.pass(30_000);
  assert.deepEqual(rig.segments, []);
  catalog.isFull = false;
  await rig.pass(30_000);
  assert.ok(rig.segments.length > 0);
  await rig.close();
});

/** A catalog whose next publications fail, made or not. */
class FailingCatalog extends CopiedCatalog {
  left = 3;
  readonly #isMade: boolean;

  constructor(isMade: boolean) {
    super(1000);
    this.#isMade = isMade;
  }

  override async publish(change: SegmentChange): Promise<void> {
    this.left -= 1;
    if (this.left < 0 || this.#isMade) await super.publish(change);
    if (this.left >= 0) throw new CatalogError('IO', 'catalog.db: disk I/O error.');
  }
}

for (const isMade of [false, true]) {
  test(`a publication that failed is made again, when the catalog has ${isMade ? 'it' : 'not got it'}`, async () => {
    const catalog = new FailingCatalog(isMade);
    const rig = await ConvertingEngine.open(undefined, catalog);
    await rig.appendTo([1, 2], 60);
    await rig.pass(15_000);
    const made = rig.segments;
    assert.ok(
      made.length > 0 && rig.engine.stats().segmentFiles === 0,
      'nobody knows whether they are part of the log',
    );
    await rig.pass(25_000);
    assert.ok(rig.engine.stats().segmentFiles >= made.length);
    assert.ok(made.every((path) => rig.segments.includes(path)));
    assert.deepEqual([rig.events('publication-failed').length, rig.engine.stats().counters.mergesFailed], [1, 3]);
    const contents = await readAll(rig.engine, 1);
    await rig.close();
    const again = await ConvertingEngine.open(rig.disk, catalog);
    assert.ok((await readAll(again.engine, 1)).equals(contents));
    await again.close();
  });

  test(`an engine closes while a publication fails, and starts when the catalog has ${isMade ? 'it' : 'not got it'}`, async () => {
    const catalog = new FailingCatalog(isMade);
    const rig = await ConvertingEngine.open(undefined, catalog);
    await rig.appendTo([1, 2], 60);
    await rig.pass(5000);
    assert.equal(rig.events('publication-failed').length, 1);
    const contents = await readAll(rig.engine, 1);
    await rig.close();
    const again = await ConvertingEngine.open(rig.disk, catalog);
    assert.ok((await readAll(again.engine, 1)).equals(contents));
    await again.close();
  });
}

/** A catalog that takes its time with the next publication. */
class SlowCatalog extends CopiedCatalog {
  readonly #gate = Promise.withResolvers<void>();
  isAsked = false;
  isSlow = false;

  override async publish(change: SegmentChange): Promise<void> {
    if (this.isSlow) {
      this.isAsked = true;
      await this.#gate.promise;
    }
    await super.publish(change);
  }

  answer(): void {
    this.#gate.resolve();
  }
}

test("what is pinned on a full disk has the segments that the journal's copy of the catalog names", async () => {
  const catalog = new SlowCatalog(1000);
  const rig = await ConvertingEngine.open(undefined, catalog);
  await rig.appendTo([1, 2], 160, 700);
  await rig.pass();
  catalog.isSlow = true;
  await rig.until(rig.engine.deleteStream(2));
  while (!catalog.isAsked) await rig.pass(1000);
  rig.disk.failing.set('write', 'ENOSPC');
  await rig.until(append(rig.engine, 1)).catch(() => undefined);
  assert.equal(rig.engine.refusal?.code, 'DISK_FULL');
  const before = catalog.published.segments.length;
  const checked = rig.engine.pinFiles().then(async ({ files, release }) => {
    const copied = await new JournalCopy(rig.engine).replay();
    const named = publishedSegments(copied?.rows() ?? []).segments.map(({ descriptor }) => segmentFileName(descriptor));
    const pinned = files.map(({ path }) => basename(path)).filter((name) => name.endsWith('.seg'));
    assert.deepEqual(pinned.sort(), named.sort());
    release();
  });
  catalog.answer();
  await rig.pass(1000);
  assert.ok(catalog.published.segments.length < before);
  rig.disk.failing.clear();
  await rig.until(checked);
  await rig.close();
});

test('files of a merge that was not published, and that could not be deleted, refuse no start', async () => {
  const catalog = new FullCatalog(1000);
  const rig = await ConvertingEngine.open(undefined, catalog);
  await rig.appendTo([1, 2], 60);
  rig.disk.failing.set('unlink', 'EIO');
  await rig.pass(5000);
  const left = rig.segments;
  assert.ok(left.length > 0);
  rig.disk.failing.clear();
  catalog.isFull = false;
  await rig.pass(30_000);
  assert.ok(rig.engine.stats().segmentFiles > 0);
  assert.deepEqual(
    rig.segments.filter((path) => left.includes(path)),
    [],
  );
  const contents = await readAll(rig.engine, 1);
  await rig.close();
  const again = await ConvertingEngine.open(rig.disk, catalog);
  assert.ok((await readAll(again.engine, 1)).equals(contents));
  await again.close();
});

test('a failed journal publishes nothing more', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2], 30);
  const { convertedTo } = rig.catalog.published;
  rig.disk.failing.set('datasync', 'EIO');
  await rig.until(append(rig.engine, 1)).catch(() => undefined);
  assert.equal(rig.engine.refusal?.code, 'POISONED');
  await rig.pass(30_000);
  assert.equal(rig.catalog.published.convertedTo, convertedTo);
  rig.disk.failing.clear();
  await rig.until(rig.engine.close()).catch(() => undefined);
});

test('closing while a merge is under way leaves a directory that starts', async () => {
  const rig = await ConvertingEngine.open();
  for (let files = 3; files < 9; files++) {
    await rig.appendTo([1, 2], 15 * files);
    const contents = await readAll(rig.engine, 1);
    await rig.close();
    assert.equal(rig.disk.openFiles, 0);
    const again = await ConvertingEngine.open(rig.disk, rig.catalog);
    assert.ok((await readAll(again.engine, 1)).equals(contents));
    rig.engine = again.engine;
    Object.assign(rig, { clock: again.clock });
  }
  await rig.close();
});

test('what is read of a closed engine opens no file', async () => {
  const rig = await ConvertingEngine.open();
  await rig.appendTo([1, 2], 120);
  await rig.pass();
  await rig.appendTo([1, 2], 40);
  const { logEndOffset } = rig.engine.state(1);
  assert.ok(rig.segments.length > 0);
  await rig.close();
  assert.equal(rig.disk.openFiles, 0);
  for (const offset of [0, logEndOffset - 20]) {
    await assert.rejects(rig.engine.findByTimestamp(1, 0, offset, logEndOffset), { code: 'CLOSED' });
    await assert.rejects(rig.until(readOnce(rig.engine, 1, offset)), { code: 'CLOSED' });
  }
  assert.equal(rig.disk.openFiles, 0);
});

test('files that were sealed before they were on the device are converted once they are, if nothing else happens', async () => {
  const late = { durability: 'os', flushIntervalMs: 60_000 } as const;
  const rig = await ConvertingEngine.open(undefined, undefined, late);
  await rig.appendTo([1, 2, 3], 120);
  await rig.pass();
  assert.ok(rig.events('segments-published').length > 0);
  await rig.close();
});
