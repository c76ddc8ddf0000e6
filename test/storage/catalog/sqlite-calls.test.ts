/** Where the catalog's database is: here while a broker starts, on a thread once it is written to; locked all the time. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { CATALOG_FILE } from '../../../src/storage/catalog/catalog-file.ts';
import { LOCK_FILE, lockDirectory } from '../../../src/storage/catalog/directory-lock.ts';
import { closeQuietly, openExclusively } from '../../../src/storage/catalog/sqlite-schema.ts';
import { SqliteCatalog } from '../../../src/storage/catalog/sqlite.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { startCatalog } from '../../support/started-catalog.ts';

const CLUSTER = 'q1Sh-9_ISia_zwGINzRvyQ';
const parent = mkdtempSync(join(tmpdir(), 'walka-calls-'));
after(() => rmSync(parent, { recursive: true }));

let threads = 0;
const countThread = (): void => void threads++;
beforeEach(() => {
  threads = 0;
  process.on('worker', countThread);
});
afterEach(() => void process.off('worker', countThread));

function newDirectory(): string {
  return mkdtempSync(join(parent, 'd'));
}

/** Nobody else gets in, neither this release nor one that only knows the catalog's own lock. */
async function assertLocked(dataDir: string): Promise<void> {
  await using other = new SqliteCatalog(dataDir);
  await assert.rejects(other.load(CLUSTER), { code: 'LOCKED' });
  assert.throws(() => closeQuietly(openExclusively(join(dataDir, CATALOG_FILE))), { errcode: 5 });
}

test('a start needs no thread, nor does what follows from it; a change does', async () => {
  const dataDir = newDirectory();
  await using catalog = new SqliteCatalog(dataDir);
  await assertLocked(dataDir);
  const { clusterId } = await catalog.load(CLUSTER);
  await using engine = await openEngine({ dataDir, clusterId, witness: catalog.witness });
  await catalog.start(engine);
  await catalog.witness.reached(engine.end);
  await assertLocked(dataDir);
  assert.equal(threads, 0);
  await catalog.createTopic('a', 'AAAAAAAAAAAAAAAAAAAAAw', 3, new Map());
  await assertLocked(dataDir);
  assert.equal(threads, 1);
  await catalog.witness.reached({ ...engine.end, position: (engine.end.position ?? 0) + 1000 });
  assert.equal(threads, 1);
});

test('nobody gets in while the database passes over to the thread', async () => {
  const dataDir = newDirectory();
  await using catalog = new SqliteCatalog(dataDir);
  await startCatalog(catalog, CLUSTER);
  const created = catalog.createTopic('a', 'AAAAAAAAAAAAAAAAAAAAAw', 3, new Map());
  // The thread begins now, and has nothing open yet.
  await using other = new SqliteCatalog(dataDir);
  await assert.rejects(other.load(CLUSTER), { code: 'LOCKED' });
  assert.throws(() => lockDirectory(dataDir), { code: 'LOCKED' });
  assert.equal((await created).name, 'a');
});

test('a clean stop of a broker that changed nothing needs no thread, and leaves the directory to the next', async () => {
  const dataDir = newDirectory();
  for (let starts = 1; starts < 4; starts++) {
    const catalog = new SqliteCatalog(dataDir);
    const image = await startCatalog(catalog, CLUSTER).finally(() => undefined);
    assert.equal(image.starts, starts);
    await catalog.ended({ sequence: 1, position: 100 * starts });
    await catalog.close();
  }
  assert.equal(threads, 0);
  lockDirectory(dataDir).close();
});

test('how much of a file there must be stays known when a start goes on in it', async () => {
  const dataDir = newDirectory();
  const end = { sequence: 1, position: 12_345 };
  const first = new SqliteCatalog(dataDir);
  await startCatalog(first, CLUSTER);
  await first.ended(end);
  await first.close();
  const second = new SqliteCatalog(dataDir);
  await startCatalog(second, CLUSTER);
  await second.close(); // as after a kill: nothing more is noted
  await using third = new SqliteCatalog(dataDir);
  await third.load(CLUSTER);
  assert.deepEqual(third.witness.end, end);
});

test("a directory that is somebody else's gets no lock file", async () => {
  const dataDir = newDirectory();
  writeFileSync(join(dataDir, 'meta.properties'), '');
  await using catalog = new SqliteCatalog(dataDir);
  await assert.rejects(catalog.load(CLUSTER), { code: 'FOREIGN' });
  assert.ok(!existsSync(join(dataDir, LOCK_FILE)));
});
