/** Reads an export of either form, piece by piece. */
import { codecNumbered, decompress } from '../../../protocol/compression/codecs.ts';
import { KafkaError } from '../../../protocol/errors.ts';
import { CompressionCodec } from '../../../protocol/records/batch.ts';
import type { NewRecord } from '../../../protocol/records/build.ts';
import { openBatch, wholeBatches } from '../../client/record-batches.ts';
import { LineCutter, LineTooLongError } from '../records/lines.ts';
import { RecordLineError, recordOf } from '../records/record-json.ts';
import { ExportFormatError, type Frame, FrameCutter, FrameType, MAGIC, readBatches } from './compact-format.ts';
import { EXPORT_VERSION, type ExportedTopic } from './export-writer.ts';

export type ExportItem =
  | { readonly type: 'topic'; readonly topic: ExportedTopic }
  | { readonly type: 'record'; readonly topic: string; readonly partition: number; readonly record: NewRecord }
  | { readonly type: 'end'; readonly records: number };

const MAX_FRAME_RECORDS_BYTES = 1024 * 1024 * 1024;
const NO_EXPORT =
  'it is no export of walka export; lines of JSON that walka consume prints are for walka produce --format json';

/** @throws ExportFormatError for a newer version */
function checkHead(head: Readonly<Record<string, unknown>>): void {
  if (head['type'] !== 'export' || typeof head['version'] !== 'number') throw new ExportFormatError(NO_EXPORT);
  if (head['version'] > EXPORT_VERSION) {
    throw new ExportFormatError(`it has version ${head['version']}, and this program reads ${EXPORT_VERSION}`);
  }
}

/** @throws ExportFormatError */
function topicOf(fields: Readonly<Record<string, unknown>>): ExportedTopic {
  const { name, partitions, configs } = fields;
  const isSound = typeof name === 'string' && Number.isSafeInteger(partitions) && typeof configs === 'object';
  if (!isSound) throw new ExportFormatError('what it says of a topic is not whole');
  return { name, partitions: partitions as number, configs: (configs ?? {}) as Record<string, string> };
}

function itemOf(fields: Readonly<Record<string, unknown>>): ExportItem {
  if (fields['type'] === 'topic') return { type: 'topic', topic: topicOf(fields) };
  if (fields['type'] === 'end') return { type: 'end', records: Number(fields['records']) };
  const { topic, partition, record } = recordOf(fields);
  if (topic === null || partition === null) throw new RecordLineError('it has no topic or no partition');
  return { type: 'record', topic, partition, record };
}

async function* readLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<ExportItem[], void, undefined> {
  const cutter = new LineCutter();
  let lineNumber = 0;
  const read = (line: Buffer): ExportItem | null => {
    lineNumber += 1;
    try {
      const object = JSON.parse(line.toString('utf8')) as Readonly<Record<string, unknown>>;
      if (lineNumber > 1) return itemOf(object);
      checkHead(object);
      return null;
    } catch (error) {
      if (lineNumber === 1) throw error instanceof ExportFormatError ? error : new ExportFormatError(NO_EXPORT);
      if (!(error instanceof SyntaxError) && !(error instanceof RecordLineError)) throw error;
      throw new ExportFormatError(
        `line ${lineNumber}: ${error instanceof SyntaxError ? 'it is no JSON' : error.message}`,
      );
    }
  };
  for await (const piece of pieces) {
    yield cutter
      .take(piece)
      .map(read)
      .filter((item) => item !== null);
  }
  // A line without an end was cut off, unless nothing but its end is missing.
  const last = cutter.end();
  if (last !== null) yield [read(last)].filter((item) => item !== null);
}

async function* recordsOf(
  frame: Frame,
  topics: readonly ExportedTopic[],
): AsyncGenerator<ExportItem[], void, undefined> {
  const { topicIndex, partition, startOffset, batches } = readBatches(frame.body);
  const topic = topics[topicIndex]?.name;
  if (topic === undefined) throw new ExportFormatError('batches are of a topic that it does not name');
  const zstd = await codecNumbered(CompressionCodec.ZSTD);
  const isCompressed = frame.type === FrameType.COMPRESSED_BATCHES;
  const buffer = isCompressed ? await decompress(zstd, batches, MAX_FRAME_RECORDS_BYTES) : batches;
  for (const at of wholeBatches(buffer)) {
    const { cursor, baseOffset, baseTimestampMs, appendTimeMs } = await openBatch({ topic, partition, buffer, at });
    const items: ExportItem[] = [];
    while (cursor.next()) {
      if (baseOffset + cursor.offsetDelta < startOffset) continue;
      const headers = cursor.headers();
      const record = {
        key: cursor.key(),
        value: cursor.value(),
        timestampMs: appendTimeMs ?? baseTimestampMs + cursor.timestampDelta,
        ...(headers.length === 0 ? {} : { headers }),
      };
      items.push({ type: 'record', topic, partition, record });
    }
    yield items;
  }
}

async function* readFrames(pieces: AsyncIterable<Buffer>): AsyncGenerator<ExportItem[], void, undefined> {
  const cutter = new FrameCutter();
  const topics: ExportedTopic[] = [];
  for await (const piece of pieces) {
    for (const frame of cutter.take(piece)) {
      if (frame.type === FrameType.BATCHES || frame.type === FrameType.COMPRESSED_BATCHES) {
        yield* recordsOf(frame, topics);
        continue;
      }
      const fields = JSON.parse(frame.body.toString('utf8')) as Readonly<Record<string, unknown>>;
      if (frame.type === FrameType.EXPORT) checkHead(fields);
      else {
        const item = itemOf(fields);
        if (item.type === 'topic') topics.push(item.topic);
        yield [item];
      }
    }
  }
}

/** The pieces again, behind the first bytes. */
async function* behind(
  first: Buffer,
  pieces: AsyncIterator<Buffer, unknown, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  if (first.length > 0) yield first;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
}

/**
 * What the export has, in groups. A file that was cut off ends without an item of type end.
 * @throws ExportFormatError for what is no export, or damaged
 */
export async function* readExport(pieces: AsyncIterable<Buffer>): AsyncGenerator<ExportItem[], void, undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  let first: Buffer = Buffer.alloc(0);
  while (first.length < MAGIC.length) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const isCompact = first.subarray(0, MAGIC.length).equals(MAGIC);
  try {
    if (isCompact) yield* readFrames(behind(first.subarray(MAGIC.length), iterator));
    else yield* readLines(behind(first, iterator));
  } catch (error) {
    if (error instanceof KafkaError || error instanceof LineTooLongError) {
      throw new ExportFormatError(error.message, { cause: error });
    }
    throw error;
  }
}
