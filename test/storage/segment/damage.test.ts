/** Segments whose bytes are changed or missing: what is wrong is named and not served, and nothing else suffers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../protocol/crc32c.ts';
import { seededRandom, type Random } from '../../../src/base/random.ts';
import { AbortSearch } from '../../../src/storage/index/abort-index.ts';
import { withIndexes } from '../../../src/storage/runs/locate.ts';
import { decodeSegmentFooter, SEGMENT_FOOTER_BYTES, segmentSeed } from '../../../src/storage/segment/format.ts';
import { PageTable } from '../../../src/storage/segment/page-table.ts';
import { Segment } from '../../../src/storage/segment/segment.ts';
import { StorageError } from '../../../src/storage/types.ts';
import { textBatch } from '../../support/batches.ts';
import { merge } from '../../support/merges.ts';
import { JournalFolder, type SourceBatch } from '../../support/run-sources.ts';

const STREAMS = [1, 2, 3, 4];

/** Batches of four streams; those of the last, which carry a codec, are not compressed again. */
function makeBatches(random: Random): SourceBatch[] {
  return STREAMS.flatMap((stream) => {
    let nextOffset = 0;
    return Array.from({ length: 12 }, (_, i) => {
      const baseOffset = nextOffset;
      nextOffset += 3;
      const fields = { baseOffset, records: 3, leaderEpoch: 1, maxTimestampMs: 1000, bodyBytes: 100 + random.int(300) };
      const bytes = textBatch(random, { ...fields, ...(stream === 4 && { codec: 4 }) });
      const aborted =
        i === 6
          ? { producerId: 9n, firstOffset: baseOffset - 3, lastOffset: baseOffset, lastStableOffset: nextOffset }
          : null;
      return {
        stream,
        baseOffset,
        endOffset: nextOffset,
        leaderEpoch: 1,
        maxTimestampMs: 1000,
        writtenMs: 5,
        bytes,
        aborted,
      };
    });
  });
}

const SIZES = { blockBytes: 1500, sharedBlockBytes: 600, pageBytes: 250 };

interface Rig {
  readonly folder: JournalFolder;
  readonly batches: readonly SourceBatch[];
  readonly segment: Segment;
  readonly path: string;
}

function makeRig(seed: number): Rig {
  const random = seededRandom(seed);
  const folder = new JournalFolder(1_000_000);
  const batches = makeBatches(random);
  const segment = folder.segment([1, 1], batches, random, { ...SIZES, level: 3 });
  return { folder, batches, segment, path: segment.file.path };
}

/** The same rig on other bytes, as a start finds it. */
function withBytes(rig: Rig, bytes: Buffer): Rig {
  const folder = new JournalFolder(1_000_000);
  folder.disk.put(rig.path, bytes);
  return { ...rig, folder, segment: new Segment(folder.store, rig.path, rig.segment.descriptor) };
}

/** Reads all of a stream batch by batch, by the parts as a fetch does; gives what was refused. */
async function readStream({ segment, batches }: Rig, stream: number): Promise<number> {
  let refused = 0;
  for (const batch of batches.filter((one) => one.stream === stream)) {
    try {
      const cursor = await withIndexes((pins) => segment.find(stream, batch.baseOffset, pins));
      assert.equal(cursor?.baseOffset, batch.baseOffset);
      const refusal = cursor?.refusal() ?? null;
      if (refusal !== null) throw refusal;
      const parts: Parameters<NonNullable<typeof cursor>['take']>[0] = [];
      cursor?.take(parts);
      const read: Buffer[] = [];
      for (const part of parts) {
        try {
          for (const { bytes, owner } of await part.load()) {
            read.push(Buffer.from(bytes));
            owner.release();
          }
        } finally {
          part.release();
        }
      }
      const bytes = Buffer.concat(read);
      // What lies behind the header a fetch leaves to the checksum that the consumer checks.
      const isNoticed = bytes.readUInt32BE(17) !== crc32c(bytes.subarray(21));
      assert.ok(bytes.equals(batch.bytes) || isNoticed, 'no wrong bytes that nobody notices');
      const whole = await cursor?.batch();
      assert.ok(whole?.equals(batch.bytes), 'a search sees no damaged batch');
    } catch (error) {
      assertNamed(error, segment);
      refused += 1;
    }
  }
  return refused;
}

function assertNamed(error: unknown, { file }: Segment): void {
  if (error instanceof StorageError && error.code === 'CORRUPT' && error.message.startsWith(file.path)) return;
  throw error;
}

async function searchAll({ segment, batches }: Rig): Promise<void> {
  for (const stream of STREAMS) {
    try {
      const search = new AbortSearch(0, 1000);
      await withIndexes((pins) => segment.searchAborts(stream, search, pins));
      assert.deepEqual(
        search.found,
        batches.filter((one) => one.stream === stream && one.aborted !== null).map(({ aborted }) => aborted),
      );
      assert.equal(await withIndexes((pins) => segment.endOf(stream, pins)), 36);
    } catch (error) {
      assertNamed(error, segment);
    }
  }
}

