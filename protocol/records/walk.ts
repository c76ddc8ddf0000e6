/**
 * Checks the structure of uncompressed records and says what they hold together. It is run over every record that is
 * produced, so it makes nothing per record, and reads integers of one byte, and of two where they are usual, on the
 * spot: that is twice as fast as a call for each. What a single record holds is for `RecordCursor`.
 *
 * Refused, as by Kafka, with INVALID_RECORD: fewer or more records than the batch states, a record that is not as long
 * as it states, fields that do not end where their record ends, a header without a key.
 *
 *   record: length varint · attributes i8 · timestamp delta varlong · offset delta varint · key length varint · key ·
 *           value length varint · value · number of headers varint · headers (key length · key · value length · value)
 */
import { ErrorCode, KafkaError } from '../errors.ts';

/** The fewest bytes of a record behind its length. */
const MIN_BODY_BYTES = 6;
/** Offset delta, key length, value length and number of headers take so many bytes at least. */
const MIN_BYTES_AFTER_TIMESTAMP = 4;
/** No timestamp delta of two bytes is so large; kept apart from wider ones, small integers are cheaper. */
const NO_NARROW_DELTA = 0x10_0000;
const MAX_VARINT_BYTES = 5;
const MAX_VARLONG_BYTES = 10;

function invalid(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_RECORD, message);
}

function endsInsideField(): never {
  return invalid('A record ends inside a field.');
}

function fromZigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

/** What a walk wants to know of a record. */
export interface WalkedRecord {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  readonly hasNullKey: boolean;
  /** Bytes behind its length. */
  readonly bytes: number;
}

/** A walk over the records of one batch at a time; the bytes may come in pieces, each opening with a whole record. */
export class RecordWalk {
  /** Largest timestamp delta of the records; rounded beyond 2^53. */
  largestDelta = Number.NEGATIVE_INFINITY;
  /** Smallest timestamp delta of the records; rounded beyond 2^53. */
  smallestDelta = Number.POSITIVE_INFINITY;
  /** The records have the offset deltas 0, 1, 2 … */
  isInOrder = true;
  hasNullKey = false;
  /** Bytes of the largest record behind its length. */
  largestRecordBytes = 0;
  #index = 0;
  #count = 0;
  /** Position behind the integer that was read by a call. */
  #behind = 0;

  /** Starts over; `count` is the number of records that the batch states. */
  begin(count: number): void {
    this.largestDelta = Number.NEGATIVE_INFINITY;
    this.smallestDelta = Number.POSITIVE_INFINITY;
    this.isInOrder = true;
    this.hasNullKey = false;
    this.largestRecordBytes = 0;
    this.#index = 0;
    this.#count = count;
  }

  /**
   * Walks over the whole records between `start` and `end` (exclusive); gives the position of what is not whole.
   * @throws KafkaError INVALID_RECORD
   */
  walk(bytes: Uint8Array, start: number, end: number): number {
    const count = this.#count;
    let index = this.#index;
    let at = start;
    let largestDelta = -NO_NARROW_DELTA;
    let smallestDelta = NO_NARROW_DELTA;
    let largestBytes = this.largestRecordBytes;
    while (index < count && at < end) {
      let position = at + 1;
      let byte = bytes[at] as number;
      let length = fromZigzag(byte);
      if (byte >= 0x80) {
        if (position === end) break;
        const second = bytes[position] as number;
        if (second < 0x80) {
          length = fromZigzag((byte & 0x7f) | (second << 7));
          position++;
        } else if (isCutOff(bytes, position, end)) break;
        else {
          length = this.#varint(bytes, at, end);
          position = this.#behind;
        }
      }
      const stop = position + length;
      if (stop > end) break;
      if (length < MIN_BODY_BYTES) invalid(`Record ${index} states ${length} bytes.`);
      if (length > largestBytes) largestBytes = length;
      position++; // attributes: unused in format v2, and ignored by Kafka
      byte = bytes[position] as number;
      if (byte < 0x80) {
        const delta = fromZigzag(byte);
        if (delta > largestDelta) largestDelta = delta;
        if (delta < smallestDelta) smallestDelta = delta;
        position++;
      } else if ((bytes[position + 1] as number) < 0x80) {
        const delta = fromZigzag((byte & 0x7f) | ((bytes[position + 1] as number) << 7));
        if (delta > largestDelta) largestDelta = delta;
        if (delta < smallestDelta) smallestDelta = delta;
        position += 2;
      } else position = this.#wideDelta(bytes, position, stop);
      if (this.#fields(bytes, position, stop, index) !== stop) {
        invalid(`Record ${index} states ${length} bytes, its fields take others.`);
      }
      at = stop;
      index++;
    }
    this.#index = index;
    if (largestDelta !== -NO_NARROW_DELTA) {
      if (largestDelta > this.largestDelta) this.largestDelta = largestDelta;
      if (smallestDelta < this.smallestDelta) this.smallestDelta = smallestDelta;
    }
    this.largestRecordBytes = largestBytes;
    return at;
  }

