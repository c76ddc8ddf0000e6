/** A log on a real disk whose journal files become segments, on a thread: copies, catalogs made anew, lost files. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';
import { silentLogger, type Logger } from '../../src/base/logger.ts';
import { clusterOfJournal, rebuildCatalog } from '../../src/storage/catalog-rebuild/rebuild.ts';
import { repair } from '../../src/storage/inspect/repair.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { CATALOG_STREAM } from '../../src/storage/types.ts';
import { WriteAheadLog } from '../../src/wal.ts';

const STREAMS = 20;
const root = mkdtempSync(join(tmpdir(), 'walka-wal-segments-'));
after(() => rmSync(root, { recursive: true }));

function newDirectory(): string {
  return mkdtempSync(join(root, 'log-'));
}

function entry(stream: number, offset: number): Buffer {
  return Buffer.from(`entry ${offset} of stream ${stream}; `.repeat(20));
}

/** Journal files of these many bytes are sealed, far more than have to wait before conversion does not wait any more. */
const FILE_BYTES = 65_536;
const FILES = 50;

/** A log of which a good part is in segments. */
async function filled(directory: string): Promise<WriteAheadLog> {
  const published = Promise.withResolvers<void>();
  const logger: Logger = {
    ...silentLogger,
    level: 'info',
    info: (event) => void (event === 'segments-published' && published.resolve()),
    child: () => logger,
  };
  const wal = await WriteAheadLog.open({ directory, maxSegmentSize: FILE_BYTES, convertBytesPerSecond: 0, logger });
  for (let offset = 0; offset * STREAMS * entry(1, 0).length < FILES * FILE_BYTES; offset++) {
    const appends = Array.from({ length: STREAMS }, (_, i) => wal.stream(i + 1).append(entry(i + 1, offset)));
    await Promise.all(appends);
  }
  // Timers of the log keep no process alive.
  const alive = setInterval(() => undefined, 60_000);
  await published.promise.finally(() => clearInterval(alive));
  return wal;
}

async function check(wal: WriteAheadLog): Promise<void> {
  for (let number = 1; number <= STREAMS; number++) {
    const stream = wal.stream(number);
    let expected = stream.startOffset;
    for await (const { offset, bytes } of stream.read()) {
      assert.equal(offset, expected++);
      assert.ok(bytes.equals(entry(number, offset)));
    }
    assert.equal(expected, stream.endOffset);
    assert.ok(expected >= 250);
  }
}

function segmentsOf(directory: string): string[] {
  return readdirSync(join(directory, 'segments'));
}

test('entries read back from segments, before and after a restart', async () => {
  const directory = newDirectory();
  {
    await using wal = await filled(directory);
    assert.ok(segmentsOf(directory).length > 0);
    await check(wal);
  }
  await using again = await WriteAheadLog.open({ directory });
  await check(again);
});

test('a snapshot has the segments, too', async () => {
  const directory = newDirectory();
  const copy = newDirectory();
  await using wal = await filled(directory);
  await wal.snapshot(copy);
  assert.ok(segmentsOf(copy).length > 0);
  await using other = await WriteAheadLog.open({ directory: copy });
  await check(other);
});

test('a catalog that is made anew from the journal knows the segments', async () => {
  const directory = newDirectory();
  await (await filled(directory)).close();
  rmSync(join(directory, 'catalog.db'));
  await assert.rejects(WriteAheadLog.open({ directory }), { code: 'CORRUPT', message: /catalog\.db is missing/ });
  await rebuildCatalog({ dataDir: directory, logger: silentLogger, random: systemRandom });
  await using again = await WriteAheadLog.open({ directory });
  await check(again);
});

test('a log without one of its segments is refused by name, also when its catalog is made anew', async () => {
  const directory = newDirectory();
  await (await filled(directory)).close();
  const [name = ''] = segmentsOf(directory);
  const path = join(directory, 'segments', name);
  renameSync(path, `${path}.away`);
  const refusal = { code: 'CORRUPT', message: new RegExp(`${name} is missing, and with it records`) };
  await assert.rejects(WriteAheadLog.open({ directory }), refusal);
  await assert.rejects(rebuildCatalog({ dataDir: directory, logger: silentLogger, random: systemRandom }), refusal);
  renameSync(`${path}.away`, path);
  await using again = await WriteAheadLog.open({ directory });
  await check(again);
});

/** Takes the catalog away, and the journal's copy of it. */
async function loseCatalog(directory: string): Promise<void> {
  rmSync(join(directory, 'catalog.db'));
  const engine = await openEngine({ dataDir: directory, clusterId: await clusterOfJournal(directory) });
  await engine.deleteStream(CATALOG_STREAM);
  await engine.close();
}

test('without its catalog and the copy of it a log is made anew as one, with its empty streams', async () => {
  const directory = newDirectory();
  {
    await using wal = await WriteAheadLog.open({ directory });
    for (const number of [1, 2]) await wal.stream(number).append(entry(number, 0));
    await wal.stream(1).truncate({ before: 1 });
  }
  await loseCatalog(directory);
  const { recovered } = await rebuildCatalog({ dataDir: directory, logger: silentLogger, random: systemRandom });
  assert.deepEqual(recovered, []);
  await using again = await WriteAheadLog.open({ directory });
  assert.deepEqual(
    (await again.stream(2).readMany(0)).map(({ bytes }) => bytes),
    [entry(2, 0)],
  );
  assert.equal(await again.stream(1).append(entry(1, 1)), 1);
});

test('segments that nothing names any more are not given up but by a repair, which keeps them aside', async () => {
  const directory = newDirectory();
  await (await filled(directory)).close();
  const names = segmentsOf(directory);
  await loseCatalog(directory);
  await assert.rejects(rebuildCatalog({ dataDir: directory, logger: silentLogger, random: systemRandom }), {
    code: 'CORRUPT',
    message: /which files of \S+segments count\. .*: walka wal repair --data-dir /,
  });
  assert.deepEqual(segmentsOf(directory), names);
  const { lost } = await repair(directory);
  assert.deepEqual(segmentsOf(directory).sort(), names.map((name) => `${name}.broken`).sort());
  await using again = await WriteAheadLog.open({ directory });
  for (let number = 1; number <= STREAMS; number++) {
    const stream = again.stream(number);
    const gone = lost.filter((range) => range.stream === number);
    let expected = 0;
    for await (const { offset, bytes } of stream.read()) {
      assert.ok(offset >= expected && bytes.equals(entry(number, offset)));
      for (; expected < offset; expected++) {
        assert.ok(gone.some(({ from, to }) => from <= expected && expected < to));
      }
      expected = offset + 1;
    }
    assert.equal(expected, stream.endOffset);
  }
});
