/**
 * Message sets that were made and have not left, of all clients: unlike batches, which lie in the log until the socket takes
 * them, they are memory that a client keeps for as long as it reads nothing.
 */
import type { Counted } from '../../base/counted.ts';

let byteLength = 0;

/** Bytes of them all. */
export function unsentBytes(): number {
  return byteLength;
}

/** The owner of one piece. */
export class UnsentPiece implements Counted {
  readonly #byteLength: number;
  #references = 1;

  constructor(bytes: Buffer) {
    this.#byteLength = bytes.buffer.byteLength;
    byteLength += this.#byteLength;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references === 0) byteLength -= this.#byteLength;
  }
}
