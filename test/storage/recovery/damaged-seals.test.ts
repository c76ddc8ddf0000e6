/** Damage in the ends of sealed files: indexes, footers and checkpoints are derived again, or the start names the file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { decodeFooter, type Footer } from '../../../src/storage/journal/seal.ts';
import { rebuildFile } from '../../../src/storage/index/rebuild.ts';
import type { StorageError } from '../../../src/storage/types.ts';
import { append, readAll, readOnce } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { Lines } from '../../support/log-lines.ts';
import { runUntil } from '../../support/run-clock.ts';

const FOOTER_BYTES = 56;
const clock = new ManualClock();

function open(disk: FaultyDisk, logger = new Lines()): Promise<Engine> {
  // Few seals pay for a checkpoint with so many streams: most files are read again at a start.
  return openEngine({ dataDir: '/data', clusterId: 'seals', files: disk, clock, logger, maxSegmentSize: 16 * 1024 });
}

const pathOf = (sequence: number): string => `/data/journal/${String(sequence).padStart(20, '0')}.wal`;

/** A disk with sealed files, and what stream 1 holds. `streams` of 150 make few seals have a checkpoint. */
async function sealed(files: number, streams = 2): Promise<[FaultyDisk, Buffer]> {
  const disk = new FaultyDisk(seededRandom(3));
  const engine = await open(disk);
  for (let stream = 1; stream <= streams; stream++) engine.createStream(stream);
  const batches: Buffer[] = [];
  while (engine.stats().journalFiles <= files) {
    const bodyBytes = 50 + 10 * (batches.length % 30);
    batches.push(
      await runUntil(clock, append(engine, 1, { bodyBytes, records: 2, maxTimestampMs: batches.length * 1000 })),
    );
    await runUntil(clock, append(engine, 2, { maxTimestampMs: -1 }));
  }
  await runUntil(clock, engine.flush());
  await runUntil(clock, append(engine, 2)); // says that all before it is on the device
  return [disk, Buffer.concat(batches)];
}

function footerOf(bytes: Buffer): Footer {
  return decodeFooter(bytes.subarray(bytes.length - FOOTER_BYTES)) as Footer;
}

function changed(
  disk: FaultyDisk,
  sequence: number,
  change: (bytes: Buffer, footer: Footer) => Buffer | void,
): FaultyDisk {
  const after = disk.afterKill();
  const bytes = Buffer.from(after.contents(pathOf(sequence)));
  after.put(pathOf(sequence), change(bytes, footerOf(bytes)) ?? bytes);
  return after;
}

function flip(bytes: Buffer, at: number): void {
  bytes[at] = (bytes[at] as number) ^ 4;
}

test('an index that is made again from the entries is the one that was written', async () => {
  const [disk] = await sealed(4);
  for (let sequence = 1; sequence <= 4; sequence++) {
    const bytes = disk.contents(pathOf(sequence));
    const { indexPosition, indexLength, batchBytes, checkpointPosition, checkpointEnd } = footerOf(bytes);
    const file = await disk.open(pathOf(sequence), 'read');
    const rebuilt = await rebuildFile({ file, salt: bytes.readUInt32LE(32), size: bytes.length });
    assert.ok(rebuilt.index.bytes.equals(bytes.subarray(indexPosition + 56, indexPosition + 56 + indexLength)));
    assert.deepEqual(
      [rebuilt.end, rebuilt.checkpointEnd, rebuilt.batchBytes],
      [checkpointPosition, checkpointEnd, batchBytes],
    );
  }
});

for (const [what, change] of [
  ['the run index’s header', (bytes: Buffer, { indexPosition }: Footer) => flip(bytes, indexPosition + 8)],
  ['the run index', (bytes: Buffer, { indexPosition }: Footer) => flip(bytes, indexPosition + 100)],
  ['the footer', (bytes: Buffer) => flip(bytes, bytes.length - 20)],
  ['the end, cut off', (bytes: Buffer, { indexPosition }: Footer) => bytes.subarray(0, indexPosition + 30)],
  ['the whole seal, cut off', (bytes: Buffer, { checkpointPosition }: Footer) => bytes.subarray(0, checkpointPosition)],
] as const) {
  test(`with ${what} damaged in a file before the checkpoint, all is served, with one warning that names it`, async () => {
    const [disk, expected] = await sealed(4);
    const log = new Lines();
    const engine = await open(changed(disk, 2, change), log);
    for (let i = 0; i < 2; i++) assert.ok((await readAll(engine, 1)).equals(expected));
    const [line, ...more] = log.lines;
    assert.match(line?.event ?? '', /^(run-index|footer)-damaged$/);
    assert.equal(line?.fields['path'], pathOf(2));
    assert.equal(typeof line?.fields['position'], 'number');
    assert.deepEqual(more, []);
    await runUntil(clock, engine.close());
  });
}

