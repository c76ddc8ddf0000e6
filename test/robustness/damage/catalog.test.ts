/** A damaged, older or missing catalog, and a journal that lost its newest file: served right, or refused by name. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../../src/base/logger.ts';
import { seededRandom, systemRandom } from '../../../src/base/random.ts';
import { startBroker } from '../../../src/index.ts';
import { rebuildCatalog } from '../../../src/storage/catalog-rebuild/rebuild.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { CATALOG_STREAM } from '../../../src/storage/types.ts';
import { Specimen, tryStart } from './data-directory.ts';

/** Flips in catalog.db: a few in every run, more when somebody looks (WALKA_DAMAGE_FLIPS). */
const FLIPS = Number(process.env['WALKA_DAMAGE_FLIPS'] ?? 20);
const WAL_HEADER_BYTES = 32;
const WAL_FRAME_BYTES = 24 + 4096;

let specimen: Specimen;
before(async () => {
  specimen = await Specimen.make();
});
after(() => specimen[Symbol.dispose]());

function rebuild(dataDir: string): ReturnType<typeof rebuildCatalog> {
  return rebuildCatalog({ dataDir, logger: silentLogger, random: systemRandom });
}

function flip(file: string, byte: number, bit: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(byte) ^ (1 << bit), byte);
  writeFileSync(file, bytes);
}

/** The newest journal file of a directory. */
function newestFile(directory: string): string {
  const names = readdirSync(join(directory, 'journal')).filter((name) => name.endsWith('.wal'));
  return join(directory, 'journal', names.sort().at(-1) ?? '');
}

/** A start is refused with the catalog named; a rebuild then brings everything back, and the old file is kept. */
async function assertRefusedAndRebuilt(directory: string, reason: RegExp): Promise<void> {
  const { kind, ...rest } = await tryStart(directory);
  assert.equal(kind, 'refused');
  const { message } = rest as { message: string };
  assert.match(message, reason);
  assert.match(message, /catalog\.db .*walka catalog rebuild --data-dir /);
  assert.doesNotMatch(message, /belongs to/);
  assert.equal((await tryStart(directory)).kind, 'refused', 'trying again changes nothing');
  const { recovered } = await rebuild(directory);
  assert.deepEqual(recovered, []);
  await specimen.assertServed(directory, 'rebuilt');
}

test('a sound directory is served whole after a stop and after a kill', async () => {
  await specimen.assertServed(specimen.copy('stopped'), 'stopped');
  await specimen.assertServed(specimen.copy('killed'), 'killed');
});

test('a bit flipped in any frame of the catalog.db-wal that a kill left: refused, and rebuilt whole', async () => {
  const { length } = readFileSync(join(specimen.killed, 'catalog.db-wal'));
  let refused = 0;
  for (let at = WAL_HEADER_BYTES + 2000; at < length; at += WAL_FRAME_BYTES) {
    const directory = specimen.copy('killed');
    flip(join(directory, 'catalog.db-wal'), at, 3);
    if ((await tryStart(directory)).kind === 'served') {
      await specimen.assertServed(directory, `frame at ${at}`);
      continue;
    }
    refused += 1;
    await assertRefusedAndRebuilt(directory, /is older than the journal|is damaged/);
  }
  assert.ok(refused > 3, 'frames with changes in them');
});

test('a bit flipped anywhere in catalog.db: everything is served right, or refused and rebuilt whole', async () => {
  const random = seededRandom(20261129);
  const { length } = readFileSync(join(specimen.stopped, 'catalog.db'));
  for (let i = 0; i < FLIPS; i++) {
    const directory = specimen.copy('stopped');
    const [byte, bit] = [random.int(length), random.int(8)];
    flip(join(directory, 'catalog.db'), byte, bit);
    const outcome = await tryStart(directory);
    if (outcome.kind === 'served') {
      assert.deepEqual(outcome.served, specimen.served, `byte ${byte} bit ${bit}`);
      await specimen.assertServed(directory, `byte ${byte} bit ${bit}, once more`);
      continue;
    }
    assert.match(outcome.message, /catalog\.db/, `byte ${byte} bit ${bit}`);
    await rebuild(directory);
    await specimen.assertServed(directory, `byte ${byte} bit ${bit}, rebuilt`);
  }
});

test('an older catalog.db is refused, however often, and the right one put back serves everything', async () => {
  const directory = specimen.copy('stopped');
  cpSync(join(specimen.early, 'catalog.db'), join(directory, 'catalog.db'));
  for (let i = 0; i < 3; i++) {
    const outcome = await tryStart(directory);
    assert.ok(outcome.kind === 'refused');
    assert.match(
      outcome.message,
      /catalog\.db is older than the journal beside it, or damaged: it lacks the \d+ newest changes/,
    );
  }
  cpSync(join(specimen.stopped, 'catalog.db'), join(directory, 'catalog.db'));
  await specimen.assertServed(directory, 'put back');
});

