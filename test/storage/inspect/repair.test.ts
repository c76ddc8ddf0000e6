/** Repairing a directory that lost something: it costs what was lost and no more, and all else is there as before. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { openCatalog } from '../../../src/storage/catalog/open.ts';
import { publishedSegments } from '../../../src/storage/catalog/segment-rows.ts';
import { catalogRows } from '../../../src/storage/inspect/catalog.ts';
import { inspectFile } from '../../../src/storage/inspect/directory.ts';
import { repair, type Repair } from '../../../src/storage/inspect/repair.ts';
import { startProblem } from '../../../src/storage/inspect/start-problem.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { segmentFileName } from '../../../src/storage/segment/descriptor.ts';
import { StorageError } from '../../../src/storage/types.ts';
import { readOnce } from '../../support/batches.ts';

const corpus = join(import.meta.dirname, '../../golden/directories');
const root = mkdtempSync(join(tmpdir(), 'walka-repair-test-'));
after(() => rmSync(root, { recursive: true, force: true }));
let next = 1;

/** A directory of its own to damage. */
function copyOf(release: '0.1-journal' | '0.2-segments' = '0.2-segments'): string {
  const directory = join(root, String(next++));
  cpSync(join(corpus, release, 'stopped'), directory, { recursive: true });
  return directory;
}

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly hex: string;
}

interface Contents {
  readonly logStart: number;
  readonly logEnd: number;
  readonly liveBytes: number;
  readonly batches: readonly Batch[];
}

/** What readers find in a directory that a broker starts on, by stream. */
async function contents(dataDir: string): Promise<Map<number, Contents>> {
  await using catalog = await openCatalog(dataDir);
  const { clusterId } = await catalog.load('x');
  const engine = await openEngine({ dataDir, clusterId, witness: catalog.witness });
  const all = new Map<number, Contents>();
  try {
    await catalog.start(engine);
    for (const stream of engine.streamIds()) {
      if (stream < 0) continue;
      const { logStartOffset, logEndOffset, liveBytes } = engine.state(stream);
      const batches: Batch[] = [];
      for (let at = logStartOffset; at < logEndOffset; ) {
        const read = await readOnce(engine, stream, at, { maxBytes: 1 });
        assert.ok(read.endOffset > at, `a reader of stream ${stream} goes on at ${at}`);
        batches.push({ from: read.startOffset, to: read.endOffset, hex: read.bytes.toString('hex') });
        at = read.endOffset;
      }
      all.set(stream, { logStart: logStartOffset, logEnd: logEndOffset, liveBytes, batches });
    }
  } finally {
    await engine.close();
  }
  await catalog.ended(engine.end);
  return all;
}

/** The batches of a segment file, as far as they are live in what was read before. */
async function batchesOf(path: string): Promise<Array<{ stream: number; from: number; to: number }>> {
  const found: Array<{ stream: number; from: number; to: number }> = [];
  await inspectFile(path, async (entries) => {
    for (const { stream, baseOffset, endOffset } of entries) found.push({ stream, from: baseOffset, to: endOffset });
  });
  return found;
}

/** Asserts that a repair cost exactly these batches, and told so. */
async function mustHaveLost(
  directory: string,
  before: Map<number, Contents>,
  lost: ReadonlyArray<{ stream: number; from: number; to: number }>,
  told: Repair,
): Promise<void> {
  const now = await contents(directory);
  for (const [stream, was] of before) {
    const is = now.get(stream) as Contents;
    const gone = lost.filter((one) => one.stream === stream);
    const left = was.batches.filter(({ from }) => !gone.some((one) => one.from === from));
    const isCutAtEnd = left.length > 0 && left.length < was.batches.length && left.at(-1) !== was.batches.at(-1);
    const found = isCutAtEnd ? is.batches.slice(0, -1) : is.batches;
    assert.deepEqual(found, left, `stream ${stream}`);
    assert.equal(is.logEnd, was.logEnd + (isCutAtEnd ? 1 : 0), `stream ${stream} ends where it did`);
    const first = was.batches.findIndex((batch) => left.includes(batch));
    const logStart = first > 0 ? (left[0] as Batch).from : first < 0 ? was.logEnd : was.logStart;
    assert.equal(is.logStart, logStart, `the log start of stream ${stream} moves where it lost its first records only`);
    const liveBytes = is.batches.reduce((sum, { hex }) => sum + hex.length / 2, 0);
    assert.equal(is.liveBytes, liveBytes, `live bytes of stream ${stream}`);
    const live = gone.filter(({ to }) => to > was.logStart);
    for (const { from, to } of live) {
      assert.ok(
        told.lost.some((one) => one.stream === stream && one.from <= Math.max(from, was.logStart) && one.to >= to),
        `${stream}: ${from} to ${to} is told`,
      );
    }
    const offsets = (ranges: readonly { from: number; to: number }[]): number =>
      ranges.reduce((sum, { from, to }) => sum + to - Math.max(from, was.logStart), 0);
    assert.equal(offsets(told.lost.filter((one) => one.stream === stream)), offsets(live), `no more of ${stream}`);
  }
}

