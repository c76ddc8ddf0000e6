/**
 * Reads batches and the records in them. Everything is checked against what is there before it is used: a batch that
 * does not fit its buffer is CORRUPT_MESSAGE, a record that does not fit its batch INVALID_RECORD.
 */
import { codecNumbered, decompress } from '../compression/codecs.ts';
import { ErrorCode, KafkaError } from '../errors.ts';
import {
  BATCH_OVERHEAD,
  CompressionCodec,
  baseOffset,
  baseTimestamp,
  compressionCodec,
  magic,
  MAGIC_V2,
  maxTimestamp,
  recordsCount,
  sizeInBytes,
  timestampType,
} from './batch.ts';
import type { RecordHeader } from './build.ts';
import { VarintCursor } from './varint.ts';

/** Bytes a batch's records may expand to, unless the caller says otherwise: Kafka's largest request. */
export const MAX_RECORDS_BYTES = 104_857_600;

/** The fewest bytes a record takes: length, attributes, two deltas, null key, null value, no headers. */
const MIN_RECORD_BYTES = 7;

/** A record as read. Key and values are views on the batch's bytes (or on what they expanded to). */
export interface DecodedRecord {
  readonly offset: number;
  /** Milliseconds, or -1. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

const NO_HEADERS: readonly RecordHeader[] = [];

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, message);
}

/**
 * Positions of the batches that lie back to back in `buffer`.
 * @throws KafkaError CORRUPT_MESSAGE when one is cut off or is not of format v2
 */
export function* batchPositions(buffer: Buffer, start = 0, end = buffer.length): Generator<number, void, undefined> {
  let at = start;
  while (at < end) {
    if (end - at < BATCH_OVERHEAD) {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A batch of ${end - at} bytes is shorter than its header.`);
    }
    const size = sizeInBytes(buffer, at);
    if (size < BATCH_OVERHEAD || size > end - at) {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A batch states ${size} bytes, ${end - at} are there.`);
    }
    if (magic(buffer, at) !== MAGIC_V2) {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A batch has magic ${magic(buffer, at)}.`);
    }
    yield at;
    at += size;
  }
}

/**
 * The uncompressed records of the batch at `at`: a view if they are stored so, else a promise of what they expand to.
 * @throws KafkaError INVALID_RECORD (damaged, or more than `maxBytes`), UNSUPPORTED_COMPRESSION_TYPE; as a rejection
 */
export function recordBytes(buffer: Buffer, at: number, maxBytes = MAX_RECORDS_BYTES): Buffer | Promise<Buffer> {
  const stored = buffer.subarray(at + BATCH_OVERHEAD, at + sizeInBytes(buffer, at));
  const codec = compressionCodec(buffer, at);
  if (codec === CompressionCodec.NONE) return stored;
  return codecNumbered(codec).then((loaded) => decompress(loaded, stored, maxBytes));
}

/**
 * Walks over uncompressed records without making an object for each. `next` moves to the next record, whose fields
 * then lie in the properties; a record has been checked whole, headers too, when `next` returns true.
 */
export class RecordCursor {
  readonly #cursor: VarintCursor;
  #left: number;
  /** Bytes of the record behind the field that states them. */
  length = 0;
  /** Relative to the batch's base timestamp. */
  timestampDelta = 0;
  /** Relative to the batch's base offset. */
  offsetDelta = 0;
  /** Where the length of the key lies, behind the deltas. */
  fieldsStart = 0;
  keyStart = 0;
  /** -1: null. */
  keyLength = -1;
  valueStart = 0;
  /** -1: null. */
  valueLength = -1;
  headersStart = 0;
  headersCount = 0;

  /** @throws KafkaError INVALID_RECORD when so many records cannot be in so few bytes */
  constructor(bytes: Buffer, count: number) {
    if (count < 0 || count * MIN_RECORD_BYTES > bytes.length) {
      throw invalid(`A batch states ${count} records in ${bytes.length} bytes.`);
    }
    this.#cursor = new VarintCursor(bytes, 0, bytes.length);
    this.#left = count;
  }

  /** False after the last record. @throws KafkaError INVALID_RECORD */
  next(): boolean {
    const cursor = this.#cursor;
    const total = cursor.buffer.length;
    cursor.end = total;
    if (this.#left === 0) {
      if (cursor.position !== total) throw invalid(`${total - cursor.position} bytes follow the last record.`);
      return false;
    }
    this.#left--;
    const length = cursor.varint();
    if (length < 0 || length > total - cursor.position) {
      throw invalid(`A record states ${length} bytes, ${total - cursor.position} are left in its batch.`);
    }
    cursor.end = cursor.position + length;
    if (length === 0) throw invalid('A record has no bytes.');
    this.length = length;
    cursor.position++; // attributes: unused in format v2, and ignored by Kafka
    this.timestampDelta = cursor.varlong();
    this.offsetDelta = cursor.varint();
    this.fieldsStart = cursor.position;
    this.keyLength = this.#length('key');
    this.keyStart = this.#skip(this.keyLength);
    this.valueLength = this.#length('value');
    this.valueStart = this.#skip(this.valueLength);
    this.#headers();
    if (cursor.position !== cursor.end) throw invalid(`${cursor.end - cursor.position} bytes of a record are unused.`);
    return true;
  }

  #headers(): void {
    const cursor = this.#cursor;
    this.headersCount = cursor.varint();
    this.headersStart = cursor.position;
    if (this.headersCount < 0 || this.headersCount * 2 > cursor.end - cursor.position) {
      throw invalid(`A record states ${this.headersCount} headers.`);
    }
    for (let i = 0; i < this.headersCount; i++) {
      const keyLength = this.#length('header key');
      if (keyLength < 0) throw invalid('A header of a record has no key.');
      this.#skip(keyLength);
      this.#skip(this.#length('header value'));
    }
  }

  /** A length no longer than what is left of the record, or -1. */
  #length(what: string): number {
    const length = this.#cursor.varint();
    const left = this.#cursor.end - this.#cursor.position;
    if (length > left) throw invalid(`A record's ${what} states ${length} bytes, ${left} are left.`);
    return length < 0 ? -1 : length;
  }

  #skip(length: number): number {
    const start = this.#cursor.position;
    if (length > 0) this.#cursor.position = start + length;
    return start;
  }

