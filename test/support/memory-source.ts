/**
 * Runs of streams in memory, as plain as they can be: batches in arrays, nothing around them. Says what is asked of a
 * source of runs by being one. Its index can be made to need loading, a part at a time.
 */
import type { Part } from '../../src/base/counted.ts';
import { plainSlice } from '../../src/base/counted.ts';
import type { AbortSearch } from '../../src/storage/index/abort-index.ts';
import type { BatchCursor, Pins, RangeVisitor, RunSource } from '../../src/storage/runs/run-source.ts';
import { NeedsIndex } from '../../src/storage/runs/run-source.ts';
import { SCANNED_BYTES } from '../../src/storage/types.ts';
import type { SourceBatch } from './run-sources.ts';

export interface MemorySourceOptions {
  /** Batches in one run at most. */
  readonly runBatches: number;
  /** Batches in one part of the index. */
  readonly partBatches: number;
  /** Parts are used only by who loaded them. */
  readonly needsLoading: boolean;
}

/** Batches of one stream that a part of the index knows, by run. */
class IndexPart {
  readonly stream: number;
  readonly runs: (readonly SourceBatch[])[] = [];

  constructor(stream: number, batches: readonly SourceBatch[], runBatches: number) {
    this.stream = stream;
    let run: SourceBatch[] = [];
    for (const batch of batches) {
      if (run.length > 0 && (run.length === runBatches || run[0]?.leaderEpoch !== batch.leaderEpoch)) {
        this.runs.push(run);
        run = [];
      }
      run.push(batch);
    }
    this.runs.push(run);
  }

  get endOffset(): number {
    return this.runs.at(-1)?.at(-1)?.endOffset ?? 0;
  }
}

class NeedsPart extends NeedsIndex {
  readonly #part: IndexPart;

  constructor(part: IndexPart) {
    super();
    this.#part = part;
  }

  async load(pins: Pins): Promise<void> {
    await Promise.resolve();
    pins.set(this.#part, this.#part);
  }
}

export class MemorySource implements RunSource {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly name = '';
  readonly storedBytes: number;
  readonly batchBytes: number;
  readonly hasAborts: boolean;
  references = 0;
  readonly #parts: IndexPart[] = [];
  readonly #needsLoading: boolean;

  /** @param batches in order within each stream */
  constructor(
    [firstSequence, lastSequence]: readonly [number, number],
    batches: readonly SourceBatch[],
    { runBatches, partBatches, needsLoading }: MemorySourceOptions,
  ) {
    this.firstSequence = firstSequence;
    this.lastSequence = lastSequence;
    this.#needsLoading = needsLoading;
    this.batchBytes = this.storedBytes = batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.hasAborts = batches.some(({ aborted }) => aborted !== null);
    for (const [stream, ofStream] of Map.groupBy(batches, (batch) => batch.stream)) {
      for (let at = 0; at < ofStream.length; at += partBatches) {
        this.#parts.push(new IndexPart(stream, ofStream.slice(at, at + partBatches), runBatches));
      }
    }
  }

  get isReferenced(): boolean {
    return this.references > 0;
  }

  retain(): void {
    this.references += 1;
  }

  release(): void {
    this.references -= 1;
    if (this.references < 0) throw new Error('A source was released more often than retained');
  }

