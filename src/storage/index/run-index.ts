/**
 * The index of a sealed file: the active index with its runs sorted by (stream, offset), as it lies in the file's run
 * index entry. Decoding makes views on the loaded bytes and copies nothing.
 *
 * Payload: u16 version, u16 reserved, u32 runs, u32 entries, u32 aborts, then the columns one after the other, each
 * starting at a multiple of 8: stream, base offset, end offset, max timestamp (f64), leader epoch (i32), first entry,
 * entry count, bytes (u32); of the entries position / 8, length, offset delta (u32); of the runs the time of the last
 * write (f64), which version 1 has not; of the aborted transactions, which versions 1 and 2 have not, stream, first offset,
 * last offset, last stable offset (f64), producer id (i64). Numbers are little-endian, as on every machine Node runs on.
 */
import { turn } from '../../base/real-time.ts';
import type { ActiveIndex } from './active-index.ts';
import { type AbortColumns, type AbortIndex, type ActiveAborts, SealedAborts } from './abort-index.ts';
import { columnBytes, Columns, firstRowAfter, ownBuffer } from './columns.ts';
import type { EntryColumns, FileIndex, RunColumns } from './file-index.ts';
import { viewOf } from '../format/format.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';

const INDEX_VERSION = 3;
/** From this version on runs know when they were written. */
const WRITTEN_FROM = 2;
/** From this version on there are aborted transactions. */
const ABORTS_FROM = 3;
const INDEX_HEADER_BYTES = 16;
/** An index with more entries is sorted in slices, of which the longest takes some 15 ms with MAX_RUNS_PER_FILE runs. */
const ENTRIES_AT_ONCE = 16 * 1024;
const ABORT_BYTES = 40;

/** Rows that an index has. */
export interface IndexCounts {
  readonly runs: number;
  readonly entries: number;
  readonly aborts: number;
}

/** Bytes of an index as it is stored. */
export function indexBytes({ runs, entries, aborts }: IndexCounts, version = INDEX_VERSION): number {
  const floats = version >= WRITTEN_FROM ? 5 : 4;
  const runBytes = floats * runs * 8 + 4 * columnBytes(runs, 4);
  return INDEX_HEADER_BYTES + runBytes + 3 * columnBytes(entries, 4) + aborts * ABORT_BYTES;
}

// One function per type of array: a seal must not hold the event loop for long.
function copyFloats(order: Uint32Array, from: Float64Array, to: Float64Array): void {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i] as number] as number;
}

function copyIntegers(order: Uint32Array, from: Uint32Array, to: Uint32Array): void {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i] as number] as number;
}

export class RunIndex implements FileIndex {
  readonly runs: RunColumns;
  readonly entries: EntryColumns;
  readonly runCount: number;
  readonly entryCount: number;
  isUsed = true;
  readonly aborts: AbortIndex;
  readonly #aborts: AbortColumns;
  /** The index as it is stored. */
  readonly bytes: Buffer;

  private constructor(buffer: ArrayBuffer, version: number, counts: IndexCounts) {
    const { runs: runCount, entries: entryCount, aborts: abortCount } = counts;
    this.bytes = Buffer.from(buffer);
    this.runCount = runCount;
    this.entryCount = entryCount;
    const cursor = new Columns(buffer, INDEX_HEADER_BYTES);
    const runs = {
      stream: cursor.float64(runCount),
      baseOffset: cursor.float64(runCount),
      endOffset: cursor.float64(runCount),
      maxTimestampMs: cursor.float64(runCount),
      leaderEpoch: cursor.int32(runCount),
      firstEntry: cursor.uint32(runCount),
      entryCount: cursor.uint32(runCount),
      byteLength: cursor.uint32(runCount),
    };
    this.entries = {
      position8: cursor.uint32(entryCount),
      length: cursor.uint32(entryCount),
      offsetDelta: cursor.uint32(entryCount),
    };
    this.runs = { ...runs, writtenMs: version >= WRITTEN_FROM ? cursor.float64(runCount) : new Float64Array(runCount) };
    this.#aborts = {
      stream: cursor.float64(abortCount),
      firstOffset: cursor.float64(abortCount),
      lastOffset: cursor.float64(abortCount),
      lastStableOffset: cursor.float64(abortCount),
      producerId: cursor.int64(abortCount),
    };
    this.aborts = new SealedAborts(this.#aborts);
  }