  /** Counts in a record that was looked at elsewhere. */
  add({ timestampDelta, offsetDelta, hasNullKey, bytes }: WalkedRecord): void {
    this.largestDelta = Math.max(this.largestDelta, timestampDelta);
    this.smallestDelta = Math.min(this.smallestDelta, timestampDelta);
    if (offsetDelta !== this.#index) this.isInOrder = false;
    if (hasNullKey) this.hasNullKey = true;
    if (bytes > this.largestRecordBytes) this.largestRecordBytes = bytes;
    this.#index++;
  }

  /** There are no more bytes; `left` of the last are no whole record. @throws KafkaError INVALID_RECORD */
  finish(left: number): void {
    if (this.#index < this.#count) invalid(`The batch states ${this.#count} records, ${this.#index} are there.`);
    this.mustGoOn(left);
  }

  /** Unless a record is still to come, there may not be `left` bytes more. @throws KafkaError INVALID_RECORD */
  mustGoOn(left: number): void {
    if (left > 0 && this.#index === this.#count) invalid(`${left} bytes follow the last record.`);
  }

  /** All of a record behind its timestamp; gives where it ends. */
  #fields(bytes: Uint8Array, start: number, stop: number, index: number): number {
    let position = start;
    if (position + MIN_BYTES_AFTER_TIMESTAMP > stop) endsInsideField();
    let byte = bytes[position] as number;
    let value = fromZigzag(byte);
    if (byte < 0x80) position++;
    else {
      const second = bytes[position + 1] as number;
      if (second < 0x80) {
        value = fromZigzag((byte & 0x7f) | (second << 7));
        position += 2;
      } else {
        value = this.#varint(bytes, position, stop);
        position = this.#behind;
      }
    }
    if (value !== index) this.isInOrder = false;
    if (position >= stop) endsInsideField();
    byte = bytes[position] as number;
    value = fromZigzag(byte);
    if (byte < 0x80) position++;
    else {
      value = this.#varint(bytes, position, stop);
      position = this.#behind;
    }
    if (value < 0) this.hasNullKey = true;
    else position += value;
    if (position >= stop) endsInsideField();
    byte = bytes[position] as number;
    value = fromZigzag(byte);
    if (byte < 0x80) position++;
    else {
      const second = position + 1 < stop ? (bytes[position + 1] as number) : 0x80;
      if (second < 0x80) {
        value = fromZigzag((byte & 0x7f) | (second << 7));
        position += 2;
      } else {
        value = this.#varint(bytes, position, stop);
        position = this.#behind;
      }
    }
    if (value > 0) position += value;
    if (position >= stop) endsInsideField();
    return bytes[position] === 0 ? position + 1 : this.#headers(bytes, position, stop);
  }

  #headers(bytes: Uint8Array, start: number, stop: number): number {
    const count = this.#varint(bytes, start, stop);
    let position = this.#behind;
    if (count < 0 || count > stop - position) invalid(`A record states ${count} headers.`);
    for (let i = 0; i < count; i++) {
      const keyLength = this.#varint(bytes, position, stop);
      if (keyLength < 0) invalid(`Header ${i} of a record has no key.`);
      const valueLength = this.#varint(bytes, this.#behind + keyLength, stop);
      position = valueLength > 0 ? this.#behind + valueLength : this.#behind;
    }
    return position;
  }

  #varint(bytes: Uint8Array, at: number, stop: number): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (at + i >= stop) endsInsideField();
      const byte = bytes[at + i] as number;
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.#behind = at + i + 1;
        return fromZigzag(value);
      }
    }
    return invalid('A varint in a record is longer than 5 bytes.');
  }

  /** Takes down a timestamp delta of any size; gives the position behind it. */
  #wideDelta(bytes: Uint8Array, at: number, stop: number): number {
    let value = 0;
    let scale = 1;
    const isOdd = ((bytes[at] as number) & 1) === 1;
    for (let i = 0; i < MAX_VARLONG_BYTES; i++) {
      if (at + i >= stop) endsInsideField();
      const byte = bytes[at + i] as number;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte >= 0x80) continue;
      const delta = isOdd ? -(value + 1) / 2 : value / 2;
      if (delta > this.largestDelta) this.largestDelta = delta;
      if (delta < this.smallestDelta) this.smallestDelta = delta;
      return at + i + 1;
    }
    return invalid('A varlong in a record is longer than 10 bytes.');
  }
}

/** True if a variable-length integer that goes on at `position` may go on behind `end`. */
function isCutOff(bytes: Uint8Array, position: number, end: number): boolean {
  if (end - position >= MAX_VARINT_BYTES - 1) return false;
  for (let i = position; i < end; i++) if ((bytes[i] as number) < 0x80) return false;
  return true;
}