  find(stream: number, offset: number, pins: Pins | null): BatchCursor | NeedsIndex | null {
    const part = this.#parts.find((one) => one.stream === stream && one.endOffset > offset);
    if (part === undefined) return null;
    if (!this.#isLoaded(part, pins)) return new NeedsPart(part);
    const run = part.runs.findIndex((batches) => (batches.at(-1) as SourceBatch).endOffset > offset);
    const batch = (part.runs[run] as SourceBatch[]).findIndex(({ endOffset }) => endOffset > offset);
    const isLast = this.#parts.findLast((one) => one.stream === stream) === part;
    return new MemoryCursor(this, part, { run, batch, mayGoOn: !isLast });
  }

  endOf(stream: number, pins: Pins | null): number | NeedsIndex {
    const part = this.#parts.findLast((one) => one.stream === stream);
    if (part === undefined) return -1;
    return this.#isLoaded(part, pins) ? part.endOffset : new NeedsPart(part);
  }

  searchAborts(stream: number, search: AbortSearch, pins: Pins | null): boolean | NeedsIndex {
    for (const part of this.#parts) {
      if (part.stream !== stream || part.endOffset <= search.nextMarker) continue;
      if (!this.#isLoaded(part, pins)) return new NeedsPart(part);
      for (const { aborted } of part.runs.flat()) {
        if (aborted !== null && aborted.lastOffset >= search.nextMarker && search.add(aborted)) return true;
      }
    }
    return false;
  }

  visitRanges(from: number, visit: RangeVisitor, pins: Pins | null): number | NeedsIndex {
    for (let place = from; place < this.#parts.length; place++) {
      const part = this.#parts[place] as IndexPart;
      if (!this.#isLoaded(part, pins)) return new NeedsPart(part);
      const batches = part.runs.flat();
      const byteLength = batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (!visit(part.stream, batches[0]?.baseOffset ?? 0, part.endOffset, byteLength)) return place;
    }
    return -1;
  }

  #isLoaded(part: IndexPart, pins: Pins | null): boolean {
    return !this.#needsLoading || pins?.has(part) === true;
  }
}

interface Place {
  readonly run: number;
  readonly batch: number;
  readonly mayGoOn: boolean;
}

class MemoryCursor implements BatchCursor {
  readonly source: MemorySource;
  readonly stream: number;
  readonly mayGoOn: boolean;
  readonly #part: IndexPart;
  #run: number;
  #batch: number;
  /** What was brought at hand, of which run and from which batch on. */
  #loaded: { readonly what: 'headers' | 'timestamps'; readonly run: number; readonly batch: number } | null = null;

  constructor(source: MemorySource, part: IndexPart, { run, batch, mayGoOn }: Place) {
    this.source = source;
    this.stream = part.stream;
    this.mayGoOn = mayGoOn;
    this.#part = part;
    this.#run = run;
    this.#batch = batch;
  }

  get baseOffset(): number {
    return this.#here.baseOffset;
  }

  get endOffset(): number {
    return this.#here.endOffset;
  }

  get byteLength(): number {
    return this.#here.bytes.length;
  }

  get leaderEpoch(): number {
    return this.#here.leaderEpoch;
  }

  get runBaseOffset(): number {
    return (this.#batches[0] as SourceBatch).baseOffset;
  }

  get runEndOffset(): number {
    return (this.#batches.at(-1) as SourceBatch).endOffset;
  }

  get runByteLength(): number {
    return this.#batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get runMaxTimestampMs(): number {
    return Math.max(...this.#batches.map(({ maxTimestampMs }) => maxTimestampMs));
  }

  get runWrittenMs(): number {
    return Math.max(...this.#batches.map(({ writtenMs }) => writtenMs));
  }

  next(): boolean {
    return this.nextInRun() || this.nextRun();
  }

  nextInRun(): boolean {
    if (this.#batch === this.#batches.length - 1) return false;
    this.#batch += 1;
    return true;
  }

  nextRun(): boolean {
    if (this.#run === this.#part.runs.length - 1) return false;
    this.#run += 1;
    this.#batch = 0;
    return true;
  }

  copy(): BatchCursor {
    return new MemoryCursor(this.source, this.#part, { run: this.#run, batch: this.#batch, mayGoOn: this.mayGoOn });
  }

  refusal(): null {
    return null;
  }

  take(into: Part[]): void {
    const { source } = this;
    const { bytes } = this.#here;
    source.retain();
    into.push({ byteLength: bytes.length, load: () => [plainSlice(bytes)], release: () => source.release() });
  }

  async loadHeaders(): Promise<void> {
    await Promise.resolve();
    this.#loaded = { what: 'headers', run: this.#run, batch: this.#batch };
  }

  header(): Buffer {
    this.#mustHave('headers');
    return this.#here.bytes.subarray(0, SCANNED_BYTES);
  }

  async loadTimestamps(): Promise<void> {
    await Promise.resolve();
    this.#loaded = { what: 'timestamps', run: this.#run, batch: this.#batch };
  }

  maxTimestampMs(): number {
    this.#mustHave('timestamps');
    return this.#here.maxTimestampMs;
  }

  async batch(): Promise<Buffer> {
    await Promise.resolve();
    return this.#here.bytes;
  }

  get #batches(): readonly SourceBatch[] {
    return this.#part.runs[this.#run] as readonly SourceBatch[];
  }

  get #here(): SourceBatch {
    return this.#batches[this.#batch] as SourceBatch;
  }

  #mustHave(what: 'headers' | 'timestamps'): void {
    const loaded = this.#loaded;
    const isAtHand = loaded?.what === what && loaded.run === this.#run && loaded.batch <= this.#batch;
    if (!isAtHand) throw new Error(`The ${what} were not loaded`);
  }
}
