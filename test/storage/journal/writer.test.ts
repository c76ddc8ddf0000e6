/** The writer by itself, over a sink that does what a test wants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSlice } from '../../../src/base/counted.ts';
import { broken, InvariantError } from '../../../src/base/invariant.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { TailCache } from '../../../src/storage/cache.ts';
import { StagingPool } from '../../../src/storage/files/staging.ts';
import { batchEntry } from '../../../src/storage/format/batch-entry.ts';
import { controlEntry } from '../../../src/storage/format/control-entry.ts';
import { EntryKind } from '../../../src/storage/format/format.ts';
import { JournalFile } from '../../../src/storage/index/journal-file.ts';
import type { CommitSink } from '../../../src/storage/journal/commit-sink.ts';
import { JournalWriter } from '../../../src/storage/journal/writer.ts';
import { EngineStats } from '../../../src/storage/stats.ts';
import { StorageError } from '../../../src/storage/types.ts';
import { turns } from '../../support/run-clock.ts';

/** What the writer did and what came of it, in order. */
interface World {
  readonly writer: JournalWriter;
  readonly events: string[];
  /** Writes on the thread that are under way. */
  readonly writes: Array<PromiseWithResolvers<void>>;
  readonly clock: ManualClock;
  /** Milliseconds that writes took, as the sink was told. */
  readonly tookMs: number[];
  /** What the next write must wait for, if there is something. */
  blocker: Promise<void> | null;
  push(name: string, byteLength: number): void;
}

/** A writer over a thread whose writes a test ends, and a disk of which a full one refuses all that is queued. */
function onThread(): World {
  const file = new JournalFile({ sequence: 1, path: '', salt: 1, createdMs: 0, startLsn: 0 });
  const events: string[] = [];
  const writes: Array<PromiseWithResolvers<void>> = [];
  const clock = new ManualClock();
  const tookMs: number[] = [];
  let end = 0;
  const sink: CommitSink = {
    file,
    get end() {
      return end;
    },
    roomBytes: 1e9,
    copiesAll: false,
    hasThread: true,
    mustRoll: () => false,
    roll: () => Promise.resolve(),
    blocker: () => world.blocker,
    headerContext: () => ({ salt: 1, syncedFilesBack: 0, syncedPosition: 0, recycledEnd: 0, writtenMs: 0 }),
    write: (commit) => {
      assert.equal(commit.position, end);
      end = commit.end;
      events.push(`write of ${commit.entries.length}`);
      const writing = Promise.withResolvers<void>();
      writes.push(writing);
      return writing.promise;
    },
    written: (_commit, ms) => void tookMs.push(ms),
    cut: ({ position }) => {
      events.push('cut');
      end = position;
      return Promise.resolve();
    },
  };
  const full = new StorageError('DISK_FULL', 'No space left for the journal');
  const writer: JournalWriter = new JournalWriter({
    clock,
    logger: silentLogger,
    stats: new EngineStats(),
    cache: new TailCache(0),
    staging: new StagingPool(),
    sink,
    acknowledge: (acks) => void acks.advance(Number.POSITIVE_INFINITY),
    revert: () => undefined,
    onDiskFull: () => {
      writer.refusePending(full);
      writer.pause();
    },
    onPoison: (error) => writer.poison(error),
  });
  const push = (name: string, byteLength: number): void => {
    const fields = { stream: 1, baseOffset: 0, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: 1 };
    const onCommit = (error: StorageError | null): void => void events.push(`${name} ${error?.code ?? 'written'}`);
    const payload = plainSlice(Buffer.alloc(byteLength));
    writer.push(batchEntry({ ...fields, payload, isOpaque: true, durability: 'os', onCommit }, 1, false));
  };
  const world: World = { writer, events, writes, clock, tookMs, blocker: null, push };
  return world;
}

/** A write under way, with three entries behind it that are worth being laid down ahead. */
async function writingWithMuchBehind(): Promise<World> {
  const world = onThread();
  world.push('first', 1000);
  await turns(3);
  for (let i = 1; i <= 3; i++) world.push(`behind ${i}`, 100_000);
  await turns(3);
  // It is not laid down again for what comes later.
  world.push('later', 1000);
  await turns(3);
  return world;
}

test('what waits behind a write on a thread is laid down, and its write begins before the first is acknowledged', async () => {
  const { writer, events, writes } = await writingWithMuchBehind();
  assert.deepEqual(events, ['write of 1']);
  writes[0]?.resolve();
  await turns(3);
  assert.deepEqual(events, ['write of 1', 'write of 3', 'first written']);
  writes[1]?.resolve();
  await turns(3);
  const behind = ['behind 1 written', 'behind 2 written', 'behind 3 written'];
  assert.deepEqual(events.slice(3), [...behind, 'write of 1']);
  writes[2]?.resolve();
  await writer.whenIdle();
  assert.deepEqual(events.slice(7), ['later written']);
  writer.close();
});

test('a write has not taken the time that it waited for space to be made ready, nor for the write before it', async () => {
  const world = onThread();
  const { clock, tookMs, writes, push } = world;
  const ready = Promise.withResolvers<void>();
  world.blocker = ready.promise;
  push('first', 1000);
  await turns(3);
  clock.advance(100);
  world.blocker = null;
  ready.resolve();
  await turns(3);
  clock.advance(2);
  for (let i = 1; i <= 3; i++) push(`behind ${i}`, 100_000);
  await turns(3);
  clock.advance(3);
  writes[0]?.resolve();
  await turns(3);
  clock.advance(7);
  writes[1]?.resolve();
  await world.writer.whenIdle();
  assert.deepEqual(tookMs, [5, 7]);
  world.writer.close();
});

