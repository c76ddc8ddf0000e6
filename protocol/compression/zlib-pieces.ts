/**
 * Expands with the engines of Node's zlib: small inputs at once, with one engine and one buffer for all of them; others as
 * a stream on its thread pool. Either way the engine says how much of the input it used: what it leaves is the next frame
 * (Node 24 stops there without a word), or nothing that it knows.
 */
import type { Transform } from 'node:stream';
import { SMALL_BYTES, type TakePiece, type TakePieceInTime } from './codecs.ts';
import { TooLargeError } from './damaged.ts';

export type ZlibStream = Transform & { readonly bytesWritten: number };

/** What Node keeps behind a stream of its zlib; not documented, and the same for many years. */
interface Handle {
  reset(): void;
  writeSync(
    flush: number,
    input: Buffer,
    inputAt: number,
    inputBytes: number,
    output: Buffer,
    outputAt: number,
    outputBytes: number,
  ): void;
}

/** A stream that is never written to, and what lies behind it. */
interface Behind {
  readonly stream: Transform;
  readonly handle: Handle;
  /** Room left in the output, and bytes left of the input. */
  readonly state: Uint32Array;
}

/**
 * An engine that is set back for the next input: to make one and its buffer costs 20 µs, more than most inputs do. It
 * reaches for what Node keeps to itself, and does nothing where that is not there.
 */
export class KeptEngine {
  readonly #createStream: () => Transform;
  readonly #endFlush: number;
  #behind: Behind | null = null;
  /** There is nothing to reach for; not looked for again, as each look makes an engine. */
  #isMissing = false;
  #hasFailed = false;

  constructor(createStream: () => Transform, endFlush: number) {
    this.#createStream = createStream;
    this.#endFlush = endFlush;
  }

  /** This Node has nothing to reach for; known after the first call. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Number of bytes that `input` becomes in `output`; -1 if it is damaged or they would fill the output. */
  expand(input: Buffer, output: Buffer): number {
    this.#behind ??= this.#open();
    if (this.#behind === null) return -1;
    const { handle, state, stream } = this.#behind;
    this.#hasFailed = false;
    handle.reset();
    let from = 0;
    let to = 0;
    do {
      handle.writeSync(this.#endFlush, input, from, input.length - from, output, to, output.length - to);
      const [roomLeft = 0, inputLeft = 0] = state;
      const isStuck = roomLeft === output.length - to && inputLeft === input.length - from;
      if (this.#hasFailed) {
        // Node 24 does not forget a failure.
        stream.destroy();
        this.#behind = null;
        return -1;
      }
      if (roomLeft === 0 || isStuck) return -1;
      from = input.length - inputLeft;
      to = output.length - roomLeft;
    } while (from < input.length);
    return to;
  }

  #open(): Behind | null {
    if (this.#isMissing) return null;
    const stream = this.#createStream();
    const { _handle: handle, _writeState: state } = stream as unknown as { _handle?: Handle; _writeState?: unknown };
    if (typeof handle?.writeSync !== 'function' || !(state instanceof Uint32Array)) {
      this.#isMissing = true;
      stream.destroy();
      return null;
    }
    const onerror = (): void => {
      this.#hasFailed = true;
    };
    Object.assign(handle, { onerror });
    return { stream, handle, state };
  }
}

/** All small inputs are expanded into this, one after the other. */
let output: Buffer | null = null;

/** As `expandNow` of a codec; what is damaged is left to `expand`, too. */
export function expandNow(engine: KeptEngine, bytes: Buffer, maxBytes: number, take: TakePiece): boolean {
  if (bytes.length === 0 || bytes.length > SMALL_BYTES) return false;
  output ??= Buffer.allocUnsafeSlow(SMALL_BYTES);
  const length = engine.expand(bytes, output);
  if (length < 0 || length > maxBytes) return false;
  take(output.subarray(0, length));
  return true;
}

/** As `expand` of a codec; the input may go on with another frame behind what an engine used if it `hasFrames`. */
export async function expand(
  createStream: () => ZlibStream,
  hasFrames: boolean,
  bytes: Buffer,
  maxBytes: number,
  take: TakePieceInTime,
): Promise<void> {
  let left = bytes;
  let total = 0;
  do {
    const stream = createStream();
    stream.end(left);
    // Leaving the loop early destroys the stream.
    for await (const piece of stream as AsyncIterable<Buffer>) {
      total += piece.length;
      if (total > maxBytes) throw new TooLargeError('More came out than may.');
      await take(piece);
    }
    const used = stream.bytesWritten;
    if (used === 0 || (used < left.length && !hasFrames)) throw new Error('Bytes follow the compressed records.');
    left = left.subarray(used);
  } while (left.length > 0);
}
