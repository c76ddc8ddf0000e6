/** Whole records out of pieces that end anywhere, as a codec expands them: little more is held than one record at a time. */
import { ErrorCode, KafkaError } from '../errors.ts';
import { RecordCursor } from './iterate.ts';

const MAX_VARINT_BYTES = 5;
/**
 * A record in several pieces that states more is refused: so much may be held of one. What is stored without a look at its
 * records may state anything, and expand to it.
 */
const MAX_RECORD_BYTES = 129 * 1024 * 1024;

function invalid(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_RECORD, message);
}

export class RecordPieces {
  /** Records that are still to come. */
  #left: number;
  /** What begins a record, copied. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes that it takes as far as that is known. */
  #neededBytes = 0;
  /** Where the whole records of the last bytes end, how many they are, and what the next takes. */
  #end = 0;
  #count = 0;

  /** @param count as the batch states it */
  constructor(count: number) {
    if (count < 0) invalid(`A batch states ${count} records.`);
    this.#left = count;
  }

  /**
   * Takes the next piece. Gives the records that are whole with it, to be read before the next piece comes, and their bytes;
   * null where none is.
   * @throws KafkaError INVALID_RECORD, as the cursor
   */
  take(piece: Buffer): { readonly cursor: RecordCursor; readonly bytes: Buffer } | null {
    if (piece.length > 0 && this.#left === 0) invalid(`${piece.length} bytes follow the last record.`);
    const byteLength = this.#pendingBytes + piece.length;
    if (byteLength < this.#neededBytes) {
      this.#keep(piece);
      return null;
    }
    const bytes = this.#pending.length === 0 ? piece : Buffer.concat([...this.#pending, piece]);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#measure(bytes);
    if (this.#end < bytes.length) {
      if (this.#left === this.#count) invalid(`${bytes.length - this.#end} bytes follow the last record.`);
      this.#keep(bytes.subarray(this.#end));
    }
    if (this.#count === 0) return null;
    this.#left -= this.#count;
    const whole = bytes.subarray(0, this.#end);
    return { cursor: new RecordCursor(whole, this.#count), bytes: whole };
  }

  /** All pieces have come. @throws KafkaError INVALID_RECORD */
  finish(): void {
    if (this.#left > 0) invalid(`A batch ends with ${this.#left} records missing.`);
  }

  #keep(piece: Buffer): void {
    this.#pending.push(Buffer.from(piece));
    this.#pendingBytes += piece.length;
  }

  #measure(bytes: Buffer): void {
    this.#end = 0;
    this.#count = 0;
    this.#neededBytes = 0;
    while (this.#count < this.#left) {
      const size = sizeOfRecord(bytes, this.#end);
      if (size === 0) return;
      if (size > bytes.length - this.#end) {
        if (size > MAX_RECORD_BYTES) invalid(`A record of ${size} bytes is more than can be held.`);
        this.#neededBytes = size;
        return;
      }
      this.#end += size;
      this.#count += 1;
    }
  }
}

/** Bytes of the record at `at`, with those that state its length; 0 where these are cut off. */
function sizeOfRecord(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return 0;
    value |= (byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    const length = (value >>> 1) ^ -(value & 1);
    return length > 0 ? i + 1 + length : invalid(`A record states ${length} bytes.`);
  }
  return invalid('A varint in a record is longer than 5 bytes.');
}
