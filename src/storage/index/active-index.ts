/**
 * The index of the file being written. Runs are kept in journal order; each knows the previous and the next run of its
 * stream and one far back (a skew-binary jump), so that any offset is found in a logarithmic number of steps.
 */
import { NumberMap } from '../../base/number-map.ts';
import { ActiveAborts } from './abort-index.ts';
import type { EntryColumns, FileIndex, RunColumns } from './file-index.ts';
import { MAX_RUN_BYTES } from './file-index.ts';

/** A batch whose timestamp is further than this from its run's starts a new run: searches by time stay sharp. */
const RUN_TIMESTAMP_SPAN_MS = 10_000;

/** A batch without timestamps that is written further than this from its run's first starts a new run: it is as old as that. */
const RUN_WRITTEN_SPAN_MS = 1000;

const FIRST_CAPACITY = 256;

/** Runs of a stream up to which it is as quick to go one by one. */
const FIRST_JUMP = 16;

/** What is said of a run besides, in one line of the processor's cache: runs of one stream lie far apart. */
const LINKS = 4;
const PREVIOUS = 0;
const NEXT = 1;
const JUMP = 2;
const DEPTH = 3;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Column = Float64Array | Int32Array | Uint32Array;

function grown<T extends Column>(column: T): T {
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column as never);
  return larger;
}

/** Rows, in order of what a column of whole numbers says of them; sorts in place. */
function sortedBy(rows: Uint32Array, column: Float64Array): Uint32Array {
  const count = rows.length;
  const keys = new Float64Array(count);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    keys[i] = (column[rows[i] as number] as number) * count + i;
    largest = Math.max(largest, Math.abs(keys[i] as number));
  }
  // Numbers are sorted several times faster than by a function, as long as they are exact.
  if (largest > Number.MAX_SAFE_INTEGER) return rows.sort((a, b) => (column[a] as number) - (column[b] as number));
  const unsorted = rows.slice();
  keys.sort();
  for (let i = 0; i < count; i++) {
    const key = keys[i] as number;
    rows[i] = unsorted[key - Math.floor(key / count) * count] as number;
  }
  return rows;
}

/** A batch as the index takes it. */
export interface IndexedBatch {
  readonly stream: number;
  readonly baseOffset: number;
  readonly offsetCount: number;
  readonly maxTimestampMs: number;
  readonly leaderEpoch: number;
}

export class ActiveIndex implements FileIndex {
  readonly runs: Mutable<RunColumns> = {
    stream: new Float64Array(FIRST_CAPACITY),
    baseOffset: new Float64Array(FIRST_CAPACITY),
    endOffset: new Float64Array(FIRST_CAPACITY),
    maxTimestampMs: new Float64Array(FIRST_CAPACITY),
    writtenMs: new Float64Array(FIRST_CAPACITY),
    leaderEpoch: new Int32Array(FIRST_CAPACITY),
    firstEntry: new Uint32Array(FIRST_CAPACITY),
    entryCount: new Uint32Array(FIRST_CAPACITY),
    byteLength: new Uint32Array(FIRST_CAPACITY),
  };
  readonly entries: Mutable<EntryColumns> = {
    position8: new Uint32Array(FIRST_CAPACITY),
    length: new Uint32Array(FIRST_CAPACITY),
    offsetDelta: new Uint32Array(FIRST_CAPACITY),
  };
  readonly aborts = new ActiveAborts();
  isUsed = true;
  runCount = 0;
  entryCount = 0;
  /** When the first batch of the last run was written. */
  #runWrittenMs = 0;
  /** Of each run the previous and the next of its stream, one far back, and how many are before it. */
  #links = new Int32Array(LINKS * FIRST_CAPACITY);
  /** Newest run of each stream in this file. */
  readonly #newest = new NumberMap();

  get memoryBytes(): number {
    return (
      this.runs.stream.length * (5 * 8 + 4 * 4 + LINKS * 4) +
      this.entries.length.length * 12 +
      this.#newest.memoryBytes +
      this.aborts.count * 80
    );
  }

  /** Adds a batch that lies at `position` behind all others. */
  add(batch: IndexedBatch, position: number, byteLength: number, writtenMs: number): void {
    const entry = this.entryCount++;
    if (entry >= this.entries.length.length) this.#growEntries();
    let run = this.runCount - 1;
    if (run < 0 || !this.#continues(run, batch, byteLength, writtenMs)) {
      run = this.#startRun(batch, entry);
      this.#runWrittenMs = writtenMs;
    }
    const { runs, entries } = this;
    entries.position8[entry] = position / 8;
    entries.length[entry] = byteLength;
    entries.offsetDelta[entry] = batch.baseOffset - (runs.baseOffset[run] as number);
    runs.endOffset[run] = batch.baseOffset + batch.offsetCount;
    runs.entryCount[run] = (runs.entryCount[run] as number) + 1;
    runs.byteLength[run] = (runs.byteLength[run] as number) + byteLength;
    runs.writtenMs[run] = writtenMs;
    if (batch.maxTimestampMs > (runs.maxTimestampMs[run] as number)) runs.maxTimestampMs[run] = batch.maxTimestampMs;
  }

