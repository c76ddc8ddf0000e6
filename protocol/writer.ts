/**
 * Writes Kafka's primitive types.
 *
 * The bytes go into chunks that are taken from a small free list and given back when the message is finished. Byte
 * arrays are copied; a `RecordsSource` is not: it ends the current chunk and takes its place in the result.
 */
import { ProtocolError } from './errors.ts';
import type { BytesInput, RecordsSource } from './input.ts';
import { MAX_STRING_BYTES, ZERO_UUID } from './reader.ts';

export type { BytesInput, RecordsSource } from './input.ts';

const CHUNK_SIZE = 16 * 1024;
/** A tail shorter than this is not worth keeping. */
const MIN_TAIL = 256;
const MAX_CHUNK_SIZE = 1024 * 1024;
/** Bounds the free list: as many writers as can be open inside one another. */
const MAX_FREE = 4;

interface Chunk {
  readonly buffer: Buffer;
  /** First byte that nobody has written. */
  readonly start: number;
}

const free: Chunk[] = [];

/** A growing message. Values that do not fit their type are a `ProtocolError`. */
export class Writer {
  #parts: Array<Buffer | RecordsSource> = [];
  /** Bytes in `#parts`. */
  #closedBytes = 0;
  #buffer: Buffer;
  /** Where this writer's bytes in the current chunk begin. */
  #start: number;
  #position: number;
  #errors: number[] | null = null;

  constructor() {
    const chunk = free.pop();
    this.#buffer = chunk?.buffer ?? Buffer.allocUnsafeSlow(CHUNK_SIZE);
    this.#start = chunk?.start ?? 0;
    this.#position = this.#start;
  }

  /** Bytes written so far, sources included. */
  get byteLength(): number {
    return this.#closedBytes + this.#position - this.#start;
  }

  /** Makes room for `size` bytes in a row and returns where they go. */
  #grow(size: number): number {
    const start = this.#position;
    const end = start + size;
    if (end <= this.#buffer.length) {
      this.#position = end;
      return start;
    }
    this.#closeChunk();
    const chunkSize = Math.min(MAX_CHUNK_SIZE, Math.max(CHUNK_SIZE, this.#closedBytes * 2));
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(size, chunkSize));
    this.#start = 0;
    this.#position = size;
    return 0;
  }

  #closeChunk(): void {
    if (this.#position === this.#start) return;
    this.#parts.push(this.#buffer.subarray(this.#start, this.#position));
    this.#closedBytes += this.#position - this.#start;
    this.#start = this.#position;
  }

  bool(value: boolean): void {
    this.#byte(value ? 1 : 0);
  }

