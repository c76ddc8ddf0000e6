/**
 * Record batches of 1,000 messages of 100 bytes, as they come from a producer: built before the clock starts, built while
 * it runs, and compressed; in memory and on disk, with a copy in memory and the page cache's bandwidth beside.
 */
import { CompressionCodec } from '../../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch, type NewRecord } from '../../../protocol/records/build.ts';
import { BenchStream } from '../appends.ts';
import { jsonLike } from '../data.ts';
import { copyBytesPerSecond, nextTurn, pageCacheBytesPerSecond } from '../floor.ts';
import type { Figures, Subject } from '../measure.ts';

const MESSAGES = 1000;
const MESSAGE_BYTES = 100;
/** Batches of one turn. */
const PER_TURN = 16;
/** Batches that are built: more than the cache and writes under way hold, since each is used again. */
const BUILT = 512;

function messages(seed: number): NewRecord[] {
  const text = jsonLike(MESSAGES * MESSAGE_BYTES, seed);
  return Array.from({ length: MESSAGES }, (_, i) => ({
    key: null,
    value: text.subarray(i * MESSAGE_BYTES, (i + 1) * MESSAGE_BYTES),
    timestampMs: 1,
  }));
}

/** Says where a batch lies, as a partition does. */
function patched(batch: Buffer, baseOffset: number): Buffer {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  batch.writeInt32BE(0, 12);
  return batch;
}

async function messagesPerSecond(stream: BenchStream, count: number, next: (i: number) => Buffer) {
  let byteLength = 0;
  const run = async (batches: number): Promise<void> => {
    let before: Promise<void> | undefined;
    for (let sent = 0; sent < batches; ) {
      let last: Promise<void> | undefined;
      for (let i = 0; i < PER_TURN; i++) {
        const batch = patched(next(sent++), stream.end);
        byteLength += batch.length;
        last = stream.append(batch, MESSAGES);
      }
      // One turn's batches are written while the next one's come.
      await before;
      before = last;
      await nextTurn();
    }
    await before;
  };
  await run(Math.ceil(count / 5));
  byteLength = 0;
  const startedMs = performance.now();
  await run(count);
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    perSecond: (Math.ceil(count / PER_TURN) * PER_TURN * MESSAGES) / seconds,
    bytesPerSecond: byteLength / seconds,
  };
}

export async function batches(subject: Subject): Promise<Figures> {
  const count = Math.ceil(subject.sizes.floodBytes / (MESSAGES * MESSAGE_BYTES));
  const records = Array.from({ length: 16 }, (_, seed) => messages(seed + 1));
  const recordsAt = (i: number): NewRecord[] => records[i % records.length] as NewRecord[];
  const raw = Array.from({ length: BUILT }, (_, i) => buildBatch(recordsAt(i)));
  const options = { compression: CompressionCodec.LZ4 };
  const packed = await Promise.all(
    Array.from({ length: BUILT }, (_, i) => buildCompressedBatch(recordsAt(i), options)),
  );
  const figures: Record<string, number> = {};
  for (const durability of ['memory', 'os'] as const) {
    const dataDir = durability === 'memory' ? null : subject.directory;
    await using engine = await subject.open({ dataDir, durability });
    const streams = [1, 2, 3].map((id) => new BenchStream(engine, id, durability)) as [
      BenchStream,
      BenchStream,
      BenchStream,
    ];
    const built = await messagesPerSecond(streams[0], count, (i) => raw[i % BUILT] as Buffer);
    figures[`${durability}RawPerSecond`] = built.perSecond;
    figures[`${durability}RawBytesPerSecond`] = built.bytesPerSecond;
    const compressed = await messagesPerSecond(streams[1], count, (i) => packed[i % BUILT] as Buffer);
    figures[`${durability}CompressedPerSecond`] = compressed.perSecond;
    const building = await messagesPerSecond(streams[2], count / 10, (i) => buildBatch(recordsAt(i)));
    figures[`${durability}BuildingPerSecond`] = building.perSecond;
  }
  figures['pageCacheBytesPerSecond'] = await pageCacheBytesPerSecond(subject.directory, subject.sizes.floodBytes, raw);
  figures['copyBytesPerSecond'] = copyBytesPerSecond();
  return figures;
}
