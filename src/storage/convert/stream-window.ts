/** What is known of the streams that a merge comes to next: asked for some at a time, so that millions take no memory. */
import type { StreamId } from '../types.ts';
import type { InputCursor, LiveStarts } from './input.ts';
import type { AskStreams, StreamAnswers } from './types.ts';

/** Streams asked for at a time. */
const MAX_STREAMS = 1000;

/** What a compacted stream's filter needs to know; undefined for other streams. */
interface StreamFacts {
  readonly logStart: number;
  readonly isCompacted: boolean;
  readonly parameters: unknown;
}

export class StreamWindow implements LiveStarts {
  readonly #ask: AskStreams;
  #streams = new Float64Array(0);
  #answers: StreamAnswers = { logStart: this.#streams, compacted: new Map() };
  bound: StreamId = Number.NEGATIVE_INFINITY;

  constructor(ask: AskStreams) {
    this.#ask = ask;
  }

  /** Makes the streams known that the cursors come to next. */
  async advance(cursors: readonly InputCursor[]): Promise<void> {
    const streams = new Set<StreamId>();
    let bound = Number.POSITIVE_INFINITY;
    for (const cursor of cursors) {
      const next: StreamId[] = [];
      bound = Math.min(bound, cursor.upcoming(next, MAX_STREAMS));
      for (const stream of next) streams.add(stream);
    }
    const known = [...streams].filter((stream) => stream <= bound).sort((a, b) => a - b);
    // What many cursors bring together may be more than can be asked.
    const asked = known.slice(0, MAX_STREAMS);
    if (asked.length < known.length) bound = asked.at(-1) as number;
    this.#streams = Float64Array.from(asked);
    this.#answers = await this.#ask(this.#streams);
    this.bound = bound;
  }

  logStart(stream: StreamId): number {
    return this.#answers.logStart[this.#rowOf(stream)] ?? Number.POSITIVE_INFINITY;
  }

  /** What was answered about a stream up to the bound. */
  facts(stream: StreamId): StreamFacts {
    const row = this.#rowOf(stream);
    const { logStart, compacted } = this.#answers;
    return {
      logStart: logStart[row] ?? Number.POSITIVE_INFINITY,
      isCompacted: compacted.has(row),
      parameters: compacted.get(row),
    };
  }

  #rowOf(stream: StreamId): number {
    let low = 0;
    let high = this.#streams.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#streams[middle] as number) < stream) low = middle + 1;
      else high = middle;
    }
    return this.#streams[low] === stream ? low : -1;
  }
}
