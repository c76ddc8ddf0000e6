/**
 * The merge itself: goes through all sources together in order of (stream, offset), leaves out what is dead, has compacted
 * streams filtered, and writes the rest. It reads and writes synchronously, for a thread that may wait, but pauses now and
 * then so that it can be told to end. Memory: a block and a page to write, and what is read ahead.
 */
import { recordsTimestamp } from '../format/batch.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { isPromise } from '../../base/realms.ts';
import type { Files } from '../files/files.ts';
import { isNoSpace } from '../files/files.ts';
import { StorageError } from '../types.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { InputCursor } from './input.ts';
import { DamagedInput } from './input.ts';
import { MergeInputs } from './inputs.ts';
import type { StreamPlace } from './layer-output.ts';
import { LayerOutput } from './layer-output.ts';
import { ReadMemory } from './read-memory.ts';
import { SegmentCursor } from './segment-cursor.ts';
import { StreamWindow } from './stream-window.ts';
import type {
  AskStreams,
  BatchFilter,
  BatchFilters,
  MergeDamage,
  MergedBatch,
  MergeInput,
  MergeOutcome,
  MergePlan,
  MergeResult,
  VisitBatch,
} from './types.ts';

/** Bytes of batches between two pauses. */
const STRETCH_BYTES = 256 * 1024;
/** A small batch counts as this much: its costs are not in its bytes. */
const LEAST_BYTES = 256;
/** Damaged batches that are told of. */
const MAX_DAMAGED = 100;
/** A segment file of this part of the largest size becomes part of the new layer as it is, where nothing lies in between. */
const MOVED_SHARE = 1 / 4;

export interface MergeContext {
  readonly files: Files;
  readonly random: Random;
  /** Times what is told of compression. */
  readonly clock: Clock;
  readonly ask: AskStreams;
  /** Null: nothing is compacted. */
  readonly filters: BatchFilters | null;
  /** Waits as long as so many more bytes, read and written, take at the rate in force. */
  readonly pace: (bytes: number) => Promise<void>;
  readonly isCancelled: () => boolean;
  /** Where others follow; without, it has its own. */
  readonly memory?: ReadMemory;
}

class Cancelled extends Error {}

/** Runs a merge to its end. @throws StorageError IO or DISK_FULL */
export async function runMerge(plan: MergePlan, context: MergeContext): Promise<MergeOutcome> {
  let inputs: MergeInputs | null = null;
  const output = new LayerOutput(context, plan, intervalOf(plan.inputs));
  try {
    inputs = await MergeInputs.open(context.files, plan.inputs, context.memory ?? new ReadMemory());
    return { kind: 'done', result: await new Merge(plan, context, inputs, output).run() };
  } catch (error) {
    await output.abandon();
    if (error instanceof Cancelled) return { kind: 'cancelled' };
    if (error instanceof DamagedInput) return { kind: 'damaged', damage: error.damage };
    if (error instanceof StorageError) throw error;
    throw new StorageError(isNoSpace(error) ? 'DISK_FULL' : 'IO', 'A merge of journal files failed', { cause: error });
  } finally {
    await inputs?.close();
  }
}

function intervalOf(inputs: readonly MergeInput[]): { readonly firstSequence: number; readonly lastSequence: number } {
  const first = inputs[0] as MergeInput;
  const last = inputs.at(-1) as MergeInput;
  return {
    firstSequence: first.kind === 'journal' ? first.sequence : first.firstSequence,
    lastSequence: last.kind === 'journal' ? last.sequence : last.lastSequence,
  };
}

/** A place in the order of all batches. */
interface Key {
  readonly stream: StreamId;
  readonly offset: number;
}

class Merge {
  readonly #plan: MergePlan;
  readonly #context: MergeContext;
  readonly #inputs: MergeInputs;
  readonly #output: LayerOutput;
  readonly #window: StreamWindow;
  readonly #compacted = new Map<StreamId, unknown>();
  #place: StreamPlace = { stream: Number.NEGATIVE_INFINITY, isLarge: false, isCompacted: false };
  #logStart = 0;
  #filter: BatchFilter | null = null;
  #droppedBytes = 0;
  readonly #damaged: MergeDamage[] = [];
  /** Bytes of batches since the last pause. */
  #stretchBytes = 0;
  /** Bytes read and written that were paced. */
  #pacedBytes = 0;
  /** Bytes that were read to show streams to filters. */
  #shownBytes = 0;

  constructor(plan: MergePlan, context: MergeContext, inputs: MergeInputs, output: LayerOutput) {
    this.#plan = plan;
    this.#context = context;
    this.#inputs = inputs;
    this.#output = output;
    this.#window = new StreamWindow(context.ask);
  }