for (const [what, change] of [
  ['the run index', (bytes: Buffer, { indexPosition }: Footer) => flip(bytes, indexPosition + 100)],
  ['the footer', (bytes: Buffer) => flip(bytes, bytes.length - 20)],
  ['the checkpoint', (bytes: Buffer, { checkpointPosition }: Footer) => flip(bytes, checkpointPosition + 80)],
] as const) {
  for (const [where, streams, sequence] of [
    ['the newest sealed file', 2, 4],
    ['a file behind the checkpoint', 150, 3],
  ] as const) {
    if (what === 'the checkpoint' && streams === 150) continue;
    test(`with ${what} damaged in ${where}, a start brings everything back, again and again`, async () => {
      const [disk, expected] = await sealed(4, streams);
      let after = changed(disk, sequence, change);
      for (let start = 0; start < 3; start++) {
        const log = new Lines();
        const engine = await open(after, log);
        assert.ok((await readAll(engine, 1)).equals(expected));
        const events = log.lines.map(({ event, fields }) => `${event} ${String(fields['path'])}`);
        assert.ok(events.length > 0 && events.every((line) => line.endsWith(pathOf(sequence))), events.join());
        if (start === 1) await runUntil(clock, engine.close());
        after = after.afterKill();
      }
    });
  }
}

test('without a sound checkpoint a start reads the files behind an older one, and names both ways out when one is missing', async () => {
  const [disk, expected] = await sealed(4);
  const damaged = changed(disk, 4, (bytes, { checkpointPosition }) => flip(bytes, checkpointPosition + 80));
  const both = changed(damaged, 3, (bytes, { checkpointPosition }) => flip(bytes, checkpointPosition + 80));
  assert.ok((await readAll(await open(both.afterKill()), 1)).equals(expected));
  await damaged.unlink(pathOf(3));
  const before = damaged.paths();
  await assert.rejects(
    open(damaged),
    /0003\.wal is missing; restore it, or 0{19}4\.wal, whose checkpoint is damaged, from a copy/,
  );
  assert.deepEqual(damaged.paths(), before);
});

test('an index and an entry that are both damaged are named, and other files are read', async () => {
  const [disk, expected] = await sealed(4);
  const damaged = changed(disk, 2, (bytes, { indexPosition }) => {
    flip(bytes, 128 + 24);
    flip(bytes, indexPosition + 56); // the index cannot be told from anything else
  });
  const engine = await open(damaged);
  const refusal = {
    code: 'CORRUPT',
    message: /0002\.wal: the run index at \d+ is damaged.*the entry at 128 .*restore/,
  };
  await assert.rejects(readAll(engine, 1), refusal);
  await assert.rejects(readAll(engine, 1), refusal);
  const { logEndOffset } = engine.state(1);
  const newest = await readAll(engine, 1, logEndOffset - 2);
  assert.ok(expected.subarray(-newest.length).equals(newest));
});

/** Where a column of the run index begins in the file, by its row. */
const runColumn = ({ indexPosition }: Footer, bytes: Buffer, column: number, run: number): number =>
  indexPosition + 56 + 16 + (column * bytes.readUInt32LE(indexPosition + 56 + 4) + run) * 8;

for (const [what, at] of [
  ['the first entry', 128],
  ['an entry in the middle', 5000],
] as const) {
  test(`an index that is damaged tells what ${what} was, which is named and refused, and all else is read`, async () => {
    const [disk, expected] = await sealed(4);
    let position = 0;
    const damaged = changed(disk, 2, (bytes, footer) => {
      position = entryBehind(bytes, at);
      flip(bytes, position + 4); // its length, and with it the way to the next one
      flip(bytes, runColumn(footer, bytes, 3, 0)); // a time
    });
    const log = new Lines();
    const engine = await open(damaged, log);
    const read = await readAround(engine, 1);
    const other = await readAround(engine, 2);
    assert.equal(read.refused + other.refused, 1);
    const all = read.bytes.length + other.bytes.length;
    assert.ok(all > expected.length, 'what is sound of both streams is there');
    assert.deepEqual(
      log.lines.filter(({ event }) => event === 'batch-damaged').map(({ fields }) => fields['position']),
      [position],
    );
  });
}

/** The entry that begins at a position or behind it. */
function entryBehind(bytes: Buffer, from: number): number {
  let position = 128;
  while (position < from) position = (position + 56 + bytes.readUInt32LE(position + 4) + 7) & ~7;
  return position;
}