  #byte(value: number): void {
    const start = this.#grow(1); // before #buffer is looked up: growing may replace it
    this.#buffer[start] = value;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange('int8', value);
    this.#byte(value);
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange('int16', value);
    this.#put16(value);
  }

  /** An error code, which is noted unless it is NONE. */
  errorCode(value: number): void {
    this.int16(value);
    if (value !== 0) (this.#errors ??= []).push(value);
  }

  /** Error codes other than NONE that were written, in their order. */
  get errors(): readonly number[] {
    return this.#errors ?? NO_ERRORS;
  }

  /** Notes error codes in bytes that were written elsewhere. */
  noteErrors(errors: readonly number[]): void {
    for (const code of errors) (this.#errors ??= []).push(code);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange('uint16', value);
    this.#put16(value);
  }

  #put16(value: number): void {
    const start = this.#grow(2);
    this.#buffer[start] = value >>> 8;
    this.#buffer[start + 1] = value;
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange('int32', value);
    this.#put32(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('uint32', value);
    this.#put32(value);
  }

  #put32(value: number): void {
    const start = this.#grow(4);
    const buffer = this.#buffer;
    buffer[start] = value >>> 24;
    buffer[start + 1] = value >>> 16;
    buffer[start + 2] = value >>> 8;
    buffer[start + 3] = value;
  }

  /** An exact int64. */
  int64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange('int64', value);
    const start = this.#grow(8);
    this.#buffer.writeBigInt64BE(value, start);
  }

  /** A number as an int64. The two extreme safe integers stand for the int64 extremes (see `Reader.offset`). */
  offset(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange('offset', value);
    if (value === Number.MAX_SAFE_INTEGER) {
      this.#put32(0x7fffffff);
      this.#put32(-1);
    } else if (value === Number.MIN_SAFE_INTEGER) {
      this.#put32(-0x80000000);
      this.#put32(0);
    } else {
      this.#put32(Math.floor(value / 0x1_0000_0000));
      this.#put32(value);
    }
  }

  float64(value: number): void {
    const start = this.#grow(8);
    this.#buffer.writeDoubleBE(value, start);
  }

  uvarint(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('uvarint', value);
    let rest = value;
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#byte(rest);
  }

  /** A zig-zag varint of 32 bits, as in records. */
  varint(value: number): void {
    if ((value | 0) !== value) throw outOfRange('varint', value);
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A zig-zag varint of 64 bits. */
  varlong(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange('varlong', value);
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  string(value: string): void {
    const size = textSize(value);
    this.#put16(size);
    this.#text(value, size);
  }

  nullableString(value: string | null): void {
    if (value === null) this.#put16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const size = textSize(value);
    this.uvarint(size + 1);
    this.#text(value, size);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  #text(value: string, size: number): void {
    const start = this.#grow(size);
    this.#buffer.write(value, start, size, 'utf8');
  }

  bytes(value: BytesInput): void {
    this.int32(value.byteLength);
    this.raw(value);
  }

  nullableBytes(value: BytesInput | null): void {
    if (value === null) this.#put32(-1);
    else this.bytes(value);
  }

  compactBytes(value: BytesInput): void {
    this.uvarint(value.byteLength + 1);
    this.raw(value);
  }

  compactNullableBytes(value: BytesInput | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  /** Bytes without a length: copied, or, of a source, passed on. */
  raw(value: BytesInput): void {
    if (value instanceof Uint8Array) {
      const start = this.#grow(value.length);
      this.#buffer.set(value, start);
    } else if (value.byteLength > 0) {
      this.#closeChunk();
      this.#parts.push(value);
      this.#closedBytes += value.byteLength;
    }
  }

  /** Sixteen bytes from Kafka's text form of a uuid. */
  uuid(value: string): void {
    const start = this.#grow(16);
    if (value === ZERO_UUID) this.#buffer.fill(0, start, start + 16);
    else if (value.length !== 22 || this.#buffer.write(value, start, 16, 'base64url') !== 16) {
      throw new ProtocolError('out-of-range', `Not a uuid: '${value.slice(0, 40)}'`);
    }
  }

  /** Element count of an array, -1 for null. */
  count(count: number): void {
    this.int32(count);
  }

  /** Like `count`, in the compact encoding. */
  compactCount(count: number): void {
    this.uvarint(count + 1);
  }

  /** The marker before a nullable struct. */
  present(isPresent: boolean): void {
    this.int8(isPresent ? 1 : -1);
  }

  /** The marker before a nullable struct in a tagged field. */
  taggedPresent(isPresent: boolean): void {
    this.uvarint(isPresent ? 1 : 0);
  }

  /** Writes a tagged field whose value has been written to `body`, which is finished by this. */
  tagged(tag: number, body: Writer): void {
    this.uvarint(tag);
    this.uvarint(body.byteLength);
    for (const part of body.finish()) this.raw(part);
    this.noteErrors(body.errors);
  }

  /** The message in parts, in order. The writer is not to be used afterwards. */
  finish(): Array<Buffer | RecordsSource> {
    this.#closeChunk();
    const buffer = this.#buffer;
    if (free.length < MAX_FREE && buffer.length === CHUNK_SIZE && buffer.length - this.#position >= MIN_TAIL) {
      free.push({ buffer, start: this.#position });
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#position = 0;
    return parts;
  }

  /** The message in one buffer. @throws ProtocolError when it holds a source, whose bytes are not here. */
  toBuffer(): Buffer {
    const parts = this.finish();
    const buffers: Buffer[] = [];
    for (const part of parts) {
      if (!Buffer.isBuffer(part)) throw new ProtocolError('unsupported-field', 'A source has no bytes here');
      buffers.push(part);
    }
    return buffers.length === 1 ? (buffers[0] as Buffer) : Buffer.concat(buffers);
  }
}

const EMPTY = Buffer.alloc(0);
const NO_ERRORS: readonly number[] = [];

function textSize(value: string): number {
  const size = Buffer.byteLength(value);
  if (size > MAX_STRING_BYTES) throw new ProtocolError('invalid-length', `String of ${size} bytes`);
  return size;
}

function outOfRange(type: string, value: number | bigint): ProtocolError {
  return new ProtocolError('out-of-range', `${value} is no ${type}`);
}
