/** When appends are written: what one turn of the event loop appends shares a write; a lone append does not wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { EntryKind } from '../../../src/storage/format/format.ts';
import { CommitBuilder } from '../../../src/storage/journal/commit.ts';
import { PendingEntry } from '../../../src/storage/format/entry.ts';
import { JournalFile } from '../../../src/storage/index/journal-file.ts';
import { StagingPool } from '../../../src/storage/files/staging.ts';
import { append, makeBatch, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';

async function setup(): Promise<{ engine: Engine; clock: ManualClock; disk: FaultyDisk }> {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openEngine({ dataDir: '/data', clusterId: 'commit', files: disk, clock, maxSegmentSize: 8e6 });
  for (let stream = 1; stream <= 4; stream++) engine.createStream(stream);
  await runUntil(clock, engine.flush());
  return { engine, clock, disk };
}

test('appends of one turn share a write, ordered by stream', async () => {
  const { engine, clock } = await setup();
  const before = engine.stats().counters.commits;
  const all: Array<Promise<Buffer>> = [];
  for (let i = 0; i < 400; i++) all.push(append(engine, 1 + (i % 4)));
  const batches = await runUntil(clock, Promise.all(all));
  assert.equal(engine.stats().counters.commits - before, 1);
  for (let stream = 1; stream <= 4; stream++) {
    const own = batches.filter((_, i) => i % 4 === stream - 1);
    assert.ok((await readAll(engine, stream)).equals(Buffer.concat(own)));
  }
});

test('a lone append is written before the turn ends', async () => {
  const { engine } = await setup();
  let isTurnOver = false;
  setImmediate(() => {
    isTurnOver = true;
  });
  await append(engine, 1);
  assert.equal(isTurnOver, false);
});

test('a megabyte does not wait for the end of the turn, and nothing is acknowledged inside append', async () => {
  const { engine, clock, disk } = await setup();
  disk.stall();
  let inside = false;
  const bytes = makeBatch({ baseOffset: 0, bodyBytes: 1_100_000 });
  const committed = new Promise<void>((resolve) => {
    inside = true;
    engine.append({
      stream: 1,
      baseOffset: 0,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: 1,
      payload: { bytes, owner: { retain() {}, release() {} } },
      durability: 'os',
      onCommit: () => {
        assert.equal(inside, false);
        resolve();
      },
    });
    inside = false;
  });
  assert.equal(engine.pendingBytes, bytes.length);
  disk.unstall();
  await runUntil(clock, committed);
  assert.equal(engine.pendingBytes, 0);
});

test('while a write stalls, what arrives becomes one next write, and reads go on', async () => {
  const { engine, clock, disk } = await setup();
  const first = await runUntil(clock, append(engine, 1));
  disk.stall();
  const large = append(engine, 1, { bodyBytes: 2_000_000 });
  await new Promise((resolve) => setImmediate(resolve));
  const before = engine.stats().counters.commits;
  const small: Array<Promise<Buffer>> = [];
  for (let i = 0; i < 50; i++) {
    small.push(append(engine, 2));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok((await readAll(engine, 1)).subarray(0, first.length).equals(first));
  assert.equal(engine.stats().counters.commits, before);
  disk.unstall();
  await runUntil(clock, Promise.all([large, ...small]));
  assert.equal(engine.stats().counters.commits - before, 2);
});

test('payloads are let go when they are not needed any more', async () => {
  const { engine, clock } = await setup();
  let references = 0;
  const owner = {
    retain: () => void (references += 1),
    release: () => void (references -= 1),
  };
  for (let i = 0; i < 100; i++) {
    const bytes = makeBatch({ baseOffset: i, bodyBytes: i % 2 === 0 ? 100 : 20_000 });
    engine.append({
      stream: 1,
      baseOffset: i,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: 1,
      payload: { bytes, owner },
      durability: 'os',
      onCommit() {},
    });
  }
  await runUntil(clock, engine.flush());
  assert.equal(references, 50, 'large payloads are the tail cache, small ones were copied');
  engine.evictCache(500_000);
  assert.ok(references < 30);
  await runUntil(clock, engine.close());
  assert.equal(references, 0);
});

test('a file is sealed at an age once it has data', async () => {
  const { engine, clock } = await setup();
  await runUntil(clock, append(engine, 1));
  const before = engine.stats().journalFiles;
  clock.advance(7 * 60 * 60 * 1000);
  await runUntil(clock, append(engine, 1));
  assert.equal(engine.stats().journalFiles, before + 1);
});

test('a removed file is told of behind what was queued before it in the same write', () => {
  const builder = new CommitBuilder(new StagingPool(), false);
  const file = new JournalFile({ sequence: 1, path: '', salt: 1, createdMs: 0, startLsn: 0 });
  const numbers = { flags: 0, baseOffset: 0, offsetCount: 0, leaderEpoch: -1, maxTimestampMs: -1 };
  const entryOf = (kind: EntryKind, stream: number): PendingEntry =>
    new PendingEntry({ kind, stream, ...numbers }, -1, null, false, null);
  const entries = [
    entryOf(EntryKind.STREAM_DELETED, 7),
    entryOf(EntryKind.FILE_REMOVED, 0),
    entryOf(EntryKind.STREAM_DELETED, 5),
  ];
  const context = { salt: 1, syncedFilesBack: 0, syncedPosition: 128, recycledEnd: 0, writtenMs: 0 };
  const commit = builder.build(file, file.written, entries, context);
  assert.deepEqual(
    commit.entries.map(({ stream }) => stream),
    [5, 7, 0],
  );
});