  async run(): Promise<MergeResult> {
    for (;;) {
      const cursor = this.#lowest(null);
      if (cursor.stream === Number.POSITIVE_INFINITY) break;
      const limit = this.#lowest(cursor);
      const { stream, baseOffset: offset } = limit === cursor ? { stream: Infinity, baseOffset: 0 } : limit;
      if (cursor.stream > this.#window.bound) await this.#window.advance(this.#inputs.cursors);
      if (cursor instanceof SegmentCursor && (await this.#tookWhole(cursor, { stream, offset }))) continue;
      if (cursor.stream !== this.#place.stream) await this.#begin(cursor.stream);
      await this.#take(cursor, { stream, offset });
    }
    this.#endStream();
    await this.#output.finish();
    return {
      ...intervalOf(this.#plan.inputs),
      segments: this.#output.segments,
      droppedBytes: this.#droppedBytes,
      readBytes: this.#inputs.readBytes + this.#shownBytes,
      writtenBytes: this.#output.writtenBytes,
      compressionMs: this.#output.compressionMs,
      compacted: this.#compacted,
      damaged: this.#damaged,
    };
  }

  /** The cursor whose batch comes next, among all but one; this one when there is no other. */
  #lowest(other: InputCursor | null): InputCursor {
    let lowest = other;
    for (const cursor of this.#inputs.cursors) {
      if (cursor === other) continue;
      if (lowest === null || lowest === other || isBefore(cursor, lowest)) lowest = cursor;
    }
    return lowest as InputCursor;
  }

  /** Deals with a whole file at once, when the next batch is its first: leaves it out, or has it moved. */
  async #tookWhole(cursor: SegmentCursor, limit: Key): Promise<boolean> {
    const segment = cursor.wholeSegment;
    if (segment === null) return false;
    const { firstStream, lastStream, endOffset, fileBytes, batchBytes } = segment.descriptor;
    if (limit.stream < lastStream || (limit.stream === lastStream && limit.offset < endOffset)) return false;
    if (firstStream === lastStream && this.#window.logStart(firstStream) >= endOffset) {
      this.#droppedBytes += batchBytes;
      cursor.skipSegment();
      return true;
    }
    if (segment.mustRewrite || fileBytes < this.#plan.maxSegmentBytes * MOVED_SHARE) return false;
    await this.#output.move(segment);
    cursor.skipSegment();
    return true;
  }

  async #begin(stream: StreamId): Promise<void> {
    this.#endStream();
    const { logStart, isCompacted, parameters } = this.#window.facts(stream);
    const byteLength = this.#inputs.cursors.reduce((sum, cursor) => sum + cursor.bytesAhead(stream), 0);
    this.#place = { stream, isLarge: byteLength >= this.#plan.largeStreamBytes, isCompacted };
    this.#logStart = logStart;
    if (!isCompacted || logStart === Number.POSITIVE_INFINITY || this.#context.filters === null) return;
    const walk = (fromOffset: number, visit: VisitBatch): Promise<void> => this.#show(stream, fromOffset, visit);
    this.#filter = await this.#context.filters.create(stream, parameters, walk);
  }

  #endStream(): void {
    if (this.#filter !== null) this.#compacted.set(this.#place.stream, this.#filter.finish());
    this.#filter = null;
  }

  /** Shows the live batches of a stream to who will filter them. */
  async #show(stream: StreamId, fromOffset: number, visit: VisitBatch): Promise<void> {
    const logStart = this.#window.logStart(stream);
    for (const cursor of this.#inputs.cursorsAt(stream, Math.max(fromOffset, logStart))) {
      for (; cursor.stream === stream; cursor.next()) {
        const goesOn = visit(cursor.batch(this.#window));
        if (!(isPromise(goesOn) ? await goesOn : goesOn)) {
          this.#shownBytes += cursor.readBytes;
          return;
        }
        if (this.#isTimeToPause(cursor.byteLength)) await this.#pause(cursor.readBytes);
      }
      this.#shownBytes += cursor.readBytes;
    }
  }

  /** Takes the batches of the stream from a cursor, up to where another one comes first. */
  async #take(cursor: InputCursor, limit: Key): Promise<void> {
    const { stream } = this.#place;
    while (cursor.stream === stream && (limit.stream > stream || cursor.baseOffset < limit.offset)) {
      const { byteLength } = cursor;
      if (cursor.endOffset <= this.#logStart) this.#droppedBytes += byteLength;
      else {
        const batch = cursor.batch(this.#window);
        if (batch.damage !== null && this.#damaged.length < MAX_DAMAGED) this.#damaged.push(batch.damage);
        const written = this.#filter === null ? batch.bytes : await this.#filter.filter(batch);
        this.#droppedBytes += byteLength - (written?.length ?? 0);
        const aborted = this.#keptAborted(cursor);
        if (written !== null) {
          const preparing = this.#output.prepare(this.#place, written.length);
          if (preparing !== null) await preparing;
          this.#output.add(written === batch.bytes ? batch : rewritten(batch, written), aborted);
        } else if (aborted !== null) this.#output.addAborted(stream, aborted);
      }
      cursor.next();
      if (this.#isTimeToPause(byteLength)) await this.#pause(0);
    }
  }

  #keptAborted(cursor: InputCursor): AbortedTransaction | null {
    const aborted = cursor.aborted();
    return aborted === null || this.#filter === null || this.#filter.keepsAborted(aborted) ? aborted : null;
  }

  #isTimeToPause(byteLength: number): boolean {
    this.#stretchBytes += Math.max(byteLength, LEAST_BYTES);
    return this.#stretchBytes >= STRETCH_BYTES;
  }

  async #pause(shownBytes: number): Promise<void> {
    this.#stretchBytes = 0;
    if (this.#context.isCancelled()) throw new Cancelled();
    this.#output.syncSome();
    const bytes = this.#inputs.readBytes + this.#shownBytes + shownBytes + this.#output.writtenBytes;
    const more = bytes - this.#pacedBytes;
    this.#pacedBytes = bytes;
    await this.#context.pace(Math.max(0, more));
  }
}

function isBefore(a: InputCursor, b: InputCursor): boolean {
  return a.stream < b.stream || (a.stream === b.stream && a.baseOffset < b.baseOffset);
}

function rewritten(batch: MergedBatch, bytes: Buffer): MergedBatch {
  return { ...batch, bytes, maxTimestampMs: batch.isRecordBatch ? recordsTimestamp(bytes, 0) : batch.maxTimestampMs };
}
