/** Writes an export in either form: what it is, its topics, their records, and that it is whole. */
import { codecNumbered } from '../../../protocol/compression/codecs.ts';
import {
  baseOffset,
  CompressionCodec,
  nextOffset,
  recordsCount,
  sizeInBytes,
} from '../../../protocol/records/batch.ts';
import { isPromise } from '../../base/realms.ts';
import { type FetchedBatch, isCompressed, openBatch } from '../../client/record-batches.ts';
import type { ReadRange } from '../../client/record-reader.ts';
import { jsonText } from '../output.ts';
import { printerOf } from '../records/printers.ts';
import { RecordPrinter } from '../records/record-printer.ts';
import { batchesBody, frameBytes, FrameType, MAGIC } from './compact-format.ts';

export const EXPORT_VERSION = 1;

export interface ExportedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** The first line: what this is. */
export interface ExportHead {
  readonly createdMs: number;
  readonly clusterId: string | null;
}

/** Takes an export apart into what is written. */
export interface ExportWriter {
  begin(head: ExportHead, topics: readonly ExportedTopic[]): Buffer;
  /** What one fetch brought; `count` records of it were written. */
  batches(fetched: readonly FetchedBatch[]): Promise<{ readonly bytes: readonly Buffer[]; readonly count: number }>;
  end(records: number): Buffer;
}

function headOf(head: ExportHead): object {
  return { type: 'export', version: EXPORT_VERSION, ...head };
}

function line(object: object): string {
  return `${jsonText(object)}\n`;
}

function jsonFrame(type: number, object: object): Buffer {
  return frameBytes(type, Buffer.from(jsonText(object)));
}

export function jsonWriter(ranges: readonly ReadRange[]): ExportWriter {
  const printing = new RecordPrinter(
    printerOf({ format: 'json', keys: true, headers: true, keySeparator: '' }),
    ranges,
  );
  return {
    begin: (head, topics) =>
      Buffer.from([line(headOf(head)), ...topics.map((topic) => line({ type: 'topic', ...topic }))].join('')),
    async batches(fetched) {
      let count = 0;
      for (const one of fetched) {
        const opened = openBatch(one);
        count += printing.print(one, isPromise(opened) ? await opened : opened);
      }
      return { bytes: [printing.sink.take()], count };
    },
    end: (records) => Buffer.from(line({ type: 'end', records })),
  };
}

/** How many records of a batch lie within the range. */
async function countIn(batch: FetchedBatch, { startOffset, endOffset }: ReadRange): Promise<number> {
  const { buffer, at } = batch;
  const isWhole = baseOffset(buffer, at) >= startOffset && nextOffset(buffer, at) <= endOffset;
  if (isWhole) return recordsCount(buffer, at);
  const { cursor, baseOffset: first } = await openBatch(batch);
  let count = 0;
  while (cursor.next()) {
    const offset = first + cursor.offsetDelta;
    if (offset >= startOffset && offset < endOffset) count += 1;
  }
  return count;
}

export function compactWriter(ranges: readonly ReadRange[], topics: readonly string[]): ExportWriter {
  const byName = new Map(ranges.map((range) => [`${range.topic} ${range.partition}`, range]));
  const frameOf = async (range: ReadRange, batches: readonly FetchedBatch[]): Promise<Buffer> => {
    const { partition, startOffset } = range;
    const bytes = Buffer.concat(batches.map(({ buffer, at }) => buffer.subarray(at, at + sizeInBytes(buffer, at))));
    const head = { topicIndex: topics.indexOf(range.topic), partition, startOffset };
    if (batches.every(isCompressed)) return frameBytes(FrameType.BATCHES, batchesBody({ ...head, batches: bytes }));
    const zstd = await codecNumbered(CompressionCodec.ZSTD);
    const compressed = batchesBody({ ...head, batches: await zstd.compress(bytes) });
    return frameBytes(FrameType.COMPRESSED_BATCHES, compressed);
  };
  return {
    begin: (head, topics) =>
      Buffer.concat([
        MAGIC,
        jsonFrame(FrameType.EXPORT, headOf(head)),
        ...topics.map((topic) => jsonFrame(FrameType.TOPIC, { type: 'topic', ...topic })),
      ]),
    async batches(fetched) {
      const byPartition = Map.groupBy(fetched, ({ topic, partition }) => `${topic} ${partition}`);
      const frames: Buffer[] = [];
      let count = 0;
      for (const [name, batches] of byPartition) {
        const range = byName.get(name);
        if (range === undefined) continue;
        for (const batch of batches) count += await countIn(batch, range);
        frames.push(await frameOf(range, batches));
      }
      return { bytes: frames, count };
    },
    end: (records) => jsonFrame(FrameType.END, { type: 'end', records }),
  };
}