  /** Exclusive end of the current record. */
  get end(): number {
    return this.#cursor.end;
  }

  /** Key of the current record, a view. */
  key(): Buffer | null {
    return this.#view(this.keyStart, this.keyLength);
  }

  /** Value of the current record, a view. */
  value(): Buffer | null {
    return this.#view(this.valueStart, this.valueLength);
  }

  /** Headers of the current record. */
  headers(): readonly RecordHeader[] {
    if (this.headersCount === 0) return NO_HEADERS;
    const cursor = new VarintCursor(this.#cursor.buffer, this.headersStart, this.#cursor.end);
    const take = (): Buffer | null => {
      const length = cursor.varint();
      const bytes = this.#view(cursor.position, length);
      cursor.position += Math.max(length, 0);
      return bytes;
    };
    return Array.from({ length: this.headersCount }, () => {
      const key = take();
      return { key: key === null ? '' : key.toString('utf8'), value: take() };
    });
  }

  #view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#cursor.buffer.subarray(start, start + length);
  }
}

/** Reads the records of the batch at `at` from its uncompressed bytes. @throws KafkaError INVALID_RECORD */
function decode(buffer: Buffer, at: number, bytes: Buffer): DecodedRecord[] {
  const firstOffset = baseOffset(buffer, at);
  const firstTimestamp = baseTimestamp(buffer, at);
  const appendTime = timestampType(buffer, at) === 1 ? maxTimestamp(buffer, at) : null;
  const cursor = new RecordCursor(bytes, recordsCount(buffer, at));
  const records: DecodedRecord[] = [];
  while (cursor.next()) {
    records.push({
      offset: firstOffset + cursor.offsetDelta,
      timestampMs: appendTime ?? firstTimestamp + cursor.timestampDelta,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    });
  }
  return records;
}

/**
 * The records of the whole, uncompressed batch at `at`.
 * @throws KafkaError INVALID_RECORD; UNSUPPORTED_COMPRESSION_TYPE if the batch is compressed
 */
export function decodeRecordsSync(buffer: Buffer, at = 0): DecodedRecord[] {
  if (compressionCodec(buffer, at) !== CompressionCodec.NONE) {
    throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'The batch is compressed.');
  }
  return decode(buffer, at, buffer.subarray(at + BATCH_OVERHEAD, at + sizeInBytes(buffer, at)));
}

/**
 * The records of the whole batch at `at`, expanded to at most `maxBytes`.
 * @throws KafkaError INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE; as a rejection
 */
export async function decodeRecords(buffer: Buffer, at = 0, maxBytes = MAX_RECORDS_BYTES): Promise<DecodedRecord[]> {
  return decode(buffer, at, await recordBytes(buffer, at, maxBytes));
}
