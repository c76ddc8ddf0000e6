/** What is gathered for one write to a socket. */
import { UNCOUNTED, type Counted } from '../base/counted.ts';

/** Neighbours below this are copied together: a vector entry costs more than their copy. */
const SMALL_BYTES = 8 * 1024;

export class WriteBatch {
  readonly #chunks: Buffer[] = [];
  /** What the chunks lie in, with a reference for each. */
  readonly owners: Counted[] = [];
  byteLength = 0;
  /** A response ends in it. */
  endsResponse = false;

  /** Adds bytes unless they are empty; takes over a reference to `owner`. */
  add(bytes: Buffer, owner: Counted): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.byteLength += bytes.length;
    if (owner !== UNCOUNTED) this.owners.push(owner);
  }

  /** All of it, neighbouring small chunks copied together. */
  chunks(): Buffer[] {
    const chunks = this.#chunks;
    if (chunks.length === 1) return chunks;
    const joined: Buffer[] = [];
    let start = 0;
    while (start < chunks.length) {
      let end = start;
      let byteLength = 0;
      while (end < chunks.length && (chunks[end] as Buffer).length < SMALL_BYTES) {
        byteLength += (chunks[end] as Buffer).length;
        end += 1;
      }
      if (end - start > 1) joined.push(Buffer.concat(chunks.slice(start, end), byteLength));
      else if (end > start) joined.push(chunks[start] as Buffer);
      if (end < chunks.length) joined.push(chunks[end] as Buffer);
      start = end + 1;
    }
    return joined;
  }
}
