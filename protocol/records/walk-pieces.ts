/** The walk over records that come in pieces which end anywhere, as a codec expands them. */
import { ErrorCode, KafkaError } from '../errors.ts';
import { RecordWalk } from './walk.ts';

/** A record's length takes at most so many bytes. */
const MAX_LENGTH_BYTES = 5;

/** Keeps of a piece what is not a whole record, until the next one completes it. */
export class PieceWalk {
  readonly walk = new RecordWalk();
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes that complete the kept record, or that say how long it is. */
  #wantedBytes = 0;
  #maxRecordBytes = Infinity;

  /** Starts over; a record may have up to `maxRecordBytes` bytes behind its length. */
  begin(count: number, maxRecordBytes: number): void {
    this.walk.begin(count);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @throws KafkaError INVALID_RECORD */
  take(piece: Buffer): void {
    let from = 0;
    while (this.#keptBytes > 0 && from < piece.length) {
      const to = Math.min(piece.length, from + this.#wantedBytes);
      this.#kept.push(Buffer.from(piece.subarray(from, to)));
      this.#keptBytes += to - from;
      this.#wantedBytes -= to - from;
      from = to;
      if (this.#wantedBytes > 0) return;
      this.#continue(Buffer.concat(this.#kept));
    }
    if (from < piece.length) this.#continue(from === 0 ? piece : piece.subarray(from));
  }

  /** All pieces have come. @throws KafkaError INVALID_RECORD */
  finish(): void {
    this.walk.finish(this.#keptBytes);
  }

  #continue(bytes: Buffer): void {
    const at = this.walk.walk(bytes, 0, bytes.length);
    this.#keptBytes = bytes.length - at;
    this.#kept = [];
    if (this.#keptBytes === 0) return;
    this.walk.mustGoOn(this.#keptBytes);
    this.#kept.push(Buffer.from(bytes.subarray(at)));
    this.#wantedBytes = this.#missing(bytes, at);
  }

  /** Bytes that the record at `at` wants beyond the end of `bytes`; 1 while its length is not known. */
  #missing(bytes: Buffer, at: number): number {
    let value = 0;
    for (let i = 0; i < MAX_LENGTH_BYTES && at + i < bytes.length; i++) {
      const byte = bytes[at + i] as number;
      value |= (byte & 0x7f) << (7 * i);
      if (byte >= 0x80) continue;
      const length = (value >>> 1) ^ -(value & 1);
      if (length > this.#maxRecordBytes) {
        throw new KafkaError(ErrorCode.INVALID_RECORD, `A record has ${length} bytes once it is decompressed.`);
      }
      return at + i + 1 + length - bytes.length;
    }
    return 1;
  }
}
