/** Damage in the ends of sealed files: indexes, footers and checkpoints are derived again, or the start names the file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { decodeFooter, type Footer } from '../../../src/storage/journal/seal.ts';
import { rebuildFile } from '../../../src/storage/index/rebuild.ts';
import { append, readAll } from '../../support/batches.ts';
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
    flip(bytes, indexPosition + 100);
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
    flip(bytes, indexPosition + 100);
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
