/** Merges on a thread: started when needed, asked about streams, slowed down, cancelled, failed. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { inlineMerger } from '../../../src/storage/convert/inline-merger.ts';
import { threadMerger } from '../../../src/storage/convert/merge-thread.ts';
import type { AskStreams, JournalInput, MergePlan } from '../../../src/storage/convert/types.ts';
import { nodeFiles } from '../../../src/storage/files/node-files.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { asInput, assertSame, batchesOf, ModelJournal, SEGMENTS } from '../../support/merges.ts';
import { runUntil, turns } from '../../support/run-clock.ts';

const ALL: AskStreams = (streams) => ({ logStart: new Float64Array(streams.length), compacted: new Map() });

function planOf(inputs: readonly JournalInput[], folder: string, mergeId = 1): MergePlan {
  const sizes = { maxSegmentBytes: 2 ** 20, largeStreamBytes: 2 ** 19 };
  return { mergeId, folder, clusterId: 'small', nowMs: 1, inputs, ...sizes, level: 3, bytesPerSecond: 0 };
}

/** A written journal, also as files of this machine. */
async function realJournal(folder: string): Promise<{ disk: FaultyDisk; inputs: JournalInput[] }> {
  const disk = new FaultyDisk(seededRandom(1));
  const journal = new ModelJournal(disk, 1);
  await journal.open();
  await journal.write(300, 10);
  await journal.close();
  await mkdir(join(folder, 'segments'));
  const inputs = [];
  for (const input of journal.inputs()) {
    const path = join(folder, `${input.sequence}.wal`);
    await writeFile(path, disk.contents(input.path));
    inputs.push({ ...input, path });
  }
  return { disk, inputs };
}

test('a thread merges as this one does, asks about streams, and says what failed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'walka-merge-'));
  t.after(() => rm(folder, { recursive: true }));
  const segments = join(folder, 'segments');
  const { inputs } = await realJournal(folder);
  const merger = threadMerger(systemClock);
  t.after(() => merger.close());
  const asked: number[] = [];
  const ask: AskStreams = (streams) => {
    asked.push(...streams);
    return ALL(streams);
  };
  const outcome = await merger.start(planOf(inputs, segments), ask).outcome;
  assert.ok(outcome.kind === 'done');
  assert.deepEqual(
    asked,
    [...new Set(asked)].sort((a, b) => a - b),
  );
  assert.ok(asked.length > 5);
  const layer = asInput(outcome.result);
  const real = { ...layer, segments: layer.segments.map((s) => ({ ...s, path: s.path.replace(SEGMENTS, segments) })) };

  const inline = inlineMerger({ files: nodeFiles, random: seededRandom(2), clock: systemClock, filters: null });
  const again = await inline.start(planOf(inputs, segments, 2), ALL).outcome;
  assert.ok(again.kind === 'done');
  const other = asInput(again.result);
  const there = { ...other, segments: other.segments.map((s) => ({ ...s, path: s.path.replace(SEGMENTS, segments) })) };
  assertSame(await batchesOf(nodeFiles, real), await batchesOf(nodeFiles, there));

  const missing = [{ ...(inputs[0] as JournalInput), path: join(folder, 'missing.wal') }];
  await assert.rejects(merger.start(planOf(missing, segments, 3), ALL).outcome, { code: 'IO', message: /ENOENT/ });
  const refused = merger.start(planOf(inputs, segments, 4), () => Promise.reject(new Error('nobody knows'))).outcome;
  await assert.rejects(refused, { code: 'IO', message: /nobody knows/ });
  const cancelled = merger.start({ ...planOf(inputs, segments, 5), bytesPerSecond: 1 }, ALL);
  const waiting = merger.start(planOf(inputs, segments, 6), ALL);
  cancelled.cancel();
  await merger.close();
  assert.equal((await cancelled.outcome).kind, 'cancelled');
  assert.equal((await waiting.outcome).kind, 'cancelled');
  assert.ok(
    (await readdir(segments)).every((name) => /^0*[12]-/.test(name)),
    'only what was done is left',
  );
});

test('a merge keeps to its rate, which can change on the way', async () => {
  const disk = new FaultyDisk(seededRandom(3));
  const journal = new ModelJournal(disk, 3);
  await journal.open();
  for (let i = 0; i < 2500; i++) await journal.append(1);
  await journal.close();
  const clock = new ManualClock();
  const merger = inlineMerger({ files: disk, random: seededRandom(1), clock, filters: null });
  const plan = { ...planOf(journal.inputs(), SEGMENTS), bytesPerSecond: 1000 };
  const handle = merger.start(plan, ALL);
  let isDone = false;
  void handle.outcome.finally(() => {
    isDone = true;
  });
  for (let second = 0; second < 20; second++) {
    clock.advance(1000);
    await turns(5);
  }
  assert.equal(isDone, false, 'at this rate it takes longer');
  handle.setRate(0);
  assert.equal((await runUntil(clock, handle.outcome)).kind, 'done');
});