test('any changed byte is noticed: what it is part of is refused by name, all else is served', async () => {
  const rig = makeRig(1);
  const intact = Buffer.from(rig.folder.disk.contents(rig.path));
  for (const stream of STREAMS) assert.equal(await readStream(rig, stream), 0);
  await searchAll(rig);
  let refused = 0;
  for (let at = 0; at < intact.length; at += 11) {
    const bytes = Buffer.from(intact);
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    const damaged = withBytes(rig, bytes);
    let count = 0;
    for (const stream of STREAMS) count += await readStream(damaged, stream);
    await searchAll(damaged);
    if (count > 0) refused += 1;
    assert.ok(count === 0 || at >= 128, 'the header is not needed to read');
    const { descriptor } = rig.segment;
    const isTable = at >= descriptor.tablePosition && at < descriptor.tablePosition + descriptor.tableBytes;
    assert.ok(isTable ? count === 48 : count < 48, `${count} of 48 batches were refused for the byte at ${at}`);
    assert.equal(damaged.segment.isReferenced, false);
  }
  assert.ok(refused > intact.length / 22, 'most bytes matter');
});

test('a merge copies nothing that is damaged', async () => {
  const rig = makeRig(2);
  const intact = Buffer.from(rig.folder.disk.contents(rig.path));
  const { descriptor } = rig.segment;
  const segments = [{ path: rig.path, descriptor, mustRewrite: true }];
  const inputs = [{ kind: 'layer' as const, firstSequence: 1, lastSequence: 1, segments }];
  let mergeId = 10;
  const run = async (bytes: Buffer): Promise<string> => {
    const { disk } = withBytes(rig, bytes).folder;
    const outcome = await merge(disk, { mergeId: ++mergeId, inputs });
    if (outcome.kind !== 'done') assert.deepEqual(disk.paths(), [rig.path], 'nothing is left behind');
    if (outcome.kind === 'damaged') assert.equal(outcome.damage.path, rig.path);
    return outcome.kind;
  };
  assert.equal(await run(intact), 'done');
  for (let at = 128; at < descriptor.tablePosition + descriptor.tableBytes; at += 13) {
    const bytes = Buffer.from(intact);
    bytes[at] = (bytes[at] as number) ^ 0x10;
    assert.equal(await run(bytes), 'damaged', `byte ${at}`);
  }
});

test('a file that was cut off anywhere is noticed when it is opened, and its reads end', async () => {
  const rig = makeRig(3);
  const intact = Buffer.from(rig.folder.disk.contents(rig.path));
  await rig.segment.check();
  for (let length = 0; length < intact.length; length += 97) {
    const cut = withBytes(rig, intact.subarray(0, length));
    await assert.rejects(cut.segment.check(), { code: 'CORRUPT' });
    for (const stream of STREAMS) await readStream(cut, stream);
    await searchAll(cut);
  }
});

test('pages that lie with a sound checksum crash and hang nobody', async () => {
  const rig = makeRig(4);
  const intact = Buffer.from(rig.folder.disk.contents(rig.path));
  const { descriptor } = rig.segment;
  const footerAt = intact.length - SEGMENT_FOOTER_BYTES;
  assert.ok(decodeSegmentFooter(intact.subarray(footerAt), descriptor.salt, footerAt) !== null);
  const tableEnd = descriptor.tablePosition + descriptor.tableBytes;
  const table = PageTable.decode(
    intact.subarray(descriptor.tablePosition, tableEnd),
    descriptor.salt,
    descriptor.tablePosition,
  );
  assert.ok(table !== null && table.count > 3);
  const random = seededRandom(4);
  for (let i = 0; i < 600; i++) {
    const bytes = Buffer.from(intact);
    const row = random.int(table.count);
    const position = table.position[row] as number;
    const page = bytes.subarray(position, position + (table.byteLength[row] as number));
    for (let changes = 1 + random.int(3); changes > 0; changes--) {
      const at = 4 + random.int(page.length - 4);
      page[at] = random.int(3) === 0 ? random.int(256) : (page[at] as number) ^ (1 << random.int(8));
    }
    page.writeUInt32LE(crc32c(page.subarray(4), segmentSeed(descriptor.salt, position)), 0);
    const damaged = withBytes(rig, bytes);
    const read = async (stream: number): Promise<void> => {
      let cursor = await withIndexes((pins) => damaged.segment.find(stream, 0, pins));
      for (let steps = 0; cursor !== null; steps++) {
        assert.ok(steps < 1000, 'it ends');
        const { endOffset } = cursor;
        await cursor.batch().catch((error: unknown) => assertNamed(error, damaged.segment));
        if (cursor.next()) continue;
        cursor = await withIndexes((pins) => damaged.segment.find(stream, endOffset, pins));
        assert.ok(cursor === null || cursor.endOffset > endOffset);
      }
    };
    for (const stream of STREAMS) await read(stream).catch((error: unknown) => assertNamed(error, damaged.segment));
    const visited = withIndexes((pins) => damaged.segment.visitRanges(0, () => true, pins));
    await visited.catch((error: unknown) => assertNamed(error, damaged.segment));
  }
});
