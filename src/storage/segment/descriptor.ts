/** What the rest of the engine knows of a segment file without opening it: a row of the catalog, and what a merge gives. */
import type { StreamId } from '../types.ts';

/** One segment file. Its name follows from merge and number; it never changes once it is published. */
export interface SegmentDescriptor {
  /** The merge that made it: positive, given out by the catalog and never again. */
  readonly mergeId: number;
  /** Which of the files of that merge it is, from 0. */
  readonly number: number;
  /** Journal sequences of what was merged into it, inclusive. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Its first batch by (stream, offset). */
  readonly firstStream: StreamId;
  readonly firstOffset: number;
  /** Its last one. */
  readonly lastStream: StreamId;
  /** Exclusive end of that. */
  readonly endOffset: number;
  /** Length of the file. */
  readonly fileBytes: number;
  /** Bytes of all its batches as a fetch sends them: what the file would hold without compression. */
  readonly batchBytes: number;
  /** Largest timestamp of a batch in it, in ms, or -1. */
  readonly maxTimestampMs: number;
  /** Some batch in it is the marker of an aborted transaction. */
  readonly hasAborts: boolean;
  /** Its streams are compacted; a file never has both kinds. */
  readonly isCompacted: boolean;
  /** Where the table of its index pages starts, and its length in bytes, with the CRC. */
  readonly tablePosition: number;
  readonly tableBytes: number;
  /** Seeds its checksums. */
  readonly salt: number;
}

const MERGE_DIGITS = 20;
const NUMBER_DIGITS = 6;

/** The file's name in the folder of segments. */
export function segmentFileName({ mergeId, number }: Pick<SegmentDescriptor, 'mergeId' | 'number'>): string {
  return `${String(mergeId).padStart(MERGE_DIGITS, '0')}-${String(number).padStart(NUMBER_DIGITS, '0')}.seg`;
}

/** Merge and number of a segment file's name; null for other names. */
export function segmentOfName(name: string): { readonly mergeId: number; readonly number: number } | null {
  const match = /^(\d{20})-(\d{6})\.seg$/.exec(name);
  return match === null ? null : { mergeId: Number(match[1]), number: Number(match[2]) };
}
