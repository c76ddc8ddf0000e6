/** Merges of journal files and layers against a model: what is live comes out, in order, byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import type { AskStreams } from '../../../src/storage/convert/types.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import type { Model, ModelBatch } from '../../support/merges.ts';
import { asInput, assertSame, batchesOf, endsIn, merged, ModelJournal } from '../../support/merges.ts';

/** The model's batches that end behind the log starts and in the sealed files, in order of (stream, offset). */
function expected(
  model: Model,
  logStarts: ReadonlyMap<number, number>,
  ends: ReadonlyMap<number, number>,
): ModelBatch[] {
  return [...model.keys()]
    .sort((a, b) => a - b)
    .flatMap((stream) => model.get(stream) ?? [])
    .filter(
      ({ stream, endOffset }) => endOffset > (logStarts.get(stream) ?? 0) && endOffset <= (ends.get(stream) ?? 0),
    );
}

function asking(logStarts: ReadonlyMap<number, number>): AskStreams {
  return async (streams) => {
    await new Promise((resolve) => setImmediate(resolve));
    return { logStart: streams.map((stream) => logStarts.get(stream) ?? 0), compacted: new Map() };
  };
}

for (let seed = 1; seed <= 12; seed++) {
  test(`merges of merges keep what is live, byte for byte (seed ${seed})`, async () => {
    const disk = new FaultyDisk(seededRandom(seed));
    const journal = new ModelJournal(disk, seed);
    const logStarts = new Map<number, number>();
    const ends = new Map<number, number>();
    let layer: ReturnType<typeof asInput> | null = null;
    let converted = 0;
    for (let round = 1; round <= 3; round++) {
      await journal.open();
      await journal.write(200, 3 + seed * 2);
      await journal.close();
      const fresh = journal.inputs().slice(converted);
      converted += fresh.length;
      for (const [stream, batches] of journal.model) {
        const before = logStarts.get(stream) ?? 0;
        const trimmed = batches[journal.random.int(batches.length)]?.endOffset ?? 0;
        if (journal.random.int(4) === 0) logStarts.set(stream, Math.max(before, trimmed));
        if (journal.random.int(15) === 0) logStarts.set(stream, Number.POSITIVE_INFINITY);
      }
      logStarts.set(-1, Number.POSITIVE_INFINITY);
      const inputs = layer === null ? fresh : [layer, ...fresh];
      const level = seed % 3 === 0 ? 0 : 3;
      const result = await merged(
        disk,
        { mergeId: round, inputs, level, maxSegmentBytes: 8 * 1024 * (1 + (seed % 4)) },
        { ask: asking(logStarts) },
      );
      assert.equal(result.firstSequence, 1);
      assert.equal(result.lastSequence, converted);
      layer = asInput(result);
      const found: ModelBatch[] = await batchesOf(disk, layer);
      // Moved files keep what died since they were written.
      const live = found.filter(({ stream, endOffset }) => endOffset > (logStarts.get(stream) ?? 0));
      for (const [stream, end] of await endsIn(disk, fresh)) ends.set(stream, end);
      assertSame(live, expected(journal.model, logStarts, ends));
      if (result.segments.every(({ isMoved }) => !isMoved)) assert.equal(found.length, live.length);
    }
    assert.equal(disk.openFiles, 0);
  });
}
