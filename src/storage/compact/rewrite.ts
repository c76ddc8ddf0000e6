/**
 * Writes a batch anew with some of its records, or none. What Kafka's cleaner keeps of the header is kept here: base
 * offset, last offset delta, leader epoch, producer, sequence, codec and type. So a batch goes on standing for all the
 * offsets it had, and a producer for all its sequences.
 */
import { codecNumbered } from '../../../protocol/compression/codecs.ts';
import {
  BATCH_OVERHEAD,
  BatchAttribute,
  BatchField,
  CompressionCodec,
  LOG_OVERHEAD,
  attributes,
  baseTimestamp,
  compressionCodec,
  maxTimestamp,
  patchCrc,
  writeInt64,
} from '../../../protocol/records/batch.ts';
import type { RecordCursor } from '../../../protocol/records/iterate.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from '../../../protocol/records/varint.ts';
import type { Steps } from '../../base/steps.ts';
import { RECORDS_PER_STEP } from './batch-records.ts';

/** Bits that mean something and outlive a rewrite. */
const KEPT_ATTRIBUTES =
  BatchAttribute.CODEC_MASK | BatchAttribute.LOG_APPEND_TIME | BatchAttribute.TRANSACTIONAL | BatchAttribute.CONTROL;
/** Integers below this are written exactly. */
const EXACT_BELOW = 2 ** 52;
const NO_TIMESTAMP = -1;

/** The records of one batch that stay, in columns; used again for the next batch. */
export class KeptRecords {
  count = 0;
  timestampDeltas = new Float64Array(0);
  offsetDeltas = new Int32Array(0);
  /** Where the record lies in the batch's records, and what follows its deltas. */
  recordStarts = new Int32Array(0);
  fieldsStarts = new Int32Array(0);
  ends = new Int32Array(0);
  /** All deltas are exact. */
  isExact = true;

  /** Makes room for so many; memory that grew with them would be copied, millions of records in one step. */
  begin(most: number): void {
    this.count = 0;
    this.isExact = true;
    if (most <= this.ends.length) return;
    this.timestampDeltas = new Float64Array(most);
    this.offsetDeltas = new Int32Array(most);
    this.recordStarts = new Int32Array(most);
    this.fieldsStarts = new Int32Array(most);
    this.ends = new Int32Array(most);
  }

  /** Adds the record that the cursor stands on, and that lies at `recordStart`. */
  add(cursor: RecordCursor, recordStart: number): void {
    const at = this.count++;
    this.timestampDeltas[at] = cursor.timestampDelta;
    this.offsetDeltas[at] = cursor.offsetDelta;
    this.recordStarts[at] = recordStart;
    this.fieldsStarts[at] = cursor.fieldsStart;
    this.ends[at] = cursor.end;
    if (Math.abs(cursor.timestampDelta) >= EXACT_BELOW) this.isExact = false;
  }
}

/**
 * Times of a batch that is written anew: its base, the largest, and what is added to each record's delta, or put in its
 * place where all records have the time of their append.
 */
interface Times {
  readonly base: number;
  readonly max: number;
  readonly shift: number;
  readonly isAppendTime: boolean;
}

/** The times if they can be written exactly; null leaves all of them as they are. */
function* timesOf(batch: Buffer, kept: KeptRecords, horizonMs: number | null): Steps<Times | null> {
  const isAppendTime = (attributes(batch, 0) & BatchAttribute.LOG_APPEND_TIME) !== 0;
  const oldBase = baseTimestamp(batch, 0);
  const oldMax = maxTimestamp(batch, 0);
  if (isAppendTime) {
    const base = horizonMs ?? oldMax;
    const shift = oldMax - base;
    return isExact(oldMax) && isExact(shift) ? { base, max: oldMax, shift, isAppendTime } : null;
  }
  if (!kept.isExact || !isExact(oldBase)) return null;
  const base = horizonMs ?? oldBase + (kept.timestampDeltas[0] as number);
  let max = NO_TIMESTAMP;
  for (let i = 0; i < kept.count; i++) {
    if (i % RECORDS_PER_STEP === 0 && i > 0) yield;
    const delta = kept.timestampDeltas[i] as number;
    max = Math.max(max, oldBase + delta);
    if (!isExact(oldBase + delta - base)) return null;
  }
  return isExact(base) && isExact(max) ? { base, max, shift: oldBase - base, isAppendTime } : null;
}

function isExact(value: number): boolean {
  return Math.abs(value) < EXACT_BELOW;
}

/** Writes batches into memory that it uses again: what it gives is valid until the next call. */
export class BatchWriter {
  #memory = Buffer.allocUnsafe(64 * 1024);