function segmentsOf(directory: string): string[] {
  const names = readdirSync(join(directory, 'segments')).filter((name) => name.endsWith('.seg'));
  return names.sort().map((name) => join(directory, 'segments', name));
}

test('a lost segment refuses the start, and a repair gives up what it held and nothing else', async () => {
  const before = await contents(copyOf());
  const { length } = segmentsOf(copyOf());
  let losses = 0;
  // A journal, streams that end in segments, one that goes on in the journal.
  for (const i of [0, 1, 5, 7, length - 1]) {
    const directory = copyOf();
    const path = segmentsOf(directory)[i] as string;
    const held = await batchesOf(path);
    rmSync(path);
    assert.match((await startProblem(directory))?.message ?? '', /is missing, and with it records/);
    const told = await repair(directory);
    assert.deepEqual(
      told.segments.map((one) => [basename(one.path), one.what, one.aside]),
      [[basename(path), 'missing', null]],
    );
    losses += told.lost.length;
    assert.equal(await startProblem(directory), null);
    assert.equal((await repair(directory)).isCatalogNew, false, 'there is nothing more to repair');
    await mustHaveLost(directory, before, held, told);
  }
  assert.ok(losses >= 5, `${losses} ranges were lost`);
});

test('all segments lost at once leave what is in the journal', async () => {
  const directory = copyOf();
  const before = await contents(copyOf());
  const held = [];
  for (const path of segmentsOf(directory)) {
    held.push(...(await batchesOf(path)));
    rmSync(path);
  }
  await mustHaveLost(directory, before, held, await repair(directory));
});

test('of a segment with damage a repair keeps what is sound, and the file as it was', async () => {
  const before = await contents(copyOf());
  const size = 20;
  let damaged = 0;
  for (let place = 0; place < size; place++) {
    const directory = copyOf();
    const paths = segmentsOf(directory);
    const path = paths[place % paths.length] as string;
    const held = await batchesOf(path);
    const bytes = readFileSync(path);
    const at = Math.floor(((place + 0.5) * bytes.length) / size);
    bytes[at] = (bytes[at] as number) ^ 0x55;
    writeFileSync(path, bytes);
    const sound = await batchesOf(path);
    const told = await repair(directory);
    if (!told.isCatalogNew) continue; // nothing depends on that byte
    damaged += 1;
    assert.deepEqual(
      told.segments.map(({ path: of, aside }) => [basename(of), aside]),
      [[basename(path), `${basename(path)}.broken`]],
    );
    assert.ok(readFileSync(`${path}.broken`).equals(bytes));
    const now = await contents(directory);
    const kept = (one: { stream: number; from: number }): boolean =>
      now.get(one.stream)?.batches.some(({ from }) => from === one.from) === true ||
      !before.get(one.stream)?.batches.some(({ from }) => from === one.from);
    for (const one of sound) assert.ok(kept(one), `sound batch ${one.from} of stream ${one.stream} is kept`);
    await mustHaveLost(
      directory,
      before,
      held.filter((one) => !kept(one)),
      told,
    );
    for (const one of segmentsOf(directory)) assert.deepEqual((await inspectFile(one, null))?.damage, []);
  }
  assert.ok(damaged > size / 2, `${damaged} were damaged`);
});

test('a segment without its table of pages loses nothing', async () => {
  const before = await contents(copyOf());
  const directory = copyOf();
  const path = segmentsOf(directory)[0] as string;
  const bytes = readFileSync(path);
  const tablePosition = Number(bytes.readBigInt64LE(bytes.length - 128 + 8));
  bytes.fill(0, tablePosition);
  writeFileSync(path, bytes);
  const told = await repair(directory);
  assert.deepEqual(told.lost, []);
  await mustHaveLost(directory, before, [], told);
});

test('a segment that nobody knows is put aside', async () => {
  const directory = copyOf();
  const before = await contents(copyOf());
  const [path = ''] = segmentsOf(directory);
  const stranger = path.replace('-000000', '-000099');
  cpSync(path, stranger);
  assert.match((await startProblem(directory))?.message ?? '', /none that the catalog knows/);
  const told = await repair(directory);
  assert.deepEqual(told.segments, [
    { path: stranger, what: 'not known to the catalog', aside: `${basename(stranger)}.broken` },
  ]);
  await mustHaveLost(directory, before, [], told);
});

test('a catalog that is gone refuses the start and is made anew', async () => {
  const before = await contents(copyOf());
  const directory = copyOf();
  rmSync(join(directory, 'catalog.db'));
  assert.match((await startProblem(directory))?.message ?? '', /catalog\.db is missing/);
  const told = await repair(directory);
  assert.deepEqual([told.isCatalogNew, told.catalogAside], [true, []]);
  await mustHaveLost(directory, before, [], told);
});

