/**
 * Signed variable-length integers of records: zig-zag, then base 128 with the low group first. A varint is at most 5
 * bytes, a varlong at most 10.
 */
import { ErrorCode, KafkaError } from '../errors.ts';

const MAX_VARINT_BYTES = 5;
const MAX_VARLONG_BYTES = 10;

/** Bytes `writeVarint` takes for a 32-bit integer. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Writes a 32-bit integer; gives the position after it. */
export function writeVarint(buffer: Buffer, value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let position = at;
  while (rest >= 0x80) {
    buffer[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[position++] = rest;
  return position;
}

/** The zig-zag of a safe integer; exact as long as |value| < 2^52. */
function zigzagLong(value: number): number {
  return value < 0 ? -value * 2 - 1 : value * 2;
}

/** Bytes `writeVarlong` takes for an integer of less than 53 bits. */
export function varlongSize(value: number): number {
  let rest = zigzagLong(value);
  let bytes = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    bytes++;
  }
  return bytes;
}

/** Writes an integer of less than 53 bits; gives the position after it. */
export function writeVarlong(buffer: Buffer, value: number, at: number): number {
  let rest = zigzagLong(value);
  let position = at;
  while (rest >= 0x80) {
    buffer[position++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[position++] = rest;
  return position;
}

/** Reads variable-length integers one after the other from a range of a buffer. */
export class VarintCursor {
  readonly buffer: Buffer;
  /** Of the next byte. */
  position: number;
  /** Exclusive. */
  end: number;

  constructor(buffer: Buffer, position: number, end: number) {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
  }

  /** A 32-bit integer. @throws KafkaError INVALID_RECORD when it is cut off or too long */
  varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new KafkaError(ErrorCode.INVALID_RECORD, 'A varint in a record is longer than 5 bytes.');
  }

  /** A 64-bit integer as a number, rounded beyond 2^53. @throws KafkaError INVALID_RECORD as varint */
  varlong(): number {
    let value = 0;
    let scale = 1;
    let odd = false;
    for (let i = 0; i < MAX_VARLONG_BYTES; i++) {
      const byte = this.#byte();
      if (i === 0) odd = (byte & 1) === 1;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) return odd ? -(value + 1) / 2 : value / 2;
    }
    throw new KafkaError(ErrorCode.INVALID_RECORD, 'A varlong in a record is longer than 10 bytes.');
  }

  #byte(): number {
    if (this.position >= this.end) throw new KafkaError(ErrorCode.INVALID_RECORD, 'A record ends inside a field.');
    return this.buffer[this.position++] as number;
  }
}
