/** What a start makes of the segments that it finds: opens those that are published, and believes nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAll } from '../../support/batches.ts';
import { ConvertingEngine } from '../../support/converting-engine.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

const STREAMS = [1, 2, 3];

/** A directory of which a good part is in segments, stopped orderly, with what each stream holds. */
async function converted(): Promise<{ readonly before: ConvertingEngine; readonly contents: readonly Buffer[] }> {
  const before = await ConvertingEngine.open();
  await before.appendTo(STREAMS, 120);
  await before.pass();
  const contents = await Promise.all(STREAMS.map((stream) => readAll(before.engine, stream)));
  await before.close();
  assert.ok(before.segments.length > 2);
  return { before, contents };
}

/** What matters: a start deletes the spare file whatever becomes of it. */
function files({ disk }: ConvertingEngine): string[] {
  return disk.paths().filter((path) => !path.includes('spare'));
}

function reopened({ disk, catalog }: ConvertingEngine): Promise<ConvertingEngine> {
  return ConvertingEngine.open(disk, catalog);
}

test('a start reads on from segments and journal', async () => {
  const { before, contents } = await converted();
  const again = await reopened(before);
  for (const [i, stream] of STREAMS.entries()) {
    assert.ok((await readAll(again.engine, stream)).equals(contents[i] as Buffer));
  }
  await again.close();
  assert.equal(again.disk.openFiles, 0);
});

test('a published segment that is missing refuses the start by name, and changes nothing', async () => {
  const { before } = await converted();
  const path = before.segments[1] as string;
  const bytes = Buffer.from(before.disk.contents(path));
  await before.disk.unlink(path);
  const paths = files(before);
  await assert.rejects(reopened(before), ({ code, message }: Error & { readonly code: string }) => {
    assert.equal(code, 'CORRUPT');
    assert.match(message, new RegExp(`${path} is missing, and with it records`));
    assert.match(message, /restore all of it from a copy/);
    return true;
  });
  assert.deepEqual(files(before), paths);
  before.disk.put(path, bytes);
  const again = await reopened(before);
  await again.close();
});

test('a published segment that is damaged where the start looks refuses it', async () => {
  const { before } = await converted();
  const path = before.segments[0] as string;
  before.disk.put(path, Buffer.from(before.disk.contents(path).subarray(0, 100)));
  await assert.rejects(reopened(before), { code: 'CORRUPT', message: new RegExp(path) });
});

test('files of a merge that was not published are deleted', async () => {
  const { before, contents } = await converted();
  const { nextMerge } = before.catalog.published;
  const leftover = `/data/segments/${String(nextMerge).padStart(20, '0')}-000000.seg`;
  before.disk.put(leftover, Buffer.from('half of a segm'));
  const again = await reopened(before);
  await again.pass();
  assert.ok(!again.segments.includes(leftover));
  assert.deepEqual(again.events('segment-leftover-deleted').length, 1);
  assert.ok((await readAll(again.engine, 1)).equals(contents[0] as Buffer));
  await again.close();
});

test('a segment file that comes from somewhere else refuses the start', async () => {
  const { before } = await converted();
  const foreign = `/data/segments/${'1'.padStart(20, '0')}-999999.seg`;
  before.disk.put(foreign, Buffer.from('whose is it'));
  await assert.rejects(reopened(before), { code: 'CORRUPT', message: /999999\.seg is none that the catalog knows/ });
  assert.ok(before.disk.paths().includes(foreign));
});

test('a segment file that is cut off refuses the start, and the message says what to do', async () => {
  const { before } = await converted();
  const path = before.segments.at(-1) as string;
  before.disk.put(path, before.disk.contents(path).subarray(0, 1000));
  await assert.rejects(reopened(before), { code: 'CORRUPT', message: /\.seg ends before \d+: restore it from a copy/ });
});

test('a dropped segment whose deletion was cut off is deleted, and then forgotten', async () => {
  const { before } = await converted();
  const [segment] = before.catalog.published.segments;
  assert.ok(segment !== undefined);
  await before.disk.syncDirectory();
  // The name is known as dropped, as after a publication whose deletions did not come about.
  const again = await reopened(before);
  await again.until(again.engine.trim(1, again.engine.state(1).logEndOffset));
  await again.until(again.engine.trim(2, again.engine.state(2).logEndOffset));
  await again.until(again.engine.trim(3, again.engine.state(3).logEndOffset));
  again.disk.failing.set('unlink', 'EBUSY');
  await again.pass(2000);
  const { dropped } = again.catalog.published;
  assert.ok(dropped.length > 0);
  assert.ok(again.segments.length > 0);
  again.disk.failing.clear();
  await again.close();
  const last = await reopened(again);
  await last.pass(2000);
  assert.deepEqual(last.segments, []);
  await last.appendTo(STREAMS, 120);
  await last.pass();
  assert.deepEqual(
    last.catalog.published.dropped.filter((name) => dropped.includes(name)),
    [],
  );
  await last.close();
});

test('a journal that ends before what is in segments refuses the start', async () => {
  const { before } = await converted();
  const { convertedTo } = before.catalog.published;
  const later = before.disk.paths().filter((path) => Number(/(\d+)\.wal/.exec(path)?.[1] ?? 0) > convertedTo);
  for (const path of later) await before.disk.unlink(path);
  before.catalog.witness.end = null;
  await assert.rejects(reopened(before), { code: 'CORRUPT' });
});

test('an engine that makes no segments does not open a directory that has some', async () => {
  const { before } = await converted();
  const { disk, catalog, clock } = before;
  const engine = await openSmallEngine(disk, 'os', clock, catalog.witness, { segmenting: null });
  await assert.rejects(before.until(catalog.start(engine)), { code: 'CORRUPT', message: /without segments/ });
  await before.until(engine.close());
});
