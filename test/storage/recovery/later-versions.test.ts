/** What a start makes of a journal into which a later version has written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../protocol/crc32c.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { writeEntryHeader } from '../../../src/storage/format/entry.ts';
import {
  aligned,
  decodeFileHeader,
  ENTRY_HEADER_BYTES,
  EntryKind,
  FLAG_OPTIONAL,
  viewOf,
} from '../../../src/storage/format/format.ts';
import { rebuildFile } from '../../../src/storage/index/rebuild.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';

const FIRST = '/data/journal/00000000000000000001.wal';
const LATER_KIND = 42 as EntryKind;

const clock = new ManualClock();

function open(disk: FaultyDisk): Promise<Engine> {
  return openEngine({ dataDir: '/data', clusterId: 'later', files: disk, clock, maxSegmentSize: 64 * 1024 });
}

/** A closed journal of one stream with three batches. */
async function written(): Promise<[disk: FaultyDisk, batches: Buffer]> {
  const disk = new FaultyDisk(seededRandom(3));
  const engine = await open(disk);
  engine.createStream(1);
  const batches: Buffer[] = [];
  for (let i = 0; i < 3; i++) batches.push(await runUntil(clock, append(engine, 1, { bodyBytes: 100 })));
  await runUntil(clock, engine.close());
  return [disk, Buffer.concat(batches)];
}

/** Appends an entry to the file, as a later version would; gives its position. */
function addEntry(disk: FaultyDisk, kind: EntryKind, flags: number): number {
  const bytes = disk.contents(FIRST);
  const header = decodeFileHeader(bytes, crc32c);
  assert.ok(header !== null);
  const position = aligned(bytes.length);
  const payload = Buffer.from('what a later version knows');
  const entry = Buffer.alloc(ENTRY_HEADER_BYTES);
  const synced = { syncedFilesBack: 0, syncedPosition: 128 };
  const context = { salt: header.salt, ...synced, recycledEnd: 0, writtenMs: 1 };
  const numbers = { stream: 1, baseOffset: 3, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: -1 };
  writeEntryHeader(viewOf(entry), 0, { kind, flags, ...numbers }, payload, { position, context });
  disk.put(FIRST, Buffer.concat([bytes, Buffer.alloc(position - bytes.length), entry, payload]));
  return position;
}

test('an entry of an unknown kind that may be left out is left out, and the journal goes on behind it', async () => {
  const [disk, batches] = await written();
  addEntry(disk, LATER_KIND, FLAG_OPTIONAL);
  const engine = await open(disk);
  assert.ok((await readAll(engine, 1)).equals(batches));
  const next = await runUntil(clock, append(engine, 1, { bodyBytes: 50 }));
  const all = Buffer.concat([batches, next]);
  await runUntil(clock, engine.seal());
  await runUntil(clock, engine.close());

  const again = await open(disk.afterKill());
  assert.ok((await readAll(again, 1)).equals(all));
  assert.deepEqual(
    disk.paths().filter((path) => path.endsWith('.broken')),
    [],
  );
  const bytes = disk.contents(FIRST);
  const file = await disk.open(FIRST, 'read');
  const salt = decodeFileHeader(bytes, crc32c)?.salt ?? 0;
  const rebuilt = await rebuildFile({ file, salt, size: bytes.length });
  assert.equal(rebuilt.index.entryCount, 4);
  assert.ok(rebuilt.isSealed);
});

for (const [what, kind, flags] of [
  ['an unknown kind', LATER_KIND, 0],
  ['a known kind with an unknown flag', EntryKind.SNAPSHOT, 8],
] as const) {
  test(`an entry of ${what} that must not be left out refuses the start, and nothing is changed`, async () => {
    const [disk] = await written();
    const position = addEntry(disk, kind, flags);
    const before = disk.contents(FIRST);
    await assert.rejects(open(disk), {
      code: 'CORRUPT',
      message: `${FIRST}: the entry at ${position} (kind ${kind}, flags ${flags}) was written by a newer version, and cannot be left out: start that version`,
    });
    assert.deepEqual(disk.paths(), [FIRST, '/data/journal/reserve']);
    assert.ok(disk.contents(FIRST).equals(before));
  });
}

test('what looks like an entry of an unknown kind but has no sound checksum is a torn end', async () => {
  const [disk, batches] = await written();
  const position = addEntry(disk, LATER_KIND, 0);
  const bytes = Buffer.from(disk.contents(FIRST));
  bytes.writeUInt8((bytes[position + 60] as number) ^ 1, position + 60);
  disk.put(FIRST, bytes);
  const engine = await open(disk);
  assert.ok((await readAll(engine, 1)).equals(batches));
  await runUntil(clock, engine.close());
});
