/** Whether what an index page says fits together. */
import { SEGMENT_HEADER_BYTES } from './format.ts';
import type { IndexPage } from './page.ts';

/** Rows point at rows that there are and in ascending order: what goes by them ends, and stays within the page. */
export function isConsistent(page: IndexPage): boolean {
  const { batches, blocks } = page;
  for (let block = 0; block < page.blockCount; block++) {
    const first = blocks.firstBatch[block] as number;
    const past = block + 1 < page.blockCount ? (blocks.firstBatch[block + 1] as number) : page.batchCount;
    if (block === 0 ? first !== 0 : first <= (blocks.firstBatch[block - 1] as number)) return false;
    if (past > page.batchCount || past <= first) return false;
    if (!liesBefore(page, block)) return false;
    for (let batch = first, start = 0; batch < past; batch++) {
      const end = batches.end[batch] as number;
      if (end < start) return false; // a program's own batch may have no bytes
      start = end;
    }
    if (batches.end[past - 1] !== blocks.rawBytes[block]) return false;
  }
  for (let run = 0; run < page.runCount; run++) if (!isConsistentRun(page, run)) return false;
  return true;
}

/** The batches of a run begin with it, end with it, and follow each other. */
function hasOffsetsInOrder(page: IndexPage, run: number, first: number, past: number): boolean {
  const { offsetDelta, offsetCount } = page.batches;
  const { baseOffset, endOffset } = page.runs;
  let end = 0;
  for (let batch = first; batch < past; batch++) {
    const delta = offsetDelta[batch] as number;
    if (delta < end || (batch === first && delta !== 0) || offsetCount[batch] === 0) return false;
    end = delta + (offsetCount[batch] as number);
  }
  return (baseOffset[run] as number) + end === endOffset[run];
}

function liesBefore(page: IndexPage, block: number): boolean {
  const position = page.blocks.position[block] as number;
  return position >= SEGMENT_HEADER_BYTES && position + (page.blocks.storedBytes[block] as number) <= page.position;
}

function isConsistentRun(page: IndexPage, run: number): boolean {
  const { runs, blocks } = page;
  const first = runs.firstBatch[run] as number;
  const past = page.pastBatch(run);
  const block = page.blockOf(run);
  if (run === 0 ? first !== 0 : first <= (runs.firstBatch[run - 1] as number)) return false;
  if (past > page.batchCount || past <= first || block >= page.blockCount) return false;
  const pastBlock = block + 1 < page.blockCount ? (blocks.firstBatch[block + 1] as number) : page.batchCount;
  if (first < (blocks.firstBatch[block] as number) || past > pastBlock) return false;
  if (!hasOffsetsInOrder(page, run, first, past)) return false;
  if (run === 0) return true;
  const stream = runs.stream[run] as number;
  const before = runs.stream[run - 1] as number;
  return (
    stream > before || (stream === before && (runs.baseOffset[run] as number) >= (runs.endOffset[run - 1] as number))
  );
}
