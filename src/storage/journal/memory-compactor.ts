/**
 * Compaction of a journal in memory: on the event loop, in slices, also of one batch that has very many records. What the
 * pass makes of a stream's batches is put in place at its end, a file at a time.
 */
import { othersTurn } from '../../base/clock.ts';
import { isPromise } from '../../base/realms.ts';
import { expandedAtOnce } from '../compact/batch-records.ts';
import { KeyPass } from '../compact/key-pass.ts';
import { HASH_SECRET_BYTES } from '../compact/key-hash.ts';
import { OffsetMap } from '../compact/offset-map.ts';
import { StreamCleaner } from '../compact/stream-cleaner.ts';
import type { CompactionTask } from '../compact/types.ts';
import type { CompactionOutcome } from '../compaction-types.ts';
import type { EngineContext } from '../context.ts';
import type { Compactor } from '../convert/compactor.ts';
import { JournalSource } from '../runs/journal/source.ts';
import type { Locator } from '../runs/locate.ts';
import { walkRuns } from '../runs/walk.ts';
import { isDropped } from '../types.ts';
import { type BatchChanges, rewriteInMemory } from './memory-rewrite.ts';

/** Bytes of batches between two pauses, and bytes that they expand to: some milliseconds. */
const SLICE_BYTES = 256 * 1024;
const SLICE_EXPANDED_BYTES = 1024 * 1024;

/** Decides about a batch; false when it has seen enough. */
type Visit = (batch: Buffer, baseOffset: number) => boolean | Promise<boolean>;

export class MemoryCompactor implements Compactor {
  readonly #context: EngineContext;
  readonly #locator: Locator;
  readonly #map: OffsetMap;
  /** One pass at a time: there is one map. */
  #last: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(context: EngineContext, locator: Locator) {
    this.#context = context;
    this.#locator = locator;
    this.#map = new OffsetMap(context.random.bytes(HASH_SECRET_BYTES));
  }

  run(task: CompactionTask): Promise<CompactionOutcome | null> {
    const outcome = this.#last.then(() => this.#pass(task)).finally(() => this.#map.release());
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  /** Of the keys of the pass under way; none between passes. */
  get memoryBytes(): number {
    return this.#map.memoryBytes;
  }

  forget(): void {}

  stop(): void {
    this.#isStopped = true;
  }

  async #pass(task: CompactionTask): Promise<CompactionOutcome | null> {
    const keys = new KeyPass(task, this.#map, () => othersTurn(this.#context.clock));
    const isWhole = await this.#walk(task, task.firstDirtyOffset, task.endOffset, (batch) => keys.take(batch));
    if (!isWhole) return null;
    const cleaner = new StreamCleaner(keys);
    const batches = new Map<number, Buffer | null>();
    const take = async (batch: Buffer, baseOffset: number): Promise<boolean> => {
      const written = cleaner.take(batch);
      const kept = isPromise(written) ? await written : written;
      if (kept !== batch) batches.set(baseOffset, kept === null ? null : Buffer.from(kept));
      return true;
    };
    if (!(await this.#walk(task, 0, keys.end, take))) return null;
    const keepsAborted = cleaner.keepsAborted.bind(cleaner);
    return (await this.#replace({ stream: task.stream, batches, keepsAborted })) ? cleaner.finish() : null;
  }

  /** Shows the batches that lie in the range, at least in part; false if that came to an untimely end. */
  async #walk({ stream }: CompactionTask, fromOffset: number, end: number, visit: Visit): Promise<boolean> {
    const { directory } = this.#context;
    const row = directory.find(stream);
    if (row < 0) return false;
    const from = Math.max(fromOffset, directory.logStart.get(row));
    let sliceBytes = 0;
    let expandedBefore = expandedAtOnce();
    try {
      await walkRuns(this.#locator, { stream, from, end }, async (cursor) => {
        do {
          if (cursor.baseOffset >= end) return true;
          const goesOn = visit(await cursor.batch(), cursor.baseOffset);
          if (!(isPromise(goesOn) ? await goesOn : goesOn)) return true;
          sliceBytes += cursor.byteLength;
          if (sliceBytes >= SLICE_BYTES || expandedAtOnce() - expandedBefore >= SLICE_EXPANDED_BYTES) {
            sliceBytes = 0;
            await othersTurn(this.#context.clock);
            expandedBefore = expandedAtOnce();
          }
          if (this.#isStopped) return true;
        } while (cursor.nextInRun());
        return false;
      });
    } catch (error) {
      // The oldest records were dropped meanwhile to make room.
      if (isDropped(error)) return false;
      throw error;
    }
    return !this.#isStopped && directory.find(stream) >= 0;
  }

  /** File by file: newer values are there all the time. False if that came to an untimely end. */
  async #replace(changes: BatchChanges): Promise<boolean> {
    const { sources } = this.#context;
    const offsets = [...changes.batches.keys()];
    for (const source of sources.all.slice(0, -1)) {
      if (!(source instanceof JournalSource) || source.file.index === null) continue;
      const { index } = source.file;
      const end = index.endOf(changes.stream);
      const first = index.find(changes.stream, 0);
      if (first < 0) continue;
      const start = index.runs.baseOffset[first] as number;
      if (!offsets.some((offset) => offset >= start && offset < end)) continue;
      const isDone = await rewriteInMemory(this.#context, source, changes, () => othersTurn(this.#context.clock));
      if (!isDone || this.#isStopped) return false;
    }
    return true;
  }
}
