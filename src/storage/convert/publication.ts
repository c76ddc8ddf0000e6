/**
 * How segments become part of the log: they are written first, then published by one change of the catalog, which takes
 * what they replace out at the same time. Whatever no published state names was never read.
 */
import type { SegmentDescriptor } from '../segment/descriptor.ts';

/** A segment file that is part of the log. */
export interface PublishedSegment {
  /**
   * First and last journal sequence (inclusive) of the layer that it is in: all segments with this interval are. Wider
   * than what the descriptor says, once a merge took the file over as it is.
   */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly descriptor: SegmentDescriptor;
}

/** All that is published. */
export interface PublishedSegments {
  /** Newest journal sequence whose records layers hold, with all before it; 0 before the first conversion. */
  readonly convertedTo: number;
  /** Id of the next merge: no file of it, or of a later one, was ever published. */
  readonly nextMerge: number;
  /** In no order. */
  readonly segments: readonly PublishedSegment[];
  /** Names of files that were part of the log, and may be there still. */
  readonly dropped: readonly string[];
}

/** One change: all of it is made, or nothing. */
export interface SegmentChange {
  readonly convertedTo: number;
  readonly nextMerge: number;
  /** New ones, and known ones whose interval is another now. */
  readonly add: readonly PublishedSegment[];
  /** Names of those that go; each is remembered as dropped. */
  readonly remove: readonly string[];
  /** Names of dropped files that are gone for good. */
  readonly forget: readonly string[];
}

/** Where segments are published: the catalog. */
export interface SegmentPublisher {
  /**
   * Resolves when the change is durable.
   * @throws CatalogError DISK_FULL when nothing was changed; after any other the change may have been made or not, and may be
   * asked for again: one that is made already changes nothing
   */
  publish(change: SegmentChange): Promise<void>;
}

export const NOTHING_PUBLISHED: PublishedSegments = { convertedTo: 0, nextMerge: 1, segments: [], dropped: [] };
