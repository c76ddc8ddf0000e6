/** The writer by itself, over a sink that does what a test wants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broken, InvariantError } from '../../../src/base/invariant.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { TailCache } from '../../../src/storage/cache.ts';
import { StagingPool } from '../../../src/storage/files/staging.ts';
import { controlEntry } from '../../../src/storage/format/control-entry.ts';
import { EntryKind } from '../../../src/storage/format/format.ts';
import { JournalFile } from '../../../src/storage/index/journal-file.ts';
import type { CommitSink } from '../../../src/storage/journal/commit-sink.ts';
import { JournalWriter } from '../../../src/storage/journal/writer.ts';
import { EngineStats } from '../../../src/storage/stats.ts';
import type { StorageError } from '../../../src/storage/types.ts';
import { turns } from '../../support/run-clock.ts';

test('a commit that does not fit what readers know is not acknowledged, and fails the journal', async () => {
  const file = new JournalFile({ sequence: 1, path: '', salt: 1, createdMs: 0, startLsn: 0 });
  const sink: CommitSink = {
    file,
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
