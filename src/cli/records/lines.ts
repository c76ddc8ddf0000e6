/** Cuts a stream of bytes into lines. */
import { ConfigError } from '../../config/config-error.ts';

const NEWLINE = 10;
/** A longer line is refused: most likely it is no text. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

export class LineTooLongError extends ConfigError {}

/** What was read of a line that has not ended, and the lines that have. Lines are views of the pieces given. */
export class LineCutter {
  readonly #delimiter: number;
  #left: Buffer[] = [];
  #leftBytes = 0;

  constructor(delimiter = NEWLINE) {
    this.#delimiter = delimiter;
  }

  /** The lines that end in a piece, without their delimiters. @throws LineTooLongError */
  take(piece: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = piece.indexOf(this.#delimiter); end >= 0; end = piece.indexOf(this.#delimiter, start)) {
      const line = piece.subarray(start, end);
      lines.push(this.#leftBytes === 0 ? line : this.#joined(line));
      start = end + 1;
    }
    if (start < piece.length) {
      this.#left.push(piece.subarray(start));
      this.#leftBytes += piece.length - start;
      if (this.#leftBytes > MAX_LINE_BYTES) throw new LineTooLongError('a line has more than 256 MiB');
    }
    return lines;
  }

  /** What follows the last delimiter; null for nothing. */
  end(): Buffer | null {
    return this.#leftBytes === 0 ? null : this.#joined(Buffer.alloc(0));
  }

  #joined(line: Buffer): Buffer {
    const whole = Buffer.concat([...this.#left, line]);
    this.#left = [];
    this.#leftBytes = 0;
    return whole;
  }
}
