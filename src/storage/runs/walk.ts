/** The walk through the runs of a stream, source by source, that searches, retention and counts share. */
import type { StreamId } from '../types.ts';
import type { Locator } from './locate.ts';
import { withIndexes } from './locate.ts';
import type { BatchCursor, Pins } from './run-source.ts';

/** Offsets of one stream, the end exclusive. */
export interface OffsetRange {
  readonly stream: StreamId;
  readonly from: number;
  readonly end: number;
}

/**
 * Sees one run after the other, and gives true when it has seen enough. The cursor stands on the first batch of the run
 * that ends behind the start of the range, and may be moved within the run.
 */
export type RunVisitor = (cursor: BatchCursor) => boolean | Promise<boolean>;

/** Visits the runs that overlap the range, in order. Holds one source, and the indexes of one, at a time. */
export async function walkRuns(locator: Locator, range: OffsetRange, visit: RunVisitor): Promise<void> {
  if (range.from >= range.end) return;
  const pins: Pins = new Map();
  let cursor = await withIndexes((held) => locator.find(range.stream, range.from, held), pins);
  while (cursor !== null) {
    const { source } = cursor;
    const here = cursor;
    source.retain();
    try {
      do {
        if (here.baseOffset >= range.end) return;
        const seen = visit(here);
        if (seen === true || (seen !== false && (await seen))) return;
      } while (here.nextRun());
      // What goes on behind it must not show the rest of a run that was seen: another source may have that by now.
      toRunEnd(here);
      pins.clear();
      cursor = await withIndexes((held) => locator.after(here, held), pins);
    } finally {
      source.release();
    }
  }
}

/** Moves a cursor to the last batch of its run. */
function toRunEnd(cursor: BatchCursor): void {
  let isThere = false;
  while (!isThere) isThere = !cursor.nextInRun();
}
