/** Compactions that wait for a merge, while their streams go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompactionRequest } from '../../../src/storage/compaction-types.ts';
import { append } from '../../support/batches.ts';
import { NO_PRODUCERS } from '../../support/compact-log.ts';
import { ConvertingEngine } from '../../support/converting-engine.ts';
import { turns } from '../../support/run-clock.ts';

const STREAM = 2;

function request(rig: ConvertingEngine): CompactionRequest {
  return {
    stream: STREAM,
    endOffset: rig.engine.state(STREAM).logEndOffset - 1,
    nowMs: rig.clock.now(),
    deleteRetentionMs: 1000,
    producers: NO_PRODUCERS,
    worthBytes: 1e9,
    mapBytes: 24 * 100,
    mapLoadFactor: 0.5,
  };
}

test('of a stream that is trimmed while its compaction waits nothing is merged again and again', async () => {
  const rig = await ConvertingEngine.open(undefined, undefined, { maxSegmentSize: 64 * 1024 });
  await rig.appendTo([1, STREAM, 3], 60, 100);
  const compacted = rig.engine.compact(request(rig));
  await turns(50);
  await rig.until(rig.engine.trim(STREAM, rig.engine.state(STREAM).logEndOffset));
  assert.equal(await rig.until(compacted), null);
  await rig.pass(60_000);
  const { compaction } = rig.engine.stats().counters.merges;
  assert.ok(compaction <= 2, `${compaction} merges`);
  await rig.close();
});

test('what waits for a merge is given up when the journal fails', async () => {
  const rig = await ConvertingEngine.open(undefined, undefined, { maxSegmentSize: 64 * 1024 });
  await rig.appendTo([1, STREAM, 3], 60, 100);
  const compacted = rig.engine.compact(request(rig));
  await turns(50);
  rig.disk.failing.set('datasync', 'EIO');
  await rig.until(append(rig.engine, 1)).catch(() => undefined);
  assert.equal(rig.engine.refusal?.code, 'POISONED');
  assert.equal(await rig.until(compacted), null);
  assert.equal(rig.events('merge-failed').length, 0, 'it is not tried again');
  rig.disk.failing.clear();
  await rig.until(rig.engine.close()).catch(() => undefined);
});