test('an older, a missing, an empty and a foreign catalog.db are refused by name, and rebuilt whole', async () => {
  const older = specimen.copy('stopped');
  cpSync(join(specimen.early, 'catalog.db'), join(older, 'catalog.db'));
  await assertRefusedAndRebuilt(older, /is older than the journal/);

  const missing = specimen.copy('stopped');
  rmSync(join(missing, 'catalog.db'));
  await assertRefusedAndRebuilt(missing, /is missing, but there is a journal/);

  const empty = specimen.copy('stopped');
  writeFileSync(join(empty, 'catalog.db'), '');
  await assertRefusedAndRebuilt(empty, /is empty, but there is a journal/);
});

test("another cluster's catalog.db is refused with both named, and the journal makes the right one", async () => {
  const directory = specimen.copy('stopped');
  const other = specimen.copy('early');
  rmSync(other, { recursive: true });
  await (await startBroker({ dataDir: other })).close();
  cpSync(join(other, 'catalog.db'), join(directory, 'catalog.db'));
  const outcome = await tryStart(directory);
  assert.ok(outcome.kind === 'refused');
  assert.match(
    outcome.message,
    /\.wal is of cluster \S+, catalog\.db of cluster \S+: .* walka catalog rebuild --data-dir /,
  );
  await rebuild(directory);
  await specimen.assertServed(directory, 'rebuilt');
});

test('a catalog.db of a copy of the directory that went its own way is refused, and its names are not taken', async () => {
  const directory = specimen.copy('stopped');
  const other = specimen.copy('stopped');
  for (const [dataDir, topics] of [
    [directory, ['ours']],
    [other, ['theirs']],
  ] as const) {
    await (await startBroker({ dataDir, topics })).close();
  }
  const sound = await tryStart(directory);
  assert.ok(sound.kind === 'served' && sound.served.has('ours'));
  for (const topic of ['more', 'still-more']) {
    await (await startBroker({ dataDir: other, topics: [topic] })).close();
    cpSync(join(other, 'catalog.db'), join(directory, 'catalog.db'));
    assert.equal((await tryStart(directory)).kind, 'refused');
    await rebuild(directory);
    assert.deepEqual(await tryStart(directory), sound);
  }
});

test('the newest journal file gone after a stop or a kill or emptied is missed by name, and nothing takes its place', async () => {
  for (const end of ['stopped', 'killed'] as const) {
    const directory = specimen.copy(end);
    const file = newestFile(directory);
    const bytes = readFileSync(file);
    rmSync(file);
    for (let i = 0; i < 2; i++) {
      const outcome = await tryStart(directory);
      assert.ok(outcome.kind === 'refused', end);
      assert.ok(outcome.message.startsWith(`${file} is missing, and with it the newest records`), outcome.message);
    }
    writeFileSync(file, '');
    const emptied = await tryStart(directory);
    assert.ok(emptied.kind === 'refused' && emptied.message.startsWith(`${file} ends at position 0`), end);
    writeFileSync(file, bytes);
    await specimen.assertServed(directory, 'put back');
  }
});

test('a journal cut after a clean stop is refused with the file named; without what was cut it goes on when told to', async () => {
  const directory = specimen.copy('stopped');
  const file = newestFile(directory);
  writeFileSync(file, readFileSync(file).subarray(0, -100));
  const outcome = await tryStart(directory);
  assert.ok(outcome.kind === 'refused');
  assert.ok(outcome.message.startsWith(`${file} ends at position `), outcome.message);
  await rebuild(directory);
  assert.equal((await tryStart(directory)).kind, 'served');
});

test('records of a partition that nothing names become a topic of their own, kept for ever', async () => {
  const directory = specimen.copy('stopped');
  rmSync(join(directory, 'catalog.db'));
  const engine = await openEngine({ dataDir: directory, clusterId: specimen.served.get('cluster') ?? '' });
  await engine.deleteStream(CATALOG_STREAM);
  await engine.close();
  const { recovered } = await rebuild(directory);
  const outcome = await tryStart(directory);
  assert.ok(outcome.kind === 'served');
  const wanted = ['plain-0', 'orders-0', 'orders-1', 'orders-2', 'orders-3', 'orders-5'];
  for (const partition of wanted) {
    const name: string | undefined = recovered.find(
      (topic) => outcome.served.get(`${topic}-0`) === specimen.served.get(partition),
    );
    assert.ok(name !== undefined, partition);
    assert.equal(outcome.served.get(`${name} settings`), '[["retention.bytes","-1"],["retention.ms","-1"]]');
  }
});