  /**
   * The batch with the `kept` of the records in `body` only. With `horizonMs` it carries that delete horizon (unless its
   * times are beyond what can be written exactly), with null it has none. A promise where the codec needs one.
   */
  *rewrite(batch: Buffer, body: Buffer, kept: KeptRecords, horizonMs: number | null): Steps<Buffer | Promise<Buffer>> {
    const times = yield* timesOf(batch, kept, horizonMs);
    const end = yield* this.#writeRecords(body, kept, times);
    const codec = compressionCodec(batch, 0);
    if (codec === CompressionCodec.NONE) return this.#finish(batch, end, kept.count, times, horizonMs);
    const plain = this.#memory.subarray(BATCH_OVERHEAD, end);
    return codecNumbered(codec)
      .then((loaded) => loaded.compress(plain))
      .then((compressed) => {
        this.#room(BATCH_OVERHEAD + compressed.length);
        compressed.copy(this.#memory, BATCH_OVERHEAD);
        return this.#finish(batch, BATCH_OVERHEAD + compressed.length, kept.count, times, horizonMs);
      });
  }

  /** The batch without records, as the last trace of its producer. */
  empty(batch: Buffer): Buffer {
    this.#room(BATCH_OVERHEAD);
    const out = this.#memory.subarray(0, BATCH_OVERHEAD);
    batch.copy(out, 0, 0, BATCH_OVERHEAD);
    const kept = attributes(batch, 0) & KEPT_ATTRIBUTES & ~BatchAttribute.CODEC_MASK;
    out.writeUInt16BE(kept, BatchField.ATTRIBUTES);
    writeInt64(out, NO_TIMESTAMP, BatchField.BASE_TIMESTAMP);
    out.writeInt32BE(0, BatchField.RECORDS_COUNT);
    out.writeInt32BE(BATCH_OVERHEAD - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
    patchCrc(out, 0);
    return out;
  }

  /** The batch as it is, without the mark of a delete horizon. */
  withoutHorizon(batch: Buffer): Buffer {
    this.#room(batch.length);
    const out = this.#memory.subarray(0, batch.length);
    batch.copy(out);
    out.writeUInt16BE(attributes(batch, 0) & ~BatchAttribute.DELETE_HORIZON, BatchField.ATTRIBUTES);
    patchCrc(out, 0);
    return out;
  }

  /** Writes the records behind where the header goes; gives where they end. */
  *#writeRecords(body: Buffer, kept: KeptRecords, times: Times | null): Steps<number> {
    // Deltas may get longer: ten bytes and five for each record are the most.
    this.#room(BATCH_OVERHEAD + body.length + kept.count * 16);
    const out = this.#memory;
    let to = BATCH_OVERHEAD;
    for (let i = 0; i < kept.count; i++) {
      if (i % RECORDS_PER_STEP === 0 && i > 0) yield;
      const end = kept.ends[i] as number;
      if (times === null) {
        to += body.copy(out, to, kept.recordStarts[i] as number, end);
        continue;
      }
      const start = kept.fieldsStarts[i] as number;
      const offsetDelta = kept.offsetDeltas[i] as number;
      const timestampDelta = times.isAppendTime ? times.shift : (kept.timestampDeltas[i] as number) + times.shift;
      const length = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + end - start;
      to = writeVarint(out, length, to);
      out[to++] = 0;
      to = writeVarlong(out, timestampDelta, to);
      to = writeVarint(out, offsetDelta, to);
      to += body.copy(out, to, start, end);
    }
    return to;
  }

  #finish(batch: Buffer, end: number, count: number, times: Times | null, horizonMs: number | null): Buffer {
    const out = this.#memory.subarray(0, end);
    batch.copy(out, 0, 0, BATCH_OVERHEAD);
    let bits = attributes(batch, 0) & KEPT_ATTRIBUTES;
    if (horizonMs !== null && times !== null) bits |= BatchAttribute.DELETE_HORIZON;
    out.writeUInt16BE(bits, BatchField.ATTRIBUTES);
    out.writeInt32BE(end - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
    out.writeInt32BE(count, BatchField.RECORDS_COUNT);
    if (times !== null) {
      writeInt64(out, times.base, BatchField.BASE_TIMESTAMP);
      writeInt64(out, times.max, BatchField.MAX_TIMESTAMP);
    }
    patchCrc(out, 0);
    return out;
  }

  #room(byteLength: number): void {
    if (this.#memory.length < byteLength) this.#memory = Buffer.allocUnsafe(Math.ceil(byteLength * 1.25));
  }
}