/** Reads what is not refused of a stream, a batch at a time. */
async function readAround(engine: Engine, stream: number): Promise<{ bytes: Buffer; refused: number }> {
  const { logStartOffset, logEndOffset } = engine.state(stream);
  const found: Buffer[] = [];
  let refused = 0;
  for (let offset = logStartOffset; offset < logEndOffset; ) {
    const batch = await readOnce(engine, stream, offset, { maxBytes: 1 }).catch((error: StorageError) => error);
    if (batch instanceof Error) {
      assert.equal(batch.code, 'CORRUPT');
      refused += offset % 2 === 0 || stream === 2 ? 1 : 0; // of two records
      offset += 1;
    } else {
      found.push(batch.bytes);
      offset = batch.endOffset;
    }
  }
  return { bytes: Buffer.concat(found), refused };
}

for (const [what, column] of [
  ['another stream', 0],
  ['other offsets', 1],
  ['another end', 2],
] as const) {
  test(`a damaged index that takes a damaged entry for one of ${what} is not believed`, async () => {
    const [disk] = await sealed(4);
    const damaged = changed(disk, 2, (bytes, footer) => {
      flip(bytes, 128 + 4);
      bytes.writeDoubleLE(
        bytes.readDoubleLE(runColumn(footer, bytes, column, 0)) + 2,
        runColumn(footer, bytes, column, 0),
      );
    });
    const engine = await open(damaged);
    await assert.rejects(readAll(engine, 1), /0002\.wal: the run index at \d+ is damaged.*the entry at 128 /);
  });
}

test('a sealed file that lost a batch with its seal refuses the start', async () => {
  const [disk] = await sealed(4);
  const cut = changed(disk, 2, (bytes, { checkpointPosition }) => bytes.subarray(0, checkpointPosition - 40));
  await assert.rejects(
    open(cut),
    /0002\.wal: the end of this sealed file is damaged, and so is the entry at \d+; restore/,
  );
});

test('space comes back although the index of one file cannot be made again', async () => {
  const [disk] = await sealed(4);
  const damaged = changed(disk, 2, (bytes, { indexPosition }) => {
    flip(bytes, 128 + 24);
    flip(bytes, indexPosition + 56); // the index cannot be told from anything else
  });
  const engine = await open(damaged);
  await runUntil(clock, Promise.all([engine.deleteStream(1), engine.deleteStream(2)]));
  await runUntil(clock, engine.seal());
  for (let i = 0; i < 300; i++) await runUntil(clock, Promise.resolve());
  const left = damaged.paths().filter((path) => path.endsWith('.wal'));
  assert.ok(left.includes(pathOf(2)) && !left.includes(pathOf(1)) && !left.includes(pathOf(3)), left.join(' '));
});

test('a damaged snapshot counts as none, once with a warning, and holds no file back', async () => {
  const disk = new FaultyDisk(seededRandom(3));
  const first = await open(disk);
  first.createStream(1);
  await runUntil(clock, append(first, 1));
  first.writeSnapshot(1, 1, Buffer.from('what the producers did'));
  await runUntil(clock, append(first, 1));
  await runUntil(clock, first.seal());
  await runUntil(clock, first.flush());
  await runUntil(clock, append(first, 1));
  const damaged = changed(disk, 1, (bytes) => flip(bytes, bytes.indexOf('what the producers did')));
  const log = new Lines();
  const engine = await open(damaged, log);
  assert.equal(await engine.readSnapshot(1), null);
  assert.equal(await engine.readSnapshot(1), null);
  assert.deepEqual(
    log.lines.map(({ event, fields }) => [event, fields['path']]),
    [['snapshot-damaged', pathOf(1)]],
  );
  await runUntil(clock, engine.trim(1, 2));
  await runUntil(clock, append(engine, 1, { bodyBytes: 10_000 })); // so much that a checkpoint pays
  await runUntil(clock, engine.seal());
  await runUntil(clock, engine.flush());
  for (let i = 0; i < 300; i++) await runUntil(clock, Promise.resolve());
  assert.ok(!damaged.paths().includes(pathOf(1)));
});

test('a snapshot in a lost file that was given up counts as none, at later starts, too', async () => {
  const disk = new FaultyDisk(seededRandom(3));
  const first = await open(disk);
  first.createStream(1);
  await runUntil(clock, append(first, 1));
  first.writeSnapshot(1, 1, Buffer.from('what the producers did'));
  await runUntil(clock, append(first, 1));
  await runUntil(clock, first.seal());
  await runUntil(clock, append(first, 1, { bodyBytes: 10_000 })); // so much that a checkpoint pays
  await runUntil(clock, first.seal());
  await runUntil(clock, first.flush());
  await runUntil(clock, append(first, 1));
  const lost = disk.afterKill();
  await lost.unlink(pathOf(1));
  await assert.rejects(open(lost), { lostFile: 1 });
  for (const givenUpFiles of [new Set([1]), new Set<number>()]) {
    const options = { dataDir: '/data', clusterId: 'seals', files: lost, clock, givenUpFiles };
    const engine = await runUntil(clock, openEngine(options));
    assert.equal(await engine.readSnapshot(1), null);
    await runUntil(clock, engine.close());
  }
});
