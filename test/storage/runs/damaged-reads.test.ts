/** What reads make of flipped bits in a sealed file: damage is named and refused, never served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSlice } from '../../../src/base/counted.ts';
import type { Logger } from '../../../src/base/logger.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { FLAG_RECORD_BATCH } from '../../../src/storage/format/format.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { append, readAll, readOnce } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { Lines } from '../../support/log-lines.ts';
import { runUntil } from '../../support/run-clock.ts';

const FIRST = '/data/journal/00000000000000000001.wal';
const clock = new ManualClock();

function open(disk: FaultyDisk, logger: Logger = silentLogger, maxSegmentSize = 64 * 1024): Promise<Engine> {
  return openEngine({
    dataDir: '/data',
    clusterId: 'reads',
    files: disk,
    clock,
    logger,
    maxSegmentSize,
  });
}

interface Sealed {
  readonly disk: FaultyDisk;
  readonly batches: readonly Buffer[];
}

/** Five batches of stream 7 with others between, in a sealed file. */
async function sealed(bodyBytes = 100, maxSegmentSize = 64 * 1024): Promise<Sealed> {
  const disk = new FaultyDisk(seededRandom(5));
  const written = await open(disk, silentLogger, maxSegmentSize);
  written.createStream(7);
  written.createStream(8);
  const batches: Buffer[] = [];
  for (let i = 0; i < 5; i++) {
    batches.push(await runUntil(clock, append(written, 7, { bodyBytes, records: 3, maxTimestampMs: 1000 * (i + 1) })));
    await runUntil(clock, append(written, 8));
  }
  await runUntil(clock, written.seal());
  await runUntil(clock, written.flush());
  await runUntil(clock, append(written, 8));
  return { disk, batches };
}

/** The disk with one bit flipped, `at` bytes behind the start of the third batch's entry. */
function flipped({ disk, batches }: Sealed, at: number, bit: number): { disk: FaultyDisk; position: number } {
  const after = disk.afterKill();
  const bytes = Buffer.from(after.contents(FIRST));
  const position = bytes.indexOf(batches[2] as Buffer) - 56;
  bytes[position + at] = (bytes[position + at] as number) ^ bit;
  after.put(FIRST, bytes);
  return { disk: after, position };
}

async function outcome(read: Promise<Buffer>): Promise<Buffer | Error> {
  return await read.catch((error: Error) => error);
}

test('a flipped bit in the headers of an entry and its batch is refused, or changes nothing that is served', async () => {
  const world = await sealed();
  const all = Buffer.concat(world.batches);
  const refused: number[] = [];
  for (let at = 0; at < 56 + 27; at++) {
    const { disk } = flipped(world, at, 1 << (at % 8));
    const engine = await open(disk);
    const read = await outcome(readAll(engine, 7));
    if (read instanceof Error) {
      assert.equal((read as Error & { code?: string }).code, 'CORRUPT');
      refused.push(at);
    } else if (at < 56 + 17) assert.ok(read.equals(all), `byte ${at}`);
  }
  const between = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  // Length, kind, offset count, stream, base offset, leader epoch; then of the batch base offset, length, leader epoch,
  // magic; then CRC and attributes, which its own CRC is for; and its last offset delta.
  const [entry, batch] = [[...between(4, 9), ...between(12, 32), ...between(40, 44)], 56];
  const expected = [...entry, ...between(batch, batch + 17), ...between(batch + 23, batch + 27)];
  assert.deepEqual(refused, expected);
});

test('damage is named once, what lies before and behind it is served, and a read at it is refused', async () => {
  const world = await sealed();
  const { disk, position } = flipped(world, 24, 1);
  const log = new Lines();
  const engine = await open(disk, log);
  const named = new RegExp(`0001\\.wal: the batch of stream 7 at ${position} is damaged.*restore`);
  await assert.rejects(readOnce(engine, 7), { code: 'CORRUPT', message: named });
  for (let i = 0; i < 3; i++) {
    const before = await readOnce(engine, 7);
    assert.ok(before.bytes.equals(Buffer.concat(world.batches.slice(0, 2))));
    await assert.rejects(readOnce(engine, 7, 6), { code: 'CORRUPT', message: named });
    assert.ok((await readAll(engine, 7, 9)).equals(Buffer.concat(world.batches.slice(3))));
  }
  const said = log.lines.map(({ event, fields }) => [event, fields]);
  assert.deepEqual(said, [['batch-damaged', { path: FIRST, position, stream: 7 }]]);
});

test('the headers of a batch that is read in pieces are compared, too', async () => {
  const world = await sealed(1_300_000, 8 * 1024 * 1024);
  assert.ok((await readAll(await open(world.disk.afterKill()), 7)).equals(Buffer.concat(world.batches)));
  for (const at of [4, 24, 56, 56 + 11, 56 + 16]) {
    const engine = await open(flipped(world, at, 1).disk);
    await assert.rejects(readOnce(engine, 7, 6), { code: 'CORRUPT' });
  }
});

test('an entry of a few bytes that a flipped bit makes a record batch is refused', async () => {
  const disk = new FaultyDisk(seededRandom(5));
  const written = await open(disk);
  written.createStream(7);
  written.createStream(8);
  const appended = new Promise((resolve) => {
    const fields = { stream: 7, baseOffset: 0, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: 1000, isOpaque: true };
    written.append({ ...fields, payload: plainSlice(Buffer.from('few')), durability: 'os', onCommit: resolve });
  });
  assert.equal(await runUntil(clock, appended), null);
  await runUntil(clock, written.seal());
  await runUntil(clock, written.flush());
  await runUntil(clock, append(written, 8));
  const after = disk.afterKill();
  const position = after.contents(FIRST).indexOf('few') - 56;
  after.damage(FIRST, position + 9, Buffer.of(FLAG_RECORD_BATCH));
  const log = new Lines();
  const engine = await open(after, log);
  await assert.rejects(readOnce(engine, 7), {
    code: 'CORRUPT',
    message: new RegExp(`stream 7 at ${position} is damaged`),
  });
  await engine.scanHeaders(7, 0, () => assert.fail('nothing sound is there'));
  assert.equal(log.lines.length, 1);
});

test('a search by time refuses a timestamp that is not the one written, and a batch whose own CRC does not hold', async () => {
  const world = await sealed();
  const find = (engine: Engine): Promise<unknown> => engine.findByTimestamp(7, 3000, 0, 15);
  assert.ok((await find(await open(world.disk.afterKill()))) !== null);
  for (const at of [33, 56 + 80]) {
    await assert.rejects(find(await open(flipped(world, at, 1).disk)), { code: 'CORRUPT', message: /0001\.wal/ });
  }
});

test('the scan for producers leaves a damaged batch out and names it', async () => {
  const world = await sealed();
  const log = new Lines();
  const engine = await open(flipped(world, 56, 1).disk, log);
  const seen: number[] = [];
  await engine.scanHeaders(7, 0, (header) => seen.push(Number(header.readBigInt64BE(0))));
  assert.deepEqual(seen, [0, 3, 9, 12]);
  assert.equal(log.lines.length, 1);
});
