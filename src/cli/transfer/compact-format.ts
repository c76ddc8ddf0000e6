/**
 * The compact form of an export. A file is the magic `WALKAEXP`, then frames:
 *
 *   type u8 · length u32 of what follows · body · CRC-32C u32 of type, length and body
 *
 * All big-endian. Types: 1 the export, 2 a topic, 5 the end: JSON in UTF-8, as the lines of the other form have it.
 * 3 batches: topic u16 (in the order of the topics), partition u32, first offset that counts i64, record batches of
 * format v2 back to back. 4: the same, and behind the first 14 bytes compressed by zstd.
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import { readInt64, writeInt64 } from '../../../protocol/records/batch.ts';

export const MAGIC = Buffer.from('WALKAEXP');

export const FrameType = { EXPORT: 1, TOPIC: 2, BATCHES: 3, COMPRESSED_BATCHES: 4, END: 5 } as const;

const HEAD_BYTES = 5;
const CRC_BYTES = 4;
const BATCHES_HEAD_BYTES = 14;
/** A longer frame is damage. */
const MAX_BODY_BYTES = 1024 * 1024 * 1024;

export interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/** Batches of one partition. */
export interface BatchesFrame {
  readonly topicIndex: number;
  readonly partition: number;
  /** Records below it do not count. */
  readonly startOffset: number;
  readonly batches: Buffer;
}

export class ExportFormatError extends Error {
  override readonly name = 'ExportFormatError';
}

export function frameBytes(type: number, body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length + CRC_BYTES);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(body.length, 1);
  body.copy(frame, HEAD_BYTES);
  const end = HEAD_BYTES + body.length;
  frame.writeUInt32BE(crc32c(frame.subarray(0, end)), end);
  return frame;
}

export function batchesBody({ topicIndex, partition, startOffset, batches }: BatchesFrame): Buffer {
  const body = Buffer.allocUnsafe(BATCHES_HEAD_BYTES + batches.length);
  body.writeUInt16BE(topicIndex, 0);
  body.writeUInt32BE(partition, 2);
  writeInt64(body, startOffset, 6);
  batches.copy(body, BATCHES_HEAD_BYTES);
  return body;
}

/** @throws ExportFormatError */
export function readBatches(body: Buffer): BatchesFrame {
  if (body.length < BATCHES_HEAD_BYTES) throw new ExportFormatError('a frame of batches has no head');
  return {
    topicIndex: body.readUInt16BE(0),
    partition: body.readUInt32BE(2),
    startOffset: readInt64(body, 6),
    batches: body.subarray(BATCHES_HEAD_BYTES),
  };
}

/** Cuts a stream of bytes, behind the magic, into frames. */
export class FrameCutter {
  #received: Buffer = Buffer.alloc(0);

  /** The frames that end in a piece. @throws ExportFormatError for what is damaged */
  take(piece: Buffer): Frame[] {
    this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
    const frames: Frame[] = [];
    let at = 0;
    while (this.#received.length - at >= HEAD_BYTES) {
      const length = this.#received.readUInt32BE(at + 1);
      if (length > MAX_BODY_BYTES) throw new ExportFormatError(`a frame states ${length} bytes`);
      const bodyEnd = at + HEAD_BYTES + length;
      if (this.#received.length < bodyEnd + CRC_BYTES) break;
      if (crc32c(this.#received.subarray(at, bodyEnd)) !== this.#received.readUInt32BE(bodyEnd)) {
        throw new ExportFormatError('the checksum of a frame does not match');
      }
      const type = this.#received.readUInt8(at);
      frames.push({ type, body: this.#received.subarray(at + HEAD_BYTES, bodyEnd) });
      at = bodyEnd + CRC_BYTES;
    }
    this.#received = this.#received.subarray(at);
    return frames;
  }

  /** Bytes of a frame that has not ended. */
  get leftBytes(): number {
    return this.#received.length;
  }
}
