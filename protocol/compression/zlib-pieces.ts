/**
 * Expands with an engine of Node's zlib: at once, or as a stream on its thread pool. Either way the engine says how much
 * of the input it used: what it leaves is the next frame (Node 24 stops there without a word), or nothing that it knows.
 */
import type { Transform } from 'node:stream';
import { SMALL_BYTES, type TakePiece } from './codecs.ts';
import { isTooLarge, TooLargeError } from './damaged.ts';

/** The least that zlib takes for a chunk of output is 64. */
const MIN_CHUNK_BYTES = 1024;

export interface EngineOptions {
  readonly chunkSize: number;
  readonly maxOutputLength?: number;
  /** Also tells how much of the input was used. */
  readonly info: true;
}

interface Expanded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

export interface Engine {
  readonly expandSync: (bytes: Buffer, options: EngineOptions) => Expanded;
  readonly createStream: (options: EngineOptions) => Transform & { readonly bytesWritten: number };
  /** What the input says it expands to, or a guess; only the size of a buffer. */
  readonly sizeHint: (bytes: Buffer) => number;
  /** The input may go on with another frame behind what the engine used. */
  readonly hasFrames: boolean;
}

/** Gives `bytes` without those that were used. */
function rest(engine: Engine, bytes: Buffer, used: number): Buffer {
  const isStuck = used === 0 && bytes.length > 0;
  if (isStuck || (used < bytes.length && !engine.hasFrames)) throw new Error('Bytes follow the compressed records.');
  return bytes.subarray(used);
}

/** As `expandNow` of a codec. */
export function expandNow(engine: Engine, bytes: Buffer, maxBytes: number, take: TakePiece): boolean {
  const hint = engine.sizeHint(bytes);
  if (bytes.length > SMALL_BYTES || hint > SMALL_BYTES) return false;
  const bound = Math.min(maxBytes, SMALL_BYTES);
  let left = bytes;
  let total = 0;
  do {
    try {
      const options = { chunkSize: Math.max(hint, MIN_CHUNK_BYTES), maxOutputLength: Math.max(1, bound - total) };
      const { buffer, engine: state } = engine.expandSync(left, { ...options, info: true });
      total += buffer.length;
      if (total > bound) throw new TooLargeError('Several frames expand too far.');
      take(buffer);
      left = rest(engine, left, state.bytesWritten);
    } catch (error) {
      if (isTooLarge(error) && maxBytes > bound) return false;
      throw error;
    }
  } while (left.length > 0);
  return true;
}

/** As `expand` of a codec. */
export async function expand(engine: Engine, bytes: Buffer, maxBytes: number, take: TakePiece): Promise<void> {
  let left = bytes;
  let total = 0;
  do {
    const stream = engine.createStream({ chunkSize: SMALL_BYTES, info: true });
    stream.end(left);
    // Leaving the loop early destroys the stream.
    for await (const piece of stream as AsyncIterable<Buffer>) {
      total += piece.length;
      if (total > maxBytes) throw new TooLargeError('More came out than may.');
      take(piece);
    }
    left = rest(engine, left, stream.bytesWritten);
  } while (left.length > 0);
}