test('little that waits behind a write on a thread shares the next one with what comes until then', async () => {
  const { writer, events, writes, push } = onThread();
  for (const name of ['first', 'second', 'third']) {
    push(name, 1000);
    await turns(3);
  }
  writes[0]?.resolve();
  await turns(3);
  assert.deepEqual(events, ['write of 1', 'first written', 'write of 2']);
  writes[1]?.resolve();
  await writer.whenIdle();
  writer.close();
});

test('a write that finds no space takes what was laid down behind it with it, in order', async () => {
  const { writer, events, writes, push } = await writingWithMuchBehind();
  writes[0]?.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  await turns(3);
  const refused = ['first', 'behind 1', 'behind 2', 'behind 3', 'later'].map((name) => `${name} DISK_FULL`);
  assert.deepEqual(events, ['write of 1', 'cut', ...refused]);
  assert.equal(writer.acks.pendingBytes, 0);
  writer.resume();
  push('again', 1000);
  await turns(3);
  writes[1]?.resolve();
  await writer.whenIdle();
  assert.deepEqual(events.slice(7), ['write of 1', 'again written']);
  writer.close();
});

test('what a full disk refuses is not taken for what it lets wait, by who waits until all is written', async () => {
  const { writer, events, writes, push } = onThread();
  push('first', 1000);
  await turns(3);
  const onCommit = (error: StorageError | null): void => void events.push(`trim ${error?.code ?? 'written'}`);
  writer.push(controlEntry({ kind: EntryKind.TRIM, stream: 1 }, null, false, onCommit));
  void writer.whenWritten().then(() => events.push('all written'));
  push('later', 1000);
  writes[0]?.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  await turns(3);
  assert.deepEqual(events, ['write of 1', 'cut', 'first DISK_FULL', 'later DISK_FULL']);
  writer.resume();
  await turns(3);
  writes[1]?.resolve();
  await turns(3);
  assert.deepEqual(events.slice(4), ['write of 1', 'trim written', 'all written']);
  writer.close();
});

test('a write that fails fails what was laid down behind it, in order', async () => {
  const { writer, events, writes } = await writingWithMuchBehind();
  writes[0]?.reject(new Error('the disk is gone'));
  await turns(3);
  const failed = ['first', 'behind 1', 'behind 2', 'behind 3', 'later'].map((name) => `${name} POISONED`);
  assert.deepEqual(events, ['write of 1', ...failed]);
  writer.close();
});

test('what was laid down is refused when the disk is full by the time when the write before it is done', async () => {
  const { writer, events, writes } = await writingWithMuchBehind();
  writer.refusePending(new StorageError('DISK_FULL', 'No space left for the journal'));
  writer.pause();
  writes[0]?.resolve();
  await turns(3);
  const refused = ['behind 1', 'behind 2', 'behind 3', 'later'].map((name) => `${name} DISK_FULL`);
  assert.deepEqual(events, ['write of 1', 'first written', ...refused]);
  writer.close();
});

test('what was laid down fails with a sync that failed meanwhile', async () => {
  const { writer, events, writes } = await writingWithMuchBehind();
  writer.poison(new StorageError('POISONED', 'The journal failed'));
  writes[0]?.resolve();
  await turns(3);
  const failed = ['first', 'behind 1', 'behind 2', 'behind 3', 'later'].map((name) => `${name} POISONED`);
  assert.deepEqual(events, ['write of 1', ...failed]);
  writer.close();
});

test('what was laid down is written before a roll that was asked for meanwhile', async () => {
  const { writer, events, writes } = await writingWithMuchBehind();
  void writer.requestRoll().then(() => events.push('rolled'));
  writes[0]?.resolve();
  await turns(3);
  writes[1]?.resolve();
  await turns(3);
  assert.deepEqual(events.slice(1, 6), [
    'write of 3',
    'first written',
    'behind 1 written',
    'behind 2 written',
    'behind 3 written',
  ]);
  assert.ok(events.includes('rolled'));
  writes[2]?.resolve();
  await writer.whenIdle();
  assert.deepEqual(events.at(-1), 'later written');
  writer.close();
});

test('a commit that does not fit what readers know is not acknowledged, and fails the journal', async () => {
  const file = new JournalFile({ sequence: 1, path: '', salt: 1, createdMs: 0, startLsn: 0 });
  const sink: CommitSink = {
    file,
    end: 0,
    roomBytes: 1e6,
    copiesAll: true,
    hasThread: false,
    mustRoll: () => false,
    roll: () => Promise.resolve(),
    blocker: () => null,
    headerContext: () => ({ salt: 1, syncedFilesBack: 0, syncedPosition: 0, recycledEnd: 0, writtenMs: 0 }),
    write: () => undefined,
    written: () => broken('The directory knows better'),
    cut: () => Promise.resolve(),
  };
  const cache = new TailCache(Number.POSITIVE_INFINITY);
  const poisons: StorageError[] = [];
  const outcomes: Array<StorageError | null> = [];
  const writer: JournalWriter = new JournalWriter({
    clock: new ManualClock(),
    logger: silentLogger,
    stats: new EngineStats(),
    cache,
    staging: new StagingPool(),
    sink,
    acknowledge: (acks) => void acks.advance(Number.POSITIVE_INFINITY),
    revert: () => undefined,
    onDiskFull: () => undefined,
    onPoison: (error) => {
      poisons.push(error);
      writer.poison(error);
    },
  });
  for (let i = 0; i < 2; i++) {
    writer.push(controlEntry({ kind: EntryKind.STREAM_CREATED, stream: 1 }, null, false, (it) => outcomes.push(it)));
    await turns(3);
  }
  assert.equal(poisons.length, 1);
  assert.ok(poisons[0]?.cause instanceof InvariantError);
  assert.deepEqual(outcomes, [poisons[0], poisons[0]]);
  writer.close();
  cache.clear();
});
