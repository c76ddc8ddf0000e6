/**
 * Reads Kafka's primitive types from a frame.
 *
 * Everything is checked before it is believed: lengths against the bytes left, counts against the smallest element.
 * Whatever is wrong is a `ProtocolError`, and nothing large is allocated for it. An element of two bytes becomes an object
 * of a hundred, so the elements of a message are bounded, too, in all its arrays together. As in Kafka, any negative
 * length is null, and tags come in any order.
 */
import { ProtocolError } from './errors.ts';

/** Text of the zero uuid, Kafka's "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Kafka allows strings of at most this many bytes, in every encoding. */
export const MAX_STRING_BYTES = 0x7fff;

/** Elements that the arrays of one message may have together: more than a client has partitions to name. */
export const MAX_ELEMENTS = 1_000_000;

const MAX_SAFE_HIGH = 0x1fffff;
const floatBytes = new DataView(new ArrayBuffer(8));

/** A cursor over part of a buffer. Byte fields are views into that buffer, not copies. */
export class Reader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #position: number;
  #elementsLeft: number;

  /**
   * @param end exclusive.
   * @param maxElements bound of all arrays together; Infinity for bytes that are trusted.
   */
  constructor(buffer: Buffer, start = 0, end = buffer.length, maxElements = MAX_ELEMENTS) {
    if (start < 0 || end > buffer.length || start > end)
      throw new ProtocolError('truncated', 'Range outside the buffer');
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
    this.#elementsLeft = maxElements;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  /** Takes `size` bytes and returns where they start. */
  #take(size: number): number {
    const start = this.#position;
    if (size > this.#end - start) {
      throw new ProtocolError('truncated', `${size} bytes wanted, ${this.#end - start} left`);
    }
    this.#position = start + size;
    return start;
  }

  bool(): boolean {
    return this.#buffer[this.#take(1)] !== 0;
  }

  int8(): number {
    return ((this.#buffer[this.#take(1)] as number) << 24) >> 24;
  }

  uint16(): number {
    const start = this.#take(2);
    return ((this.#buffer[start] as number) << 8) | (this.#buffer[start + 1] as number);
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  int32(): number {
    const buffer = this.#buffer;
    const start = this.#take(4);
    return (
      ((buffer[start] as number) << 24) |
      ((buffer[start + 1] as number) << 16) |
      ((buffer[start + 2] as number) << 8) |
      (buffer[start + 3] as number)
    );
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** An exact int64. */
  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  /**
   * An int64 as a number. Values beyond the safe integers become the nearest safe integer, which `Writer.offset`
   * turns back into the int64 extremes: 2^63-1, Kafka's "no limit", survives the trip.
   */
  offset(): number {
    const high = this.int32();
    const low = this.uint32();
    if (high > MAX_SAFE_HIGH) return Number.MAX_SAFE_INTEGER;
    if (high < -MAX_SAFE_HIGH - 1) return Number.MIN_SAFE_INTEGER;
    const value = high * 0x1_0000_0000 + low;
    return value < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : value;
  }

  float64(): number {
    floatBytes.setInt32(0, this.int32());
    floatBytes.setInt32(4, this.int32());
    return floatBytes.getFloat64(0);
  }

  /** An unsigned varint of at most 32 bits. @throws ProtocolError `invalid-varint` when longer. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)] as number;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new ProtocolError('invalid-varint', 'Varint of more than 32 bits');
  }

  /** A zig-zag varint of 32 bits, as in records. */
  varint(): number {
    const value = this.uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zig-zag varint of 64 bits, exact. */
  varlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#buffer[this.#take(1)] as number;
      if (shift === 63n && byte > 1) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new ProtocolError('invalid-varint', 'Varint of more than 64 bits');
  }

  string(): string {
    return this.#text(this.int16());
  }

  nullableString(): string | null {
    const size = this.int16();
    return size < 0 ? null : this.#text(size);
  }

  compactString(): string {
    return this.#text(this.uvarint() - 1);
  }

  compactNullableString(): string | null {
    const size = this.uvarint() - 1;
    return size === -1 ? null : this.#text(size);
  }

  #text(size: number): string {
    if (size < 0) throw nullOrNegative('String', size);
    if (size > MAX_STRING_BYTES) throw new ProtocolError('invalid-length', `String of ${size} bytes`);
    const start = this.#take(size);
    return this.#buffer.toString('utf8', start, start + size);
  }

  bytes(): Buffer {
    return this.#view(this.int32());
  }

  nullableBytes(): Buffer | null {
    const size = this.int32();
    return size < 0 ? null : this.#view(size);
  }

  compactBytes(): Buffer {
    return this.#view(this.uvarint() - 1);
  }

  compactNullableBytes(): Buffer | null {
    const size = this.uvarint() - 1;
    return size === -1 ? null : this.#view(size);
  }

  #view(size: number): Buffer {
    if (size < 0) throw nullOrNegative('Byte field', size);
    const start = this.#take(size);
    return this.#buffer.subarray(start, start + size);
  }

  /** The next `size` bytes, as they are: a view. */
  raw(size: number): Buffer {
    return this.#view(size);
  }

  /** Sixteen bytes as URL-safe base64 without padding, Kafka's text form. */
  uuid(): string {
    const start = this.#take(16);
    return this.#buffer.toString('base64url', start, start + 16);
  }

  /** Element count of an array, below zero for null. @param minElementSize bytes of the smallest element. */
  count(minElementSize: number): number {
    return this.#checkCount(this.int32(), minElementSize);
  }

  /** Like `count`, in the compact encoding. */
  compactCount(minElementSize: number): number {
    return this.#checkCount(this.uvarint() - 1, minElementSize);
  }

  #checkCount(count: number, minElementSize: number): number {
    if (count * minElementSize > this.#end - this.#position) {
      throw new ProtocolError('invalid-length', `Array of ${count} elements in ${this.#end - this.#position} bytes`);
    }
    if (count > this.#elementsLeft) {
      throw new ProtocolError(
        'invalid-length',
        `Array of ${count} elements, ${this.#elementsLeft} are left to the message`,
      );
    }
    if (count > 0) this.#elementsLeft -= count;
    return count;
  }

  /** The marker before a nullable struct: whether it is there. */
  present(): boolean {
    return this.int8() >= 0;
  }

  /** The marker before a nullable struct in a tagged field, where Kafka has a varint of 0 or 1 instead. */
  taggedPresent(): boolean {
    return this.uvarint() !== 0;
  }

  /** Number of tagged fields that follow. */
  tagCount(): number {
    return this.#checkCount(this.uvarint(), 2);
  }

  tag(): number {
    return this.uvarint();
  }

  /** Size of a tagged field, as the position at which it must end. */
  tagEnd(): number {
    const size = this.uvarint();
    const end = this.#position + size;
    if (end > this.#end) throw new ProtocolError('truncated', `Tagged field of ${size} bytes`);
    return end;
  }

  /** Skips what is left of a tagged field that is not known. */
  skipTo(position: number): void {
    this.#take(position - this.#position);
  }

  /** Checks that a tagged field was as long as it said. */
  expectAt(position: number): void {
    if (this.#position !== position) throw new ProtocolError('invalid-tag', 'Tagged field of a wrong size');
  }

  /** Skips a tagged section of which nothing is known. */
  skipTags(): void {
    for (let left = this.tagCount(); left > 0; left--) {
      this.tag();
      this.skipTo(this.tagEnd());
    }
  }

  /** Checks that everything has been read. @throws ProtocolError `trailing-bytes`. */
  expectEnd(): void {
    if (this.remaining !== 0) throw new ProtocolError('trailing-bytes', `${this.remaining} bytes after the message`);
  }
}

function nullOrNegative(what: string, size: number): ProtocolError {
  return size === -1
    ? new ProtocolError('unexpected-null', `${what} must not be null`)
    : new ProtocolError('invalid-length', `${what} of ${size} bytes`);
}
