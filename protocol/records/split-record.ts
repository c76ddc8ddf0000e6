/**
 * Checks one record that comes in pieces, as `walk.ts` checks those that are whole, and keeps none of its bytes: of keys,
 * values and headers only the lengths are looked at, so that a record of any size takes no room.
 */
import { ErrorCode, KafkaError } from '../errors.ts';

/** The fewest bytes of a record behind its length. */
const MIN_BODY_BYTES = 6;
const MAX_VARINT_BYTES = 5;
const MAX_VARLONG_BYTES = 10;

/** What the next integer is; contents are skipped behind the length that says how long they are. */
const Field = {
  LENGTH: 0,
  ATTRIBUTES: 1,
  TIMESTAMP_DELTA: 2,
  OFFSET_DELTA: 3,
  KEY_LENGTH: 4,
  VALUE_LENGTH: 5,
  HEADERS: 6,
  HEADER_KEY_LENGTH: 7,
  HEADER_VALUE_LENGTH: 8,
  NONE: 9,
} as const;

function invalid(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_RECORD, message);
}

export class SplitRecord {
  /** A record was begun, and has not ended. */
  isOpen = false;
  /** Bytes behind the length. */
  bytes = 0;
  /** Rounded beyond 2^53. */
  timestampDelta = 0;
  offsetDelta = 0;
  hasNullKey = false;
  #field: number = Field.LENGTH;
  /** Bytes of the record that are still to come, and of them those that are not looked at. */
  #left = 0;
  #skip = 0;
  #headersLeft = 0;
  /** The integer that is being read, before its sign is. */
  #value = 0;
  #isOdd = false;
  /** Bytes of it so far. */
  #size = 0;
  #maxBytes = Infinity;

  /** Takes the next record, which may have up to `maxBytes` bytes behind its length. */
  begin(maxBytes: number): void {
    this.isOpen = true;
    this.hasNullKey = false;
    this.#field = Field.LENGTH;
    this.#skip = 0;
    this.#value = 0;
    this.#size = 0;
    this.#maxBytes = maxBytes;
  }

  /** Gives the position behind what belongs to the record. @throws KafkaError INVALID_RECORD */
  take(piece: Uint8Array, start: number): number {
    let at = start;
    while (this.isOpen && at < piece.length) {
      if (this.#skip > 0) {
        const size = Math.min(this.#skip, piece.length - at);
        at += size;
        this.#skip -= size;
        this.#left -= size;
      } else {
        if (this.#field !== Field.LENGTH) this.#left--;
        this.#add(piece[at++] as number);
      }
      if (this.#field !== Field.LENGTH && this.#left === 0) this.#end();
    }
    return at;
  }

  #end(): void {
    if (this.#field !== Field.NONE || this.#skip > 0) invalid('A record ends inside a field.');
    this.isOpen = false;
  }

  #add(byte: number): void {
    const field = this.#field;
    if (field === Field.NONE) invalid(`A record states ${this.bytes} bytes, its fields take others.`);
    if (field === Field.ATTRIBUTES) {
      this.#field = Field.TIMESTAMP_DELTA;
      return;
    }
    const isLong = field === Field.TIMESTAMP_DELTA;
    if (this.#size === 0) this.#isOdd = (byte & 1) === 1;
    this.#value += (byte & 0x7f) * 2 ** (7 * this.#size);
    this.#size++;
    if (byte >= 0x80) {
      if (this.#size === (isLong ? MAX_VARLONG_BYTES : MAX_VARINT_BYTES))
        invalid('An integer in a record is too long.');
      return;
    }
    const value = this.#value;
    this.#value = 0;
    this.#size = 0;
    if (isLong) {
      this.timestampDelta = this.#isOdd ? -(value + 1) / 2 : value / 2;
      this.#field = Field.OFFSET_DELTA;
    } else {
      // Bits beyond the 32nd do not count.
      const low = value >>> 0;
      this.#found(field, (low >>> 1) ^ -(low & 1));
    }
  }

  /** An integer of 32 bits has come. */
  #found(field: number, value: number): void {
    this.#field = field + 1;
    switch (field) {
      case Field.LENGTH:
        if (value < MIN_BODY_BYTES) invalid(`A record states ${value} bytes.`);
        if (value > this.#maxBytes) invalid(`A record has ${value} bytes once it is decompressed.`);
        this.bytes = value;
        this.#left = value;
        return;
      case Field.OFFSET_DELTA:
        this.offsetDelta = value;
        return;
      case Field.KEY_LENGTH:
        this.hasNullKey = value < 0;
        this.#skipNext(value);
        return;
      case Field.VALUE_LENGTH:
        this.#skipNext(value);
        return;
      case Field.HEADERS:
        if (value < 0 || value > this.#left) invalid(`A record states ${value} headers.`);
        this.#headersLeft = value;
        if (value === 0) this.#field = Field.NONE;
        return;
      case Field.HEADER_KEY_LENGTH:
        if (value < 0) invalid('A header of a record has no key.');
        this.#skipNext(value);
        return;
      default:
        this.#skipNext(value);
        this.#field = --this.#headersLeft > 0 ? Field.HEADER_KEY_LENGTH : Field.NONE;
    }
  }

  /** Contents of so many bytes come next; none if negative. */
  #skipNext(bytes: number): void {
    if (bytes > this.#left) invalid('A record ends inside a field.');
    this.#skip = Math.max(0, bytes);
  }
}
