/** Reads consecutive batches of one stream: from the index to a list of parts. */
import type { Part } from '../../base/counted.ts';
import type { Directory } from '../directory.ts';
import { StorageError } from '../types.ts';
import type { ReadOptions, StreamRead } from '../types.ts';
import type { Locator } from './locate.ts';
import { withIndexes } from './locate.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { BatchCursor, Pins } from './run-source.ts';
import { NeedsIndex } from './run-source.ts';

/** Batches one read looks at, at most: a read of very many tiny ones must not hold the event loop. */
const MAX_BATCHES = 32 * 1024;

export class StreamReader {
  readonly #directory: Directory;
  readonly #locator: Locator;
  readonly #ahead: ReadAhead;

  constructor(directory: Directory, locator: Locator, ahead: ReadAhead) {
    this.#directory = directory;
    this.#locator = locator;
    this.#ahead = ahead;
  }

  /** See LogEngine.read. */
  read(options: ReadOptions): StreamRead | Promise<StreamRead> {
    const result = this.#attempt(options, null);
    if (!(result instanceof NeedsIndex)) return result;
    return withIndexes((pins) => this.#attempt(options, pins));
  }

  #attempt(options: ReadOptions, pins: Pins | null): StreamRead | NeedsIndex {
    const { stream } = options;
    const row = this.#directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    const from = Math.max(options.offset, this.#directory.logStart.get(row));
    const limit = Math.min(options.endOffset, this.#directory.writtenEnd.get(row));
    if (from >= limit) return nothing(options);
    const found = this.#locator.find(stream, from, pins);
    if (found instanceof NeedsIndex) return found;
    return found === null ? nothing(options) : this.#collect(options, found, limit, pins);
  }

  /** Takes batches that end at or before `limit`, from where `first` stands on. */
  #collect(options: ReadOptions, first: BatchCursor, limit: number, pins: Pins | null): StreamRead {
    const { maxBytes, atLeastOne } = options;
    const parts: Part[] = [];
    const startOffset = first.baseOffset;
    let cursor = first;
    let endOffset = startOffset;
    let byteLength = 0;
    for (let batches = 0; batches < MAX_BATCHES; batches++) {
      const batchEnd = cursor.endOffset;
      const batchBytes = cursor.byteLength;
      const fits = byteLength + batchBytes <= maxBytes || (batches === 0 && atLeastOne);
      if (batchEnd > limit) break;
      if (!fits) {
        this.#ahead.follow(parts, startOffset, byteLength, cursor);
        break;
      }
      const refusal = cursor.refusal();
      if (refusal !== null) {
        if (batches === 0) throw refusal;
        break;
      }
      cursor.take(parts);
      options.onBatch?.(cursor.baseOffset, batchEnd, batchBytes, cursor.leaderEpoch);
      byteLength += batchBytes;
      endOffset = batchEnd;
      if (cursor.next()) continue;
      if (endOffset >= limit || byteLength >= maxBytes) break;
      const following = this.#locator.after(cursor, pins);
      // What was found so far is an answer; the next read loads the index.
      if (following === null || following instanceof NeedsIndex) break;
      cursor = following;
    }
    return parts.length === 0 ? nothing(options) : { parts, byteLength, startOffset, endOffset };
  }
}

function nothing({ offset }: ReadOptions): StreamRead {
  return { parts: [], byteLength: 0, startOffset: offset, endOffset: offset };
}
