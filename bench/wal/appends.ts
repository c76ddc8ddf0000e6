/** How the measures append: `await stream.append(bytes)`, one promise an append. */
import type { Slice } from '../../src/base/counted.ts';
import { UNCOUNTED } from '../../src/base/counted.ts';
import type { Durability, SubjectEngine } from './measure.ts';

export class BenchStream {
  readonly #engine: SubjectEngine;
  readonly #stream: number;
  readonly #durability: Durability;
  #end: number;

  /** @param end where the stream ends, if it is there */
  constructor(engine: SubjectEngine, stream: number, durability: Durability, end = 0) {
    this.#engine = engine;
    this.#stream = stream;
    this.#durability = durability;
    this.#end = end;
    if (end === 0) engine.createStream(stream);
  }

  /** Where the next append goes. */
  get end(): number {
    return this.#end;
  }

  /** Appends opaque bytes, or a record batch of `offsetCount` records; resolves when it is acknowledged. */
  append(bytes: Buffer, offsetCount = 1): Promise<void> {
    return this.appendSlice({ bytes, owner: UNCOUNTED }, offsetCount);
  }

  appendSlice(payload: Slice, offsetCount: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const baseOffset = this.#end;
      this.#end += offsetCount;
      this.#engine.append({
        stream: this.#stream,
        baseOffset,
        offsetCount,
        leaderEpoch: 0,
        maxTimestampMs: 1,
        payload,
        durability: this.#durability,
        onCommit: (error) => (error === null ? resolve() : reject(error)),
      });
    });
  }
}

/** Waits for all of them; the last one's acknowledgement means that of all before it. */
export async function lastOf(promises: readonly Promise<void>[]): Promise<void> {
  await promises.at(-1);
}
