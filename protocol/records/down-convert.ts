/**
 * From record batches of format v2 to a message set of format v0 or v1, as Kafka 3.9 makes it for clients that know no
 * other: headers go, and so do the markers of transactions; offsets stay. A compressed batch becomes one compressed
 * message, in the same codec; uncompressed records before the offset that was asked for are left out.
 *
 * What is made lies in chunks. A set has two bounds, its own and that of the answer, and ends before the message that would
 * pass one; a first message may.
 */
import { codecNumbered } from '../compression/codecs.ts';
import { toV0 } from '../compression/lz4-v0.ts';
import { ErrorCode, KafkaError } from '../errors.ts';
import {
  BatchAttribute,
  BatchField,
  CompressionCodec,
  baseOffset,
  baseTimestamp,
  compressionCodec,
  isControl,
  recordsCount,
  timestampType,
} from './batch.ts';
import { type ExactTime, exactRecordTime, exactTime } from './exact-times.ts';
import { RecordCursor } from './iterate.ts';
import { RecordPieces } from './record-pieces.ts';
import { messageOverhead, type OldMagic, sealMessage, writeField, writeMessageHead } from './message.ts';

/** Bytes of a chunk; a message that is larger has a chunk of its own. */
const CHUNK_BYTES = 256 * 1024;
/** Bytes of a batch's records, or of what stands around them, up to which they are sent compressed: so they are held whole. */
const MAX_COMPRESSED_BODY = 8 * 1024 * 1024;
/** Bytes that are written before others have their turn: some milliseconds. */
const BYTES_PER_TURN = 512 * 1024;
/** The same of records, which may be tiny, or passed over. */
const RECORDS_PER_TURN = 4096;

export interface DownConvertOptions {
  readonly magic: OldMagic;
  /** What the client asked for. */
  readonly firstOffset: number;
  /** Bytes of the set at most, as its client wants it. */
  readonly maxBytes: number;
  /** A first message that is larger than that is cut off there, and not sent whole: so a client learns it. */
  readonly cutsFirst: boolean;
  /** Bytes that the answer has room for. */
  readonly roomBytes: number;
  /** A first message that is larger than the room is left out, as others come before it: cut off, it would say too much. */
  readonly mayBeEmpty: boolean;
  /** Gives others their turn. */
  readonly pause: () => Promise<void>;
}

/** Takes the next piece of a batch's records, which is not kept; false: no more are wanted. */
type TakePiece = (piece: Buffer) => Promise<boolean>;

/** Bytes in chunks. */
class Chunks {
  readonly done: Buffer[] = [];
  byteLength = 0;
  readonly #chunkBytes: number;
  #chunk: Buffer = Buffer.alloc(0);
  #used = 0;

  constructor(chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes;
  }