test('a journal that a start refuses is cut where its damage begins, and nothing of it is thrown away', async () => {
  const directory = copyOf('0.1-journal');
  assert.equal((await repair(directory)).isCatalogNew, false, 'a sound one is left as it is');
  const whole = await contents(copyOf('0.1-journal'));
  const path = join(directory, 'journal/00000000000000000011.wal');
  const bytes = readFileSync(path);
  bytes[600] = (bytes[600] as number) ^ 1;
  writeFileSync(path, bytes);
  assert.match(
    (await startProblem(directory))?.message ?? '',
    /0011\.wal ends at position \d+, but the journal went on/,
  );
  const { cuts } = await repair(directory);
  assert.deepEqual(
    cuts.map(({ aside }) => aside),
    [['00000000000000000011.wal.broken']],
  );
  assert.ok(readFileSync(join(directory, 'journal', '00000000000000000011.wal.broken')).equals(bytes));
  const left = await contents(directory);
  let lost = 0;
  for (const [stream, { batches }] of whole) {
    const kept = left.get(stream)?.batches ?? [];
    assert.deepEqual(kept, batches.slice(0, kept.length));
    lost += batches.length - kept.length;
  }
  assert.ok(lost > 0);
});

test('an older file that is lost costs what was in it, and nothing behind it', async () => {
  const whole = await contents(copyOf('0.1-journal'));
  const names = readdirSync(join(corpus, '0.1-journal/stopped/journal')).filter((name) => name.endsWith('.wal'));
  let [given, ranges] = [0, 0];
  for (const name of names.slice(0, -1)) {
    for (const how of ['missing', 'empty', 'header'] as const) {
      const directory = copyOf('0.1-journal');
      const path = join(directory, 'journal', name);
      if (how === 'missing') rmSync(path);
      else if (how === 'empty') truncateSync(path, 0);
      else writeFileSync(path, readFileSync(path).fill(7, 0, 64));
      const problem = await startProblem(directory);
      if (!(problem instanceof StorageError) || problem.lostFile === null) continue; // needed for more than its batches
      assert.match(problem.message, /, or go on without what was in it: walka wal repair --data-dir \S+$/);
      const told = await repair(directory);
      given += 1;
      ranges += told.lost.length;
      const what = how === 'missing' ? 'missing' : 'damaged';
      const aside = how === 'missing' ? null : `${name}.broken`;
      assert.deepEqual(told.journalFiles, [{ sequence: Number(name.slice(0, -4)), path, what, aside }]);
      assert.deepEqual([told.cuts, told.segments], [[], []]);
      // Twice: what a repair wrote is what the next start goes by, too.
      for (let start = 0; start < 2; start++) {
        const left = await contents(directory);
        assert.deepEqual([...left.keys()], [...whole.keys()]);
        for (const [stream, { logEnd, batches }] of whole) {
          const kept = left.get(stream) as Contents;
          assert.ok(kept.logEnd >= logEnd);
          const lost = told.lost.filter((range) => range.stream === stream);
          const isLost = ({ from, to }: Batch): boolean => lost.some((range) => range.from <= from && to <= range.to);
          const expected = batches.filter((batch) => !isLost(batch));
          assert.deepEqual(kept.batches.slice(0, expected.length), expected, `${name} ${how}, stream ${stream}`);
        }
      }
      assert.equal(await startProblem(directory), null);
      assert.equal((await repair(directory)).isCatalogNew, false, 'and there is nothing more to repair');
    }
  }
  assert.ok(given >= 9 && ranges > 9, `${given} files given up, ${ranges} ranges lost`);
});

/** Leaves what a merge had made of its first file when its process was killed. */
async function leaveUnfinished(directory: string): Promise<string> {
  const loaded = await catalogRows(directory);
  const { nextMerge } = publishedSegments(loaded?.rows ?? []);
  const path = join(directory, 'segments', segmentFileName({ mergeId: nextMerge, number: 0 }));
  writeFileSync(path, readFileSync(segmentsOf(directory)[0] as string).subarray(0, 200));
  return path;
}

test('what a merge left that was not finished is no damage', async () => {
  const directory = copyOf();
  await leaveUnfinished(directory);
  assert.equal(await startProblem(directory), null);
  assert.equal((await repair(directory)).isCatalogNew, false);
});

test('a damaged segment is copied where a merge was not finished', async () => {
  const before = await contents(copyOf());
  const directory = copyOf();
  const path = segmentsOf(directory)[0] as string;
  const bytes = readFileSync(path);
  bytes.fill(0, Number(bytes.readBigInt64LE(bytes.length - 128 + 8)));
  writeFileSync(path, bytes);
  const unfinished = await leaveUnfinished(directory);
  const told = await repair(directory);
  assert.deepEqual(told.lost, []);
  const what = 'of a merge that was not finished';
  assert.deepEqual(told.segments[0], { path: unfinished, what, aside: `${basename(unfinished)}.broken` });
  await mustHaveLost(directory, before, [], told);
});