  /** The sorted form of an active index. */
  static fromActive(active: ActiveIndex): RunIndex {
    const steps = RunIndex.#sort(active);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** The same, where it is large with others' turns in between. The active index must not change meanwhile. */
  static async inSlices(active: ActiveIndex): Promise<RunIndex> {
    const isLarge = active.entryCount > ENTRIES_AT_ONCE;
    const steps = RunIndex.#sort(active);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (isLarge) await turn();
    }
  }

  static *#sort(active: ActiveIndex): Generator<undefined, RunIndex, undefined> {
    const { runCount, entryCount } = active;
    const counts = { runs: runCount, entries: entryCount, aborts: active.aborts.count };
    const buffer = new ArrayBuffer(indexBytes(counts));
    const index = new RunIndex(buffer, INDEX_VERSION, counts);
    const view = viewOf(index.bytes);
    view.setUint16(0, INDEX_VERSION, true);
    view.setUint32(4, runCount, true);
    view.setUint32(8, entryCount, true);
    view.setUint32(12, counts.aborts, true);
    const from = active.runs;
    yield;
    const order = active.sortedRuns();
    yield;
    copyFloats(order, from.stream, index.runs.stream);
    copyFloats(order, from.baseOffset, index.runs.baseOffset);
    copyFloats(order, from.endOffset, index.runs.endOffset);
    yield;
    copyFloats(order, from.maxTimestampMs, index.runs.maxTimestampMs);
    copyFloats(order, from.writtenMs, index.runs.writtenMs);
    for (let i = 0; i < runCount; i++) index.runs.leaderEpoch[i] = from.leaderEpoch[order[i] as number] as number;
    yield;
    copyIntegers(order, from.firstEntry, index.runs.firstEntry);
    copyIntegers(order, from.entryCount, index.runs.entryCount);
    copyIntegers(order, from.byteLength, index.runs.byteLength);
    index.entries.position8.set(active.entries.position8.subarray(0, entryCount));
    index.entries.length.set(active.entries.length.subarray(0, entryCount));
    index.entries.offsetDelta.set(active.entries.offsetDelta.subarray(0, entryCount));
    index.#takeAborts(active.aborts);
    return index;
  }

  /** The aborted transaction whose marker is at this offset of the stream, or null. */
  abortedAt(stream: StreamId, offset: number): AbortedTransaction | null {
    const { lastOffset, firstOffset, lastStableOffset, producerId } = this.#aborts;
    const row = this.#aborts.stream.findIndex((of, at) => of === stream && lastOffset[at] === offset);
    if (row < 0) return null;
    return {
      producerId: producerId[row] as bigint,
      firstOffset: firstOffset[row] as number,
      lastOffset: offset,
      lastStableOffset: lastStableOffset[row] as number,
    };
  }

  #takeAborts(active: ActiveAborts): void {
    const columns = this.#aborts;
    let row = 0;
    for (const [stream, { producerId, firstOffset, lastOffset, lastStableOffset }] of active.sorted()) {
      columns.stream[row] = stream;
      columns.firstOffset[row] = firstOffset;
      columns.lastOffset[row] = lastOffset;
      columns.lastStableOffset[row] = lastStableOffset;
      columns.producerId[row++] = producerId;
    }
  }

  /** Parses stored bytes (whose checksum was checked); null when they are no index of a known version. */
  static decode(bytes: Buffer): RunIndex | null {
    if (bytes.length < INDEX_HEADER_BYTES) return null;
    const view = viewOf(bytes);
    const version = view.getUint16(0, true);
    if (version < 1 || version > INDEX_VERSION) return null;
    const counts = {
      runs: view.getUint32(4, true),
      entries: view.getUint32(8, true),
      aborts: version >= ABORTS_FROM ? view.getUint32(12, true) : 0,
    };
    if (bytes.length !== indexBytes(counts, version)) return null;
    return new RunIndex(ownBuffer(bytes), version, counts);
  }

  find(stream: number, offset: number): number {
    const { stream: streams, endOffset } = this.runs;
    const run = firstRowAfter(streams, endOffset, this.runCount, stream, offset);
    return run < this.runCount && streams[run] === stream ? run : -1;
  }

  next(run: number): number {
    const following = run + 1;
    return following < this.runCount && this.runs.stream[following] === this.runs.stream[run] ? following : -1;
  }

  endOf(stream: number): number {
    const { runs } = this;
    let low = 0;
    let high = this.runCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((runs.stream[middle] as number) <= stream) low = middle + 1;
      else high = middle;
    }
    return low > 0 && runs.stream[low - 1] === stream ? (runs.endOffset[low - 1] as number) : -1;
  }
}
