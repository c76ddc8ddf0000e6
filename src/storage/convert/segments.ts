/**
 * All published segments as one source: the oldest of the journal's, up to what is converted. It never changes; a
 * publication puts another in its place. Cursors are those of the segments, which they hold by themselves.
 */
import type { AbortSearch } from '../index/abort-index.ts';
import type { BatchCursor, Pins, RangeVisitor, RunSource } from '../runs/run-source.ts';
import { NeedsIndex } from '../runs/run-source.ts';
import type { StreamId } from '../types.ts';
import { type Layer, layersOf } from './layers.ts';
import type { PublishedSegment } from './publication.ts';
import type { SegmentSource } from './segment-source.ts';

/** A published segment with what reads it. */
export interface OpenSegment extends PublishedSegment {
  readonly source: SegmentSource;
}

/** True when all of the segment lies before the place. */
function endsBefore({ descriptor }: PublishedSegment, stream: StreamId, offset: number): boolean {
  const { lastStream, endOffset } = descriptor;
  return lastStream < stream || (lastStream === stream && endOffset <= offset);
}

/** Row of the layer's first segment that may have something of the stream that ends after `offset`; -1 when none may. */
function rowOf({ segments }: Layer<OpenSegment>, stream: StreamId, offset: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endsBefore(segments[middle] as OpenSegment, stream, offset)) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low];
  return segment !== undefined && segment.descriptor.firstStream <= stream ? low : -1;
}

/** Row of the layer's last segment that may have something of the stream; -1 when none may. */
function lastRowOf({ segments }: Layer<OpenSegment>, stream: StreamId): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as OpenSegment).descriptor.firstStream <= stream) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low - 1];
  return segment !== undefined && segment.descriptor.lastStream >= stream ? low - 1 : -1;
}

export class Segments implements RunSource {
  /** Before all journal files, so that it is never taken for one. */
  readonly firstSequence = 0;
  readonly lastSequence: number;
  readonly name: string;
  /** In the order of their layers. */
  readonly all: readonly OpenSegment[];
  readonly storedBytes: number;
  readonly batchBytes: number;
  readonly hasAborts: boolean;
  readonly #layers: readonly Layer<OpenSegment>[];
  #references = 0;

  /** @param name for messages: the folder of segments */
  constructor(name: string, convertedTo: number, segments: Iterable<OpenSegment>) {
    this.name = name;
    this.lastSequence = convertedTo;
    this.#layers = layersOf(segments);
    this.all = this.#layers.flatMap((layer) => layer.segments);
    this.storedBytes = this.all.reduce((sum, { descriptor }) => sum + descriptor.fileBytes, 0);
    this.batchBytes = this.all.reduce((sum, { descriptor }) => sum + descriptor.batchBytes, 0);
    this.hasAborts = this.all.some(({ descriptor }) => descriptor.hasAborts);
  }

  get isReferenced(): boolean {
    return this.#references > 0;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
  }

  /** Binary search over the layers, stepping over those without the stream, from the newest on: readers mostly are there. */
  find(stream: StreamId, offset: number, pins: Pins | null): BatchCursor | NeedsIndex | null {
    const layers = this.#layers;
    let low = 0;
    let high = layers.length;
    let best: BatchCursor | null = null;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // From the middle on, the first layer that has the stream decides which way to go.
      let at = middle;
      let end = -1;
      for (; at < high && end < 0; at++) {
        const found = endIn(layers[at] as Layer<OpenSegment>, stream, pins);
        if (found instanceof NeedsIndex) return found;
        end = found;
      }
      if (end < 0) high = middle;
      else if (end <= offset) low = at;
      else {
        const found = findIn(layers[at - 1] as Layer<OpenSegment>, stream, offset, pins);
        if (found instanceof NeedsIndex || (found !== null && found.baseOffset <= offset)) return found;
        best = found ?? best;
        high = middle;
      }
    }
    return best;
  }

  endOf(stream: StreamId, pins: Pins | null): number | NeedsIndex {
    for (let at = this.#layers.length - 1; at >= 0; at--) {
      const end = endIn(this.#layers[at] as Layer<OpenSegment>, stream, pins);
      if (end instanceof NeedsIndex || end >= 0) return end;
    }
    return -1;
  }

  searchAborts(stream: StreamId, search: AbortSearch, pins: Pins | null): boolean | NeedsIndex {
    // An attempt that lacks an index leaves no trace: the next one begins anew.
    const attempt = search.attempt();
    const isDone = this.#searchAborts(stream, attempt, pins);
    if (isDone instanceof NeedsIndex) return isDone;
    search.take(attempt);
    return isDone;
  }

  #searchAborts(stream: StreamId, search: AbortSearch, pins: Pins | null): boolean | NeedsIndex {
    for (const layer of this.#layers) {
      for (let row = rowOf(layer, stream, 0); row >= 0 && row < layer.segments.length; row++) {
        const { descriptor, source } = layer.segments[row] as OpenSegment;
        if (descriptor.firstStream > stream) break;
        if (!descriptor.hasAborts) continue;
        const isDone = source.searchAborts(stream, search, pins);
        if (isDone !== false) return isDone;
      }
    }
    return false;
  }

  visitRanges(from: number, visit: RangeVisitor, pins: Pins | null): number | NeedsIndex {
    // Places of a segment are below this, and so is the number of segments.
    const place = 2 ** 32;
    for (let row = Math.floor(from / place); row < this.all.length; row++) {
      const start = row === Math.floor(from / place) ? from % place : 0;
      const stopped = (this.all[row] as OpenSegment).source.visitRanges(start, visit, pins);
      if (stopped instanceof NeedsIndex) return stopped;
      if (stopped >= 0) return row * place + stopped;
    }
    return -1;
  }
}

function findIn(
  layer: Layer<OpenSegment>,
  stream: StreamId,
  offset: number,
  pins: Pins | null,
): BatchCursor | NeedsIndex | null {
  for (let row = rowOf(layer, stream, offset); row >= 0 && row < layer.segments.length; row++) {
    const { descriptor, source } = layer.segments[row] as OpenSegment;
    if (descriptor.firstStream > stream) break;
    const found = source.find(stream, offset, pins);
    if (found !== null) return found;
  }
  return null;
}

/** One past the last offset of the stream in a layer, or -1. */
function endIn(layer: Layer<OpenSegment>, stream: StreamId, pins: Pins | null): number | NeedsIndex {
  for (let row = lastRowOf(layer, stream); row >= 0; row--) {
    const { descriptor, source } = layer.segments[row] as OpenSegment;
    if (descriptor.lastStream < stream) break;
    // What the file ends with is known without its index.
    if (descriptor.lastStream === stream) return descriptor.endOffset;
    const end = source.endOf(stream, pins);
    if (end instanceof NeedsIndex || end >= 0) return end;
  }
  return -1;
}
