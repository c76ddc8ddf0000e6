/** When it is quiet enough for work that nobody waits for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { Quiet } from '../../../src/storage/convert/quiet.ts';

const MIB = 1024 * 1024;

test('it is quiet when less than 16 MiB a second were written and read since the last look', () => {
  const clock = new ManualClock();
  const stats = { bytesWritten: 0, fileReadBytes: 0, commits: 0, fileReads: 0 };
  const quiet = new Quiet(clock, stats);
  const after = (ms: number, written: number, read: number): boolean => {
    clock.advance(ms);
    stats.bytesWritten += written;
    stats.fileReadBytes += read;
    return quiet.look();
  };
  assert.equal(after(1000, 8 * MIB, 9 * MIB), false);
  assert.equal(after(99, 0, 0), false, 'too short to tell');
  assert.equal(after(1000, 8 * MIB, 7 * MIB), true);
  assert.equal(after(2000, 33 * MIB, 0), false);
  assert.equal(after(5000, 0, 0), true);
});

test('a hundred small writes and reads a second are not quiet either', () => {
  const clock = new ManualClock();
  const stats = { bytesWritten: 0, fileReadBytes: 0, commits: 0, fileReads: 0 };
  const quiet = new Quiet(clock, stats);
  clock.advance(2000);
  stats.commits += 150;
  stats.fileReads += 50;
  assert.equal(quiet.look(), false);
  clock.advance(2000);
  stats.commits += 199;
  assert.equal(quiet.look(), true);
});
