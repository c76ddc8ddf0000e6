/** Requests that produce, and what their answers say. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey, responseHeaderVersion } from '../../../protocol/apis.ts';
import { ErrorCode } from '../../../protocol/errors.ts';
import { writeProduceRequest } from '../../../protocol/generated/produce-request.ts';
import { readProduceResponse } from '../../../protocol/generated/produce-response.ts';
import { readResponseHeader } from '../../../protocol/header.ts';
import { Reader } from '../../../protocol/reader.ts';
import { CompressionCodec } from '../../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../../protocol/records/build.ts';
import { messageOverhead, sealMessage, writeField, writeMessageHead } from '../../../protocol/records/message.ts';
import { requestFrame } from '../../../test/support/wire-client.ts';
import type { Codec } from '../../generators/generator.ts';
import { jsonLike } from '../../wal/data.ts';
import type { Connection } from './connection.ts';

/** The last version that names topics; every broker of the last years has it. */
const VERSION = 9;
/** The last version with messages of format v1. */
export const OLD_VERSION = 2;
export type ProduceVersion = typeof VERSION | typeof OLD_VERSION;
const TIMEOUT_MS = 30_000;
const TRIED_AT_ONCE = 500;
const RETRY_MS = 50;
const PATIENCE_MS = 30_000;
/** What a broker says that does not know yet what it leads. */
const EARLY = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
]);
const CODECS = { none: CompressionCodec.NONE, lz4: CompressionCodec.LZ4, zstd: CompressionCodec.ZSTD } as const;

/** Bytes that do not compress, or bytes like text that compress about fourfold. */
export function filler(byteLength: number, isCompressible: boolean): Buffer {
  const bytes = Buffer.alloc(byteLength);
  let state = 0x9e3779b9;
  for (let at = 0; at < byteLength; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = isCompressible && at % 8 !== 0 ? 'walkaKaf'.charCodeAt(at % 8) : state & 255;
  }
  return bytes;
}

function batchOf(source: Buffer, records: number, recordBytes: number, step: number, codec: Codec): Promise<Buffer> {
  const timestampMs = Date.now();
  const values = Array.from({ length: records }, (_, index) => {
    const at = index * step;
    return { key: null, value: source.subarray(at, at + recordBytes), timestampMs };
  });
  return buildCompressedBatch(values, { compression: CODECS[codec] });
}

/** A batch of records of one size, which goes out again and again. */
export function repeatedBatch(records: number, recordBytes: number, codec: Codec): Promise<Buffer> {
  return batchOf(filler(recordBytes + records, codec !== 'none'), records, recordBytes, 1, codec);
}

/** A batch of records like events as JSON, others for each seed. */
export function jsonBatch(records: number, recordBytes: number, codec: Codec, seed: number): Promise<Buffer> {
  return batchOf(jsonLike(records * recordBytes, seed), records, recordBytes, recordBytes, codec);
}

/** The same records as messages of format v1, which clients before Kafka 0.11 send. */
export function repeatedMessages(records: number, recordBytes: number): Buffer {
  const source = filler(recordBytes + records, false);
  const size = messageOverhead(1) + recordBytes;
  const timestampMs = Date.now();
  const set = Buffer.alloc(size * records);
  for (let index = 0; index < records; index++) {
    const at = index * size;
    const keyAt = writeMessageHead(set, at, size, { magic: 1, offset: index, attributes: 0, timestampMs });
    const valueAt = writeField(set, keyAt, source, 0, -1);
    writeField(set, valueAt, source, index, recordBytes);
    sealMessage(set, at, size);
  }
  return set;
}

export interface PartitionBatch {
  readonly index: number;
  readonly records: Buffer;
}

export function produceFrame(
  topic: string,
  acks: 1 | -1,
  partitionData: readonly PartitionBatch[],
  version: ProduceVersion = VERSION,
): Buffer {
  return requestFrame(ApiKey.Produce, version, 0, (writer) =>
    writeProduceRequest(
      writer,
      { acks, timeoutMs: TIMEOUT_MS, topicData: [{ name: topic, partitionData: [...partitionData] }] },
      version,
    ),
  );
}

interface Refusal {
  readonly partition: number;
  readonly errorCode: number;
}

function errorsOf(frame: Buffer, version: ProduceVersion = VERSION): Refusal[] {
  const reader = new Reader(frame);
  readResponseHeader(reader, responseHeaderVersion(ApiKey.Produce, version));
  return readProduceResponse(reader, version).responses.flatMap(({ partitionResponses }) =>
    partitionResponses
      .filter(({ errorCode }) => errorCode !== ErrorCode.NONE)
      .map(({ index, errorCode }) => ({ partition: index, errorCode })),
  );
}

/** @throws Error when a partition was refused */
export function checkProduced(frame: Buffer, version?: ProduceVersion): void {
  const [refused] = errorsOf(frame, version);
  if (refused !== undefined) throw new Error(`Produce to partition ${refused.partition}: error ${refused.errorCode}`);
}

/** Sends a record to each partition until the broker takes it: of a new topic it may not know for a moment that it leads. */
export async function untilTaken(connection: Connection, topic: string, partitions: number): Promise<void> {
  const records = await repeatedBatch(1, 16, 'none');
  for (let first = 0; first < partitions; first += TRIED_AT_ONCE) {
    const count = Math.min(TRIED_AT_ONCE, partitions - first);
    const frame = produceFrame(
      topic,
      -1,
      Array.from({ length: count }, (_, index) => ({ index: first + index, records })),
    );
    for (const until = performance.now() + PATIENCE_MS; ; await delay(RETRY_MS)) {
      const answer = await connection.ask(frame);
      const isEarly = errorsOf(answer).some(({ errorCode }) => EARLY.has(errorCode));
      if (isEarly && performance.now() < until) continue;
      checkProduced(answer);
      break;
    }
  }
}