  /** Room for `size` bytes in one piece; they count as written. */
  room(size: number): { readonly chunk: Buffer; readonly at: number } {
    if (this.#chunk.length - this.#used < size) {
      this.end();
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(size, this.#chunkBytes));
    }
    const at = this.#used;
    this.#used += size;
    this.byteLength += size;
    return { chunk: this.#chunk, at };
  }

  end(): void {
    if (this.#used > 0) this.done.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.alloc(0);
    this.#used = 0;
  }
}

/** What is alike in all messages of a batch. */
interface Kind {
  readonly magic: OldMagic;
  readonly attributes: number;
  /** Messages say their offset relative to this. */
  readonly baseOffset: number;
  /** Of every record, where the broker set it. */
  readonly appendTimeMs: ExactTime | null;
  /** NaN where a number does not hold it exactly. */
  readonly baseMs: number;
}

function timeOf(cursor: RecordCursor, body: Buffer, batch: Buffer, { appendTimeMs, baseMs }: Kind): ExactTime {
  if (appendTimeMs !== null) return appendTimeMs;
  const { timestampDelta } = cursor;
  const timestampMs = baseMs + timestampDelta;
  const isExact = Number.isSafeInteger(timestampMs) && Number.isSafeInteger(timestampDelta);
  return isExact ? timestampMs : exactRecordTime(batch, body, cursor);
}

function writeMessage(into: Chunks, cursor: RecordCursor, body: Buffer, batch: Buffer, kind: Kind): void {
  const { magic, attributes } = kind;
  const size = messageOverhead(magic) + Math.max(cursor.keyLength, 0) + Math.max(cursor.valueLength, 0);
  const { chunk, at } = into.room(size);
  const offset = baseOffset(batch, 0) + cursor.offsetDelta - kind.baseOffset;
  const timestampMs = timeOf(cursor, body, batch, kind);
  const keyAt = writeMessageHead(chunk, at, size, { magic, offset, attributes, timestampMs });
  const valueAt = writeField(chunk, keyAt, body, cursor.keyStart, cursor.keyLength);
  writeField(chunk, valueAt, body, cursor.valueStart, cursor.valueLength);
  sealMessage(chunk, at, size);
}

/** Takes batches one after the other, until it is full. */
export class DownConverter {
  readonly #options: DownConvertOptions;
  /** The smaller bound. */
  readonly #maxBytes: number;
  readonly #set: Chunks;
  #pauseAt = BYTES_PER_TURN;
  #recordsLeft = RECORDS_PER_TURN;
  #recordCount = 0;
  #isFull = false;

  constructor(options: DownConvertOptions) {
    this.#options = options;
    this.#maxBytes = Math.max(0, Math.min(options.maxBytes, options.roomBytes));
    this.#set = new Chunks(Math.min(CHUNK_BYTES, this.#maxBytes));
  }

  /** Nothing more is taken. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get byteLength(): number {
    return this.#set.byteLength;
  }

  /** Records converted. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /**
   * Adds what old clients may see of a whole batch.
   * @param read gives the batch's records, uncompressed, in pieces, until it is told that no more are wanted
   * @throws KafkaError UNSUPPORTED_COMPRESSION_TYPE for zstd, before which a set that holds something ends instead;
   * INVALID_RECORD for what is damaged; as a rejection
   */
  async add(batch: Buffer, read: (take: TakePiece) => Promise<void>): Promise<void> {
    const count = recordsCount(batch, 0);
    if (this.#isFull || isControl(batch, 0) || count === 0) return;
    const codec = compressionCodec(batch, 0);
    if (codec === CompressionCodec.ZSTD) {
      this.#isFull = true;
      if (this.byteLength > 0) return;
      throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'Batches in zstd cannot be sent to old clients.');
    }
    const records = new RecordPieces(count);
    let held: Buffer[] | null = this.#staysCompressed(batch) ? [] : null;
    let heldBytes = 0;
    await read(async (piece) => {
      if (held === null) return await this.#addPlain(batch, records, piece);
      held.push(Buffer.from(piece));
      heldBytes += piece.length;
      if (heldBytes <= MAX_COMPRESSED_BODY) return true;
      const begun = held;
      held = null;
      for (const one of begun) if (!(await this.#addPlain(batch, records, one))) return false;
      return true;
    });
    if (held !== null) return await this.#addCompressed(batch, Buffer.concat(held));
    if (this.#isFull) return;
    records.finish();
    if (this.byteLength >= this.#maxBytes) this.#isFull = true;
  }

  /** False where the messages of a batch are too much to be held together, as far as its header shows it. */
  #staysCompressed(batch: Buffer): boolean {
    if (compressionCodec(batch, 0) === CompressionCodec.NONE) return false;
    return recordsCount(batch, 0) * messageOverhead(this.#options.magic) <= MAX_COMPRESSED_BODY;
  }

  /** If there is none, nothing more is taken. A first message has room beyond the bounds. */
  #hasRoomFor(size: number): boolean {
    const { mayBeEmpty, roomBytes } = this.#options;
    const end = this.byteLength + size;
    const hasRoom = end <= this.#maxBytes || (this.byteLength === 0 && !(mayBeEmpty && end > roomBytes));
    if (!hasRoom) this.#isFull = true;
    return hasRoom;
  }

  /** The set, in pieces. */
  finish(): readonly Buffer[] {
    this.#set.end();
    const { maxBytes, cutsFirst } = this.#options;
    const { done, byteLength } = this.#set;
    // Only a first message is larger than a bound.
    if (!cutsFirst || byteLength <= maxBytes) return done;
    return maxBytes <= 0 ? [] : [Buffer.from((done[0] as Buffer).subarray(0, maxBytes))];
  }

  /** Adds the records that are whole with the next piece; false when nothing more is taken. */
  async #addPlain(batch: Buffer, records: RecordPieces, piece: Buffer): Promise<boolean> {
    const found = records.take(piece);
    if (found === null) return true;
    const { cursor, bytes } = found;
    const { magic, firstOffset, pause } = this.#options;
    const kind = kindOf(batch, magic, 0);
    const overhead = messageOverhead(magic);
    const set = this.#set;
    while (cursor.next()) {
      this.#recordsLeft -= 1;
      if (this.#recordsLeft === 0 || set.byteLength >= this.#pauseAt) {
        await pause();
        this.#recordsLeft = RECORDS_PER_TURN;
        this.#pauseAt = set.byteLength + BYTES_PER_TURN;
      }
      if (baseOffset(batch, 0) + cursor.offsetDelta < firstOffset) continue;
      const size = overhead + Math.max(cursor.keyLength, 0) + Math.max(cursor.valueLength, 0);
      if (!this.#hasRoomFor(size)) return false;
      writeMessage(set, cursor, bytes, batch, kind);
      this.#recordCount += 1;
    }
    return true;
  }

  async #addCompressed(batch: Buffer, body: Buffer): Promise<void> {
    const { magic, pause } = this.#options;
    const maxBytes = this.#maxBytes;
    const codec = compressionCodec(batch, 0);
    const inner = new Chunks();
    let firstOffset = -1;
    let lastOffset = -1;
    let largestMs: ExactTime = -1;
    let count = 0;
    let kind: Kind | null = null;
    let pauseAt = BYTES_PER_TURN;
    const cursor = new RecordCursor(body, recordsCount(batch, 0));
    while (cursor.next()) {
      lastOffset = baseOffset(batch, 0) + cursor.offsetDelta;
      if (firstOffset < 0) firstOffset = lastOffset;
      kind ??= kindOf(batch, magic, magic === 0 ? 0 : firstOffset);
      const timestampMs = timeOf(cursor, body, batch, kind);
      if (timestampMs > largestMs) largestMs = timestampMs;
      writeMessage(inner, cursor, body, batch, kind);
      count += 1;
      if (inner.byteLength < pauseAt && count % RECORDS_PER_TURN > 0) continue;
      await pause();
      pauseAt = inner.byteLength + BYTES_PER_TURN;
    }
    inner.end();
    if (kind === null) return;
    const compressed = await (await codecNumbered(codec)).compress(Buffer.concat(inner.done));
    const value = codec === CompressionCodec.LZ4 && magic === 0 ? toV0(compressed) : compressed;
    const size = messageOverhead(magic) + value.length;
    if (!this.#hasRoomFor(size)) return;
    const { chunk, at } = this.#set.room(size);
    const timestampMs = kind.appendTimeMs ?? largestMs;
    const attributes = kind.attributes | codec;
    const keyAt = writeMessageHead(chunk, at, size, { magic, offset: lastOffset, attributes, timestampMs });
    const valueAt = writeField(chunk, keyAt, value, 0, -1);
    writeField(chunk, valueAt, value, 0, value.length);
    sealMessage(chunk, at, size);
    this.#recordCount += count;
    if (this.byteLength >= maxBytes) this.#isFull = true;
  }
}

function kindOf(batch: Buffer, magic: OldMagic, base: number): Kind {
  const isAppendTime = timestampType(batch, 0) === 1;
  const baseMs = baseTimestamp(batch, 0);
  return {
    magic,
    attributes: isAppendTime && magic === 1 ? BatchAttribute.LOG_APPEND_TIME : 0,
    baseOffset: base,
    appendTimeMs: isAppendTime ? exactTime(batch, BatchField.MAX_TIMESTAMP) : null,
    baseMs: Number.isSafeInteger(baseMs) ? baseMs : Number.NaN,
  };
}
