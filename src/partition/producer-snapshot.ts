/**
 * Producer state as bytes, kept with the stream so that a start need not scan the whole log.
 *
 *   version u8 (1) · producers u32 · each: producerId i64 · epoch i16 · lastTimestamp i64 · batches u8 ·
 *     each: firstSequence i32 · lastSequence i32 · baseOffset i64 · offsets u32 · timestamp i64
 *
 * All big-endian. The offset up to which it holds is kept beside it.
 */
import { readInt64, writeInt64 } from '../../protocol/records/batch.ts';
import { BATCHES_PER_PRODUCER, type ProducerBatch, ProducerState } from './producer-state.ts';

const VERSION = 1;
const HEADER_BYTES = 5;
const PRODUCER_BYTES = 19;
const BATCH_BYTES = 28;

/** Producers without a batch in the log are left out: after a start they may begin anywhere. */
export function encodeProducerState(state: ProducerState): Buffer {
  const kept = [...state.entries()].filter(([, { batches }]) => batches.length > 0);
  let size = HEADER_BYTES;
  for (const [, entry] of kept) size += PRODUCER_BYTES + entry.batches.length * BATCH_BYTES;
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt32BE(kept.length, 1);
  let at = HEADER_BYTES;
  for (const [id, entry] of kept) {
    bytes.writeBigInt64BE(id, at);
    bytes.writeInt16BE(entry.epoch, at + 8);
    writeInt64(bytes, entry.lastTimestampMs, at + 10);
    bytes.writeUInt8(entry.batches.length, at + 18);
    at += PRODUCER_BYTES;
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

/** The state, or null when the bytes are of another version or damaged: the log is scanned instead. */
export function decodeProducerState(bytes: Buffer): ProducerState | null {
  if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) !== VERSION) return null;
  const state = new ProducerState();
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt32BE(1); left > 0; left--) {
    if (bytes.length - at < PRODUCER_BYTES) return null;
    const id = bytes.readBigInt64BE(at);
    const epoch = bytes.readInt16BE(at + 8);
    const lastTimestampMs = readInt64(bytes, at + 10);
    const count = bytes.readUInt8(at + 18);
    at += PRODUCER_BYTES;
    if (count > BATCHES_PER_PRODUCER || bytes.length - at < count * BATCH_BYTES) return null;
    const batches: ProducerBatch[] = [];
    for (let i = 0; i < count; i++, at += BATCH_BYTES) batches.push(decodeBatch(bytes, at));
    state.restore(id, { epoch, lastTimestampMs, batches, firstSequence: 0 });
  }
  return at === bytes.length ? state : null;
}