  find(stream: number, offset: number): number {
    let run = this.#newest.get(stream);
    const { baseOffset, endOffset } = this.runs;
    if (run < 0 || (endOffset[run] as number) <= offset) return -1;
    // The first run whose end is beyond `offset`: walk back while the run before still ends beyond it.
    for (;;) {
      const previous = this.#link(run, PREVIOUS);
      if (previous < 0 || (baseOffset[run] as number) <= offset) return run;
      const jump = this.#link(run, JUMP);
      if (jump >= 0 && (endOffset[jump] as number) > offset) run = jump;
      else if ((endOffset[previous] as number) > offset) run = previous;
      else return run;
    }
  }

  next(run: number): number {
    return this.#link(run, NEXT);
  }

  /** All runs by stream, then offset. */
  sortedRuns(): Uint32Array {
    const first = new Uint32Array(this.#newest.size);
    let streams = 0;
    for (let run = 0; run < this.runCount; run++) if (this.#link(run, PREVIOUS) < 0) first[streams++] = run;
    const order = new Uint32Array(this.runCount);
    let at = 0;
    for (const start of sortedBy(first, this.runs.stream)) {
      for (let run = start; run >= 0; run = this.#link(run, NEXT)) order[at++] = run;
    }
    return order;
  }

  endOf(stream: number): number {
    const run = this.#newest.get(stream);
    return run < 0 ? -1 : (this.runs.endOffset[run] as number);
  }

  #continues(run: number, batch: IndexedBatch, byteLength: number, writtenMs: number): boolean {
    const { runs } = this;
    const isDated = batch.maxTimestampMs >= 0;
    return (
      runs.stream[run] === batch.stream &&
      runs.endOffset[run] === batch.baseOffset &&
      runs.leaderEpoch[run] === batch.leaderEpoch &&
      (runs.byteLength[run] as number) + byteLength <= MAX_RUN_BYTES &&
      (runs.maxTimestampMs[run] as number) >= 0 === isDated &&
      Math.abs((runs.maxTimestampMs[run] as number) - batch.maxTimestampMs) <= RUN_TIMESTAMP_SPAN_MS &&
      (isDated || Math.abs(writtenMs - this.#runWrittenMs) <= RUN_WRITTEN_SPAN_MS) &&
      batch.baseOffset - (runs.baseOffset[run] as number) < 2 ** 32
    );
  }

  #startRun(batch: IndexedBatch, entry: number): number {
    const { runs } = this;
    const run = this.runCount++;
    if (run >= runs.stream.length) this.#growRuns();
    runs.stream[run] = batch.stream;
    runs.baseOffset[run] = batch.baseOffset;
    runs.maxTimestampMs[run] = batch.maxTimestampMs;
    runs.leaderEpoch[run] = batch.leaderEpoch;
    runs.firstEntry[run] = entry;
    runs.entryCount[run] = 0;
    runs.byteLength[run] = 0;
    this.#hang(run, this.#newest.set(batch.stream, run));
    return run;
  }

  #link(run: number, which: number): number {
    return this.#links[LINKS * run + which] as number;
  }

  /** Hangs a run behind the newest of its stream. */
  #hang(run: number, previous: number): void {
    const links = this.#links;
    const at = LINKS * run;
    links[at + PREVIOUS] = previous;
    links[at + NEXT] = -1;
    links[at + JUMP] = -1;
    links[at + DEPTH] = 0;
    if (previous < 0) return;
    links[LINKS * previous + NEXT] = run;
    const depth = this.#link(previous, DEPTH) + 1;
    links[at + DEPTH] = depth;
    if (depth < FIRST_JUMP) return;
    const near = this.#link(previous, JUMP);
    const far = near < 0 ? -1 : this.#link(near, JUMP);
    const equalSpans = far >= 0 && this.#span(previous, near) === this.#span(near, far);
    links[at + JUMP] = equalSpans ? far : previous;
  }

  #span(run: number, earlier: number): number {
    return this.#link(run, DEPTH) - this.#link(earlier, DEPTH);
  }

  #growEntries(): void {
    const { entries } = this;
    entries.position8 = grown(entries.position8);
    entries.length = grown(entries.length);
    entries.offsetDelta = grown(entries.offsetDelta);
  }

  #growRuns(): void {
    const { runs } = this;
    runs.stream = grown(runs.stream);
    runs.baseOffset = grown(runs.baseOffset);
    runs.endOffset = grown(runs.endOffset);
    runs.maxTimestampMs = grown(runs.maxTimestampMs);
    runs.writtenMs = grown(runs.writtenMs);
    runs.leaderEpoch = grown(runs.leaderEpoch);
    runs.firstEntry = grown(runs.firstEntry);
    runs.entryCount = grown(runs.entryCount);
    runs.byteLength = grown(runs.byteLength);
    this.#links = grown(this.#links);
  }
}
