/** Zeros written ahead of the writer: for one that is slow, not for one that is faster than they help. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { ActiveIndex } from '../../../src/storage/index/active-index.ts';
import { JournalFile } from '../../../src/storage/index/journal-file.ts';
import { ReadySpace } from '../../../src/storage/journal/ready-space.ts';
import { WritableFile } from '../../../src/storage/journal/writable-file.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { turns } from '../../support/run-clock.ts';

const MIB = 1024 * 1024;

interface Setup {
  readonly active: WritableFile;
  readonly ready: ReadySpace;
  readonly clock: ManualClock;
  /** Length of the file on the disk. */
  readonly length: () => number;
}

async function setUp(isFast: boolean): Promise<Setup> {
  const disk = new FaultyDisk(seededRandom(1));
  const clock = new ManualClock();
  const file = new JournalFile({ sequence: 1, path: '/journal/1', salt: 1, createdMs: 0, startLsn: 0 });
  const active = new WritableFile(file, new ActiveIndex(), await disk.open(file.path, 'create'));
  const ready = new ReadySpace(active, {
    clock,
    isFast,
    maxEnd: 64 * MIB,
    isWanted: () => true,
    onFailure: (error) => assert.ifError(error),
  });
  return { active, ready, clock, length: () => disk.contents(file.path).length };
}

/** More turns than any filling takes on this disk. */
const filled = (): Promise<void> => turns(30);

function write({ active, ready, clock }: Setup, byteLength: number, ms: number): void {
  active.file.written += byteLength;
  active.claimed = active.file.written;
  clock.advance(ms);
  ready.advance(clock.monotonicMs());
}

test('a slow writer finds at least three MiB of zeros in front of it', async () => {
  const setup = await setUp(false);
  for (let i = 0; i < 20; i++) {
    write(setup, 64 * 1024, 50);
    await filled();
    assert.ok(setup.length() - setup.active.file.written >= 3 * MIB);
    assert.ok(setup.ready.covers(setup.active.file.written + 3 * MIB));
  }
});

test('a writer of more than four MiB in a tenth of a second gets none, in the next file neither', async () => {
  const setup = await setUp(false);
  for (let i = 0; i < 20; i++) write(setup, MIB, 5);
  await filled();
  assert.ok(setup.ready.isFast);
  const next = await setUp(setup.ready.isFast);
  for (let i = 0; i < 20; i++) write(next, MIB, 5);
  await filled();
  assert.equal(next.length(), 0);
});

test('a fast writer that becomes slow gets zeros again', async () => {
  const setup = await setUp(true);
  for (let i = 0; i < 3; i++) write(setup, 64 * 1024, 110);
  await filled();
  assert.ok(!setup.ready.isFast);
  assert.ok(setup.length() >= 3 * MIB);
});
