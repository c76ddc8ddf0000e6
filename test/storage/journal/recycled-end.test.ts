/** A damaged place in a recycled file, with nothing but one very large entry behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { append } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';

const MIB = 1024 * 1024;

test('an entry above 2 MiB over old bytes proves that what lies before it was on the device', async () => {
  const clock = new ManualClock();
  const open = (files: FaultyDisk): Promise<Engine> =>
    openEngine({
      dataDir: '/data',
      clusterId: 'recycled',
      files,
      clock,
      durability: 'fsync',
      maxSegmentSize: 8 * MIB,
      deleteGraceMs: 0,
    });
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await open(disk);
  engine.createStream(1);
  engine.createStream(2);
  const write = (stream: number, bodyBytes: number): Promise<Buffer> =>
    runUntil(clock, append(engine, stream, { bodyBytes, durability: 'fsync' }));
  // Two files of what goes: one of them becomes the file that comes third.
  for (let i = 0; i < 9; i++) await write(1, 1.9 * MIB);
  await runUntil(clock, engine.deleteStream(1));
  for (let i = 0; i < 100; i++) await runUntil(clock, Promise.resolve());
  assert.ok(disk.paths().includes('/data/journal/spare.recycled'), disk.paths().join(' '));
  await runUntil(clock, engine.seal());
  await runUntil(clock, engine.seal());
  const small = await write(2, 100);
  const large = await write(2, 3 * MIB);
  const path = disk.paths().find((name) => name.endsWith('.wal') && disk.contents(name).includes(large)) as string;
  const bytes = Buffer.from(disk.contents(path));
  const at = bytes.indexOf(small) - 56;
  const largeAt = bytes.indexOf(large) - 56;
  assert.equal(bytes.readUInt8(largeAt + 9), 2, 'it lies over old bytes');
  bytes[at + 70] = (bytes[at + 70] as number) ^ 1;
  const damaged = disk.afterKill();
  damaged.put(path, bytes);
  await assert.rejects(open(damaged), new RegExp(`the entry at position ${at - (at % 8)} is damaged.*would be lost`));
});
