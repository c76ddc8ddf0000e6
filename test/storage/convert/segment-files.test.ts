/** What the catalog is told of segments that are gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../src/base/logger.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { NOTHING_PUBLISHED } from '../../../src/storage/convert/publication.ts';
import { SegmentFiles } from '../../../src/storage/convert/segment-files.ts';
import { segmentFileName } from '../../../src/storage/segment/descriptor.ts';
import { EngineStats } from '../../../src/storage/stats.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';

test('a file that goes while a publication is under way is forgotten by the next one', async () => {
  const folder = '/data/segments';
  const name = segmentFileName({ mergeId: 1, number: 0 });
  const disk = new FaultyDisk(seededRandom(1));
  await disk.makeDirectory();
  await (await disk.open(`${folder}/${name}`, 'create')).close();
  const segments = new SegmentFiles({
    folder,
    files: disk,
    clock: new ManualClock(),
    logger: silentLogger,
    stats: new EngineStats(),
    deleteGraceMs: 0,
    open: () => assert.fail('nothing is published'),
  });
  await segments.load({ ...NOTHING_PUBLISHED, nextMerge: 2, dropped: [name] });
  const change = { convertedTo: 0, nextMerge: 2, add: [], remove: [], forget: segments.forgettable };
  await segments.deleteLeftovers();
  segments.published(change);
  assert.deepEqual(segments.forgettable, [name]);
});
