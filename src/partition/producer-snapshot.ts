/**
 * Producer state as bytes, kept with the stream so that a start need not scan the whole log.
 *
 *   version u8 (2) · producers u32 · each: producerId i64 · epoch i16 · lastTimestamp i64 · firstSequence i32 ·
 *     coordinatorEpoch i32 · transactionStart i64 · batches u8 ·
 *     each: firstSequence i32 · lastSequence i32 · baseOffset i64 · offsets u32 · timestamp i64
 *
 * All big-endian. Version 1 knew no transactions and has not what lies between lastTimestamp and batches. The offset up to
 * which the state holds is kept beside it.
 */
import { readInt64, writeInt64 } from '../../protocol/records/batch.ts';
import { BATCHES_PER_PRODUCER, newEntry, type ProducerBatch, type ProducerEntry } from './producer-entry.ts';
import { ProducerState } from './producer-state.ts';

const VERSION = 2;
/** From this version on producers have transactions. */
const TRANSACTIONS_FROM = 2;
const HEADER_BYTES = 5;
const BATCH_BYTES = 28;

/** Bytes of a producer before its batches. */
function producerBytes(version: number): number {
  return version >= TRANSACTIONS_FROM ? 35 : 19;
}

export function encodeProducerState(state: ProducerState): Buffer {
  let size = HEADER_BYTES;
  for (const [, entry] of state.entries()) size += producerBytes(VERSION) + entry.batches.length * BATCH_BYTES;
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt32BE(state.size, 1);
  let at = HEADER_BYTES;
  for (const [id, entry] of state.entries()) {
    bytes.writeBigInt64BE(id, at);
    bytes.writeInt16BE(entry.epoch, at + 8);
    writeInt64(bytes, entry.lastTimestampMs, at + 10);
    bytes.writeInt32BE(entry.firstSequence, at + 18);
    bytes.writeInt32BE(entry.coordinatorEpoch, at + 22);
    writeInt64(bytes, entry.transactionStart, at + 26);
    bytes.writeUInt8(entry.batches.length, at + 34);
    at += producerBytes(VERSION);
    for (const batch of entry.batches) {
      bytes.writeInt32BE(batch.firstSequence, at);
      bytes.writeInt32BE(batch.lastSequence, at + 4);
      writeInt64(bytes, batch.baseOffset, at + 8);
      bytes.writeUInt32BE(batch.endOffset - batch.baseOffset, at + 16);
      writeInt64(bytes, batch.timestampMs, at + 20);
      at += BATCH_BYTES;
    }
  }
  return bytes;
}

function decodeBatch(bytes: Buffer, at: number): ProducerBatch {
  const baseOffset = readInt64(bytes, at + 8);
  return {
    firstSequence: bytes.readInt32BE(at),
    lastSequence: bytes.readInt32BE(at + 4),
    baseOffset,
    endOffset: baseOffset + bytes.readUInt32BE(at + 16),
    timestampMs: readInt64(bytes, at + 20),
  };
}

function decodeProducer(bytes: Buffer, at: number, version: number): ProducerEntry {
  const entry = newEntry(bytes.readInt16BE(at + 8));
  entry.lastTimestampMs = readInt64(bytes, at + 10);
  if (version < TRANSACTIONS_FROM) return entry;
  entry.firstSequence = bytes.readInt32BE(at + 18);
  entry.coordinatorEpoch = bytes.readInt32BE(at + 22);
  entry.transactionStart = readInt64(bytes, at + 26);
  return entry;
}

/** The state, or null when the bytes are of another version or damaged: the log is scanned instead. */
export function decodeProducerState(bytes: Buffer): ProducerState | null {
  if (bytes.length < HEADER_BYTES) return null;
  const version = bytes.readUInt8(0);
  if (version < 1 || version > VERSION) return null;
  const fixedBytes = producerBytes(version);
  const producers: Array<readonly [bigint, ProducerEntry]> = [];
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt32BE(1); left > 0; left--) {
    if (bytes.length - at < fixedBytes) return null;
    const entry = decodeProducer(bytes, at, version);
    producers.push([bytes.readBigInt64BE(at), entry]);
    at += fixedBytes;
    const count = bytes.readUInt8(at - 1);
    if (count > BATCHES_PER_PRODUCER || bytes.length - at < count * BATCH_BYTES) return null;
    for (let i = 0; i < count; i++, at += BATCH_BYTES) entry.batches.push(decodeBatch(bytes, at));
  }
  if (at !== bytes.length) return null;
  const state = new ProducerState();
  state.restore(producers);
  return state;
}
