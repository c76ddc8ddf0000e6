/**
 * Messages of format v0 and v1, as Kafka before 0.11 had them: a message set is messages back to back.
 *
 *   0 offset i64   8 size i32 (bytes after this field)   12 crc u32 (CRC-32, not C, of 16..end)   16 magic i8
 *  17 attributes i8 (bits 0 to 2: codec; bit 3, v1: log append time)   18 timestamp i64 (v1 only, KIP-32)
 *   then key length i32 · key · value length i32 · value, where a length of -1 stands for null
 *
 * Compressed messages are the value of one message around them. Its offset is that of the last of them; theirs are
 * absolute in v0, and in v1 relative to the first (KIP-31).
 */
import { crc32 } from 'node:zlib';
import { ErrorCode, KafkaError } from '../errors.ts';
import type { ExactTime } from './exact-times.ts';
import { BatchAttribute, LOG_OVERHEAD, readInt64, writeInt64 } from './batch.ts';

/** A message format before v2. */
export type OldMagic = 0 | 1;

/** Positions of the fields that both formats have. */
export const MessageField = { OFFSET: 0, SIZE: 8, CRC: 12, MAGIC: 16, ATTRIBUTES: 17, TIMESTAMP: 18 } as const;

/** The fewest bytes that a message states: checksum, magic, attributes, two lengths. */
const MIN_SIZE = 14;
/** Bytes of a message that has neither key nor value, by magic. */
const OVERHEAD = [26, 34] as const;

/** Bytes of a whole message but for key and value. */
export function messageOverhead(magic: OldMagic): number {
  return OVERHEAD[magic];
}

/** Size of the whole message at `at`, or 0 when it is cut off at `end`. @throws KafkaError CORRUPT_MESSAGE */
export function wholeMessageSize(bytes: Buffer, at: number, end: number): number {
  if (end - at < LOG_OVERHEAD) return 0;
  const size = bytes.readInt32BE(at + MessageField.SIZE);
  if (size < MIN_SIZE) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A message states a size of ${size} bytes.`);
  return end - at < LOG_OVERHEAD + size ? 0 : LOG_OVERHEAD + size;
}

/** A message that was found sound; views on its bytes. */
export class Message {
  offset = 0;
  magic = 0;
  codec = 0;
  isAppendTime = false;
  /** Milliseconds, or -1. */
  timestampMs = -1;
  keyStart = 0;
  /** -1: null. */
  keyLength = -1;
  valueStart = 0;
  /** -1: null. */
  valueLength = -1;

  /**
   * Reads the whole message of `size` bytes at `at`.
   * @throws KafkaError CORRUPT_MESSAGE for a wrong magic, checksum or length within
   */
  read(bytes: Buffer, at: number, size: number): void {
    this.magic = bytes.readInt8(at + MessageField.MAGIC);
    if (this.magic !== 0 && this.magic !== 1) {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A message in a message set has magic ${this.magic}.`);
    }
    const end = at + size;
    if (crc32(bytes.subarray(at + MessageField.MAGIC, end)) !== bytes.readUInt32BE(at + MessageField.CRC)) {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, "A message's checksum does not match its bytes.");
    }
    const attributes = bytes[at + MessageField.ATTRIBUTES] as number;
    this.offset = readInt64(bytes, at);
    this.codec = attributes & BatchAttribute.CODEC_MASK;
    const hasTimestamp = this.magic === 1;
    const keyAt = at + MessageField.TIMESTAMP + (hasTimestamp ? 8 : 0);
    if (keyAt + 8 > end) throw cutOff();
    this.isAppendTime = hasTimestamp && (attributes & BatchAttribute.LOG_APPEND_TIME) !== 0;
    this.timestampMs = hasTimestamp ? readInt64(bytes, at + MessageField.TIMESTAMP) : -1;
    this.keyLength = lengthAt(bytes, keyAt, end - 4);
    this.keyStart = keyAt + 4;
    const valueAt = this.keyStart + Math.max(this.keyLength, 0);
    this.valueLength = lengthAt(bytes, valueAt, end);
    this.valueStart = valueAt + 4;
    if (this.valueStart + Math.max(this.valueLength, 0) !== end) throw cutOff();
  }
}

function cutOff(): KafkaError {
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, "A message's key and value are not as long as it states.");
}

function lengthAt(bytes: Buffer, at: number, end: number): number {
  const length = bytes.readInt32BE(at);
  if (length < -1 || length > end - at - 4) throw cutOff();
  return length;
}

/** What is written before key and value. */
export interface MessageHead {
  readonly magic: OldMagic;
  readonly offset: number;
  /** Codec and, in v1, the kind of timestamp. */
  readonly attributes: number;
  /** Milliseconds, or -1; v0 has none. */
  readonly timestampMs: ExactTime;
}

/**
 * Writes all of a message but its key and value, whose places it leaves open and which lie there before `sealMessage`;
 * gives where the key belongs.
 */
export function writeMessageHead(out: Buffer, at: number, size: number, head: MessageHead): number {
  writeInt64(out, head.offset, at);
  out.writeInt32BE(size - LOG_OVERHEAD, at + MessageField.SIZE);
  out[at + MessageField.MAGIC] = head.magic;
  out[at + MessageField.ATTRIBUTES] = head.attributes;
  if (head.magic === 0) return at + MessageField.TIMESTAMP;
  const { timestampMs } = head;
  if (typeof timestampMs === 'number') writeInt64(out, timestampMs, at + MessageField.TIMESTAMP);
  else out.writeBigInt64BE(timestampMs, at + MessageField.TIMESTAMP);
  return at + MessageField.TIMESTAMP + 8;
}

/** Writes a key or value with its length; gives the position behind it. */
export function writeField(out: Buffer, at: number, bytes: Buffer, start: number, length: number): number {
  out.writeInt32BE(length, at);
  if (length > 0) bytes.copy(out, at + 4, start, start + length);
  return at + 4 + Math.max(length, 0);
}

/** Writes the checksum of the whole message of `size` bytes at `at`. */
export function sealMessage(out: Buffer, at: number, size: number): void {
  out.writeUInt32BE(crc32(out.subarray(at + MessageField.MAGIC, at + size)), at + MessageField.CRC);
}
