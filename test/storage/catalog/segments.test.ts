/** Segments in the catalog: published by one change, read back by the next start, and in the journal's copy. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { JournalCopy } from '../../../src/storage/catalog/journal-copy.ts';
import { MemoryCatalog } from '../../../src/storage/catalog/memory.ts';
import { digestOf } from '../../../src/storage/catalog/rows.ts';
import { publishedSegments } from '../../../src/storage/catalog/segment-rows.ts';
import { SqliteCatalog } from '../../../src/storage/catalog/sqlite.ts';
import type { Catalog } from '../../../src/storage/catalog/types.ts';
import type {
  PublishedSegment,
  PublishedSegments,
  SegmentPublisher,
} from '../../../src/storage/convert/publication.ts';
import type { Engine } from '../../../src/storage/engine.ts';
import { segmentFileName } from '../../../src/storage/segment/descriptor.ts';
import { memoryJournal } from '../../support/started-catalog.ts';

const root = mkdtempSync(join(tmpdir(), 'walka-catalog-segments-'));
after(() => rmSync(root, { recursive: true }));

function segment(mergeId: number, firstSequence: number, lastSequence: number, number = 0): PublishedSegment {
  const place = { firstStream: 1, firstOffset: 0, lastStream: 2 ** 40, endOffset: 2 ** 50 };
  const size = { fileBytes: 900, batchBytes: 1200, tablePosition: 700, tableBytes: 100 };
  const rest = { maxTimestampMs: -1, hasAborts: true, isCompacted: false, salt: 7 };
  const descriptor = { mergeId, number, firstSequence: 1, lastSequence: 4, ...place, ...size, ...rest };
  return { firstSequence, lastSequence, descriptor };
}

function nameOf({ descriptor }: PublishedSegment): string {
  return segmentFileName(descriptor);
}

/** Starts a catalog; gives what it says of segments, and where more are published. */
async function started(
  catalog: Catalog,
  journal: Engine,
): Promise<{ readonly published: PublishedSegments; readonly publisher: SegmentPublisher }> {
  let published: PublishedSegments | null = null;
  let publisher: SegmentPublisher | null = null;
  journal.openSegments = async (all) => void (published = all);
  journal.onPublish = (to) => void (publisher = to);
  await catalog.load('cluster');
  await catalog.start(journal);
  assert.ok(published !== null && publisher !== null);
  return { published, publisher };
}

const KINDS: ReadonlyArray<readonly [string, () => () => Catalog & AsyncDisposable]> = [
  [
    'memory',
    () => {
      const catalog = new MemoryCatalog();
      return () => catalog;
    },
  ],
  [
    'SQLite',
    () => {
      const directory = mkdtempSync(join(root, 'data-'));
      return () => new SqliteCatalog(directory);
    },
  ],
];

for (const [kind, make] of KINDS) {
  describe(`segments in the ${kind} catalog`, () => {
    it('are replaced by one change, and known to the next start', async () => {
      const open = make();
      const journal = await memoryJournal();
      const first = open();
      const { published, publisher } = await started(first, journal);
      assert.deepEqual(published, { convertedTo: 0, nextMerge: 1, segments: [], dropped: [] });
      const [a, b, c] = [segment(1, 1, 4), segment(1, 1, 4, 1), segment(2, 5, 6)];
      await publisher.publish({ convertedTo: 4, nextMerge: 2, add: [a, b], remove: [], forget: [] });
      await publisher.publish({ convertedTo: 6, nextMerge: 3, add: [c], remove: [], forget: [] });
      const moved = segment(1, 1, 6, 1);
      const made = segment(3, 1, 6);
      await publisher.publish({
        convertedTo: 6,
        nextMerge: 4,
        add: [moved, made],
        remove: [a, b, c].map(nameOf),
        forget: [],
      });
      await first.close();

      await using second = open();
      const again = await started(second, journal);
      const { segments, dropped, ...numbers } = again.published;
      assert.deepEqual(numbers, { convertedTo: 6, nextMerge: 4 });
      const byMerge = segments.toSorted((one, other) => one.descriptor.mergeId - other.descriptor.mergeId);
      assert.deepEqual(byMerge, [moved, made]);
      assert.deepEqual(dropped.toSorted(), [a, c].map(nameOf));
      const forgets = {
        convertedTo: 6,
        nextMerge: 4,
        add: [],
        remove: [nameOf(made)],
        forget: [a, c, made].map(nameOf),
      };
      await again.publisher.publish(forgets);
      await second.close();

      await using third = open();
      const last = (await started(third, journal)).published;
      assert.deepEqual(last, { convertedTo: 6, nextMerge: 4, segments: [moved], dropped: [nameOf(made)] });
    });

    it('that are published may be published again, which changes nothing', async () => {
      await using catalog = make()();
      const journal = await memoryJournal();
      const { publisher } = await started(catalog, journal);
      const [a, b] = [segment(1, 1, 4), segment(2, 1, 6)];
      const moved = { ...a, lastSequence: 6 };
      for (const change of [
        { convertedTo: 4, nextMerge: 2, add: [a], remove: [], forget: [] },
        { convertedTo: 6, nextMerge: 3, add: [moved, b], remove: [nameOf(a)], forget: [] },
        { convertedTo: 6, nextMerge: 3, add: [], remove: [nameOf(b)], forget: [] },
      ]) {
        await publisher.publish(change);
        await publisher.publish(change);
      }
    });

    it('are not replaced when they are not there', async () => {
      await using catalog = make()();
      const { publisher } = await started(catalog, await memoryJournal());
      await assert.rejects(
        publisher.publish({ convertedTo: 1, nextMerge: 2, add: [], remove: [nameOf(segment(1, 1, 1))], forget: [] }),
        {
          code: 'NOT_FOUND',
        },
      );
    });
  });
}

it("the journal's copy has every change of the segments", async () => {
  const journal = await memoryJournal();
  await using catalog = new SqliteCatalog(mkdtempSync(join(root, 'data-')));
  const { publisher } = await started(catalog, journal);
  const [a, b] = [segment(1, 1, 2), segment(2, 1, 3)];
  await publisher.publish({ convertedTo: 2, nextMerge: 2, add: [a], remove: [], forget: [] });
  await publisher.publish({ convertedTo: 3, nextMerge: 3, add: [b], remove: [nameOf(a)], forget: [] });
  const state = await new JournalCopy(journal).replay();
  assert.ok(state !== null);
  const rows = [...state.rows()];
  assert.equal(digestOf(rows), state.cluster().digest);
  assert.deepEqual(publishedSegments(rows), { convertedTo: 3, nextMerge: 3, segments: [b], dropped: [nameOf(a)] });
});
