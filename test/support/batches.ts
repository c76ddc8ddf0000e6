/** Small v2 record batches whose records nobody decodes, for tests of the log engine. */
import { BATCH_OVERHEAD, BatchField, LOG_OVERHEAD, patchCrc } from '../../protocol/records/batch.ts';
import { buildBatch, type NewRecord } from '../../protocol/records/build.ts';
import { crc32c } from '../../protocol/crc32c.ts';
import type { Engine } from '../../src/storage/open-engine.ts';
import type { AbortedTransaction, Durability, StorageError } from '../../src/storage/types.ts';
import type { Random } from '../../src/base/random.ts';
import { plainSlice } from '../../src/base/counted.ts';

export interface BatchOptions {
  readonly baseOffset: number;
  readonly records?: number;
  readonly leaderEpoch?: number;
  readonly maxTimestampMs?: number;
  /** Bytes behind the 61 of the header. */
  readonly bodyBytes?: number;
  readonly seed?: number;
}

/** A batch with a correct header and CRC and a body of repeatable bytes. */
export function makeBatch(options: BatchOptions): Buffer {
  const { baseOffset, records = 1, leaderEpoch = 0, maxTimestampMs = 1000, bodyBytes = 40 } = options;
  const bytes = Buffer.alloc(61 + bodyBytes);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(leaderEpoch, 12);
  bytes[16] = 2;
  bytes.writeInt32BE(records - 1, 23);
  bytes.writeBigInt64BE(BigInt(maxTimestampMs), 27);
  bytes.writeBigInt64BE(BigInt(maxTimestampMs), 35);
  bytes.writeBigInt64BE(-1n, 43);
  bytes.writeInt16BE(-1, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(records, 57);
  let state = (options.seed ?? baseOffset) * 2654435761 + 1;
  for (let i = 61; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** Bytes that compress, as records of programs do. */
export function text(random: Random, byteLength: number): Buffer {
  let out = '';
  while (out.length < byteLength) out += `{"user":${random.int(100_000)},"event":"page-view","ok":true}`;
  return Buffer.from(out.slice(0, byteLength));
}

/** A batch with a body that compresses; with `codec`, one that says it is compressed. */
export function textBatch(random: Random, fields: BatchOptions & { readonly codec?: number }): Buffer {
  const bytes = makeBatch(fields);
  if (fields.codec === undefined) text(random, bytes.length - 61).copy(bytes, 61);
  bytes[22] = fields.codec ?? 0;
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

export interface AppendOptions extends Omit<BatchOptions, 'baseOffset'> {
  readonly durability?: Durability;
  readonly flushMs?: number;
  /** Makes the batch the marker of an aborted transaction that began there. */
  readonly abortedFrom?: number;
  /** First offset of the oldest transaction that stays open; without one, that behind the marker. */
  readonly openFrom?: number;
}

/** What a marker at `lastOffset` aborts. */
export function abortedBy({ abortedFrom = 0, openFrom }: AppendOptions, lastOffset: number): AbortedTransaction {
  return {
    producerId: 2n ** 53n + BigInt(abortedFrom),
    firstOffset: abortedFrom,
    lastOffset,
    lastStableOffset: openFrom ?? lastOffset + 1,
  };
}

/** Appends one batch at the stream's end; resolves when it is acknowledged. */
export function append(engine: Engine, stream: number, options: AppendOptions = {}): Promise<Buffer> {
  const baseOffset = engine.state(stream).logEndOffset;
  const bytes = makeBatch({ ...options, baseOffset, seed: stream * 1_000_003 + baseOffset });
  const aborted = options.abortedFrom === undefined ? null : abortedBy(options, baseOffset);
  return new Promise((resolve, reject) => {
    engine.append({
      stream,
      baseOffset,
      offsetCount: options.records ?? 1,
      leaderEpoch: options.leaderEpoch ?? 0,
      maxTimestampMs: options.maxTimestampMs ?? 1000,
      payload: plainSlice(bytes),
      aborted,
      durability: options.durability ?? 'os',
      ...(options.flushMs !== undefined && { flushMs: options.flushMs }),
      onCommit: (error: StorageError | null) => (error === null ? resolve(bytes) : reject(error)),
    });
  });
}

export interface ReadBack {
  readonly bytes: Buffer;
  readonly startOffset: number;
  readonly endOffset: number;
}

/** One read, its parts loaded and put together. */
export async function readOnce(
  engine: Engine,
  stream: number,
  offset = 0,
  options: { readonly maxBytes?: number; readonly endOffset?: number; readonly atLeastOne?: boolean } = {},
): Promise<ReadBack> {
  const read = await engine.read({
    stream,
    offset,
    endOffset: options.endOffset ?? Number.MAX_SAFE_INTEGER,
    maxBytes: options.maxBytes ?? Number.MAX_SAFE_INTEGER,
    atLeastOne: options.atLeastOne ?? true,
  });
  const chunks: Buffer[] = [];
  for (const part of read.parts) {
    const slices = await part.load();
    let byteLength = 0;
    for (const { bytes, owner } of slices) {
      byteLength += bytes.length;
      chunks.push(Buffer.from(bytes));
      owner.release();
    }
    if (byteLength !== part.byteLength) throw new Error(`a part of ${part.byteLength} bytes gave ${byteLength}`);
    part.release();
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== read.byteLength) throw new Error(`a read of ${read.byteLength} bytes gave ${bytes.length}`);
  return { bytes, startOffset: read.startOffset, endOffset: read.endOffset };
}

/** Reads all batches of a stream from `offset` on, read by read. */
export async function readAll(engine: Engine, stream: number, offset?: number, maxBytes?: number): Promise<Buffer> {
  const state = engine.state(stream);
  const chunks: Buffer[] = [];
  let at = offset ?? state.logStartOffset;
  while (at < state.logEndOffset) {
    const read = await readOnce(engine, stream, at, maxBytes === undefined ? {} : { maxBytes });
    if (read.bytes.length === 0) break;
    chunks.push(read.bytes);
    at = read.endOffset;
  }
  return Buffer.concat(chunks);
}

/**
 * A batch of some `byteLength` bytes, which `record` fills again and again, each with the offset delta 0, before a `last` one.
 * With `more` it states so many records more than it has.
 */
export function longBatch(byteLength: number, record: NewRecord, last: NewRecord, { more = 0 } = {}): Buffer {
  const pair = buildBatch([record, last], { offsetDeltas: [0, 0] });
  const body = pair.subarray(BATCH_OVERHEAD);
  const size = buildBatch([record]).length - BATCH_OVERHEAD;
  const count = Math.floor(byteLength / size);
  const bytes = Buffer.concat([
    pair.subarray(0, BATCH_OVERHEAD),
    Buffer.alloc(count * size, body.subarray(0, size)),
    body.subarray(size),
  ]);
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  bytes.writeInt32BE(count + more, BatchField.LAST_OFFSET_DELTA);
  bytes.writeInt32BE(count + 1 + more, BatchField.RECORDS_COUNT);
  patchCrc(bytes, 0);
  return bytes;
}
