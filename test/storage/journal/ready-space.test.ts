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

test('a fast writer of small pieces makes space ready for many of them at once', async () => {
  const setup = await setUp(true);
  const { active, ready } = setup;
  const lengths = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const position = active.file.written;
    active.claimed = position + 1000;
    ready.extend(position, active.claimed);
    active.handle.writeSync([Buffer.alloc(1000, 0x61)], position);
    active.file.written = active.claimed;
    assert.ok(ready.covers(active.file.written));
    lengths.add(setup.length());
  }
  assert.ok(lengths.size <= 4, `${lengths.size} steps`);
});

test('space made ready at once leaves what is written, and ends where the file does', async () => {
  const { active, ready, length } = await setUp(true);
  const position = active.file.written + 3;
  active.handle.writeSync([Buffer.alloc(position, 0x61)], 0);
  ready.extend(position, position + 10);
  const there = Buffer.alloc(position);
  assert.equal(active.handle.readSync(there, 0), position);
  assert.ok(there.equals(Buffer.alloc(position, 0x61)));
  ready.extend(64 * MIB - 5000, 64 * MIB - 4000);
  assert.equal(length(), 64 * MIB);
  ready.extend(64 * MIB, 64 * MIB + 10);
  assert.equal(length(), 64 * MIB);
});
