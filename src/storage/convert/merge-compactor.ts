/**
 * Compaction by merges: a task waits until all that it is about lies in segments and a merge takes it up, as the filter of
 * its stream (`compaction-filters.ts`); it is done when what the merge made is published.
 */
import type { CompactionTask } from '../compact/types.ts';
import type { CompactionOutcome } from '../compaction-types.ts';
import type { Directory } from '../directory.ts';
import type { StreamId } from '../types.ts';
import type { CompactionDuty } from './compaction.ts';
import type { Compactor } from './compactor.ts';

interface Pending {
  readonly task: CompactionTask;
  readonly through: number;
  readonly done: (outcome: CompactionOutcome | null) => void;
}

export class MergeCompactor implements Compactor, CompactionDuty {
  readonly #directory: Directory;
  readonly #onDue: () => void;
  readonly #pending = new Map<StreamId, Pending>();
  /** Streams that the merge which is being decided, or made, is for. */
  #offered: ReadonlySet<StreamId> = new Set();
  #isStopped = false;

  /** @param onDue told when there is a merge to be made */
  constructor(directory: Directory, onDue: () => void) {
    this.#directory = directory;
    this.#onDue = onDue;
  }

  run(task: CompactionTask, through: number): Promise<CompactionOutcome | null> {
    if (this.#isStopped) return Promise.resolve(null);
    const outcome = new Promise<CompactionOutcome | null>((resolve) => {
      this.#pending.set(task.stream, { task, through, done: resolve });
    });
    this.#onDue();
    return outcome;
  }

  forget(stream: StreamId): void {
    this.#end(stream, null);
  }

  stop(): void {
    this.#isStopped = true;
    for (const stream of this.#pending.keys()) this.#end(stream, null);
  }

  due(): { readonly streams: readonly StreamId[]; readonly through: number } {
    const streams = [...this.#pending.keys()].sort((a, b) => a - b);
    this.#offered = new Set(streams);
    let through = 0;
    for (const pending of this.#pending.values()) through = Math.max(through, pending.through);
    return { streams, through };
  }

  /** The least that somebody asked for. */
  get bytesPerSecond(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { task } of this.#pending.values()) least = Math.min(least, task.bytesPerSecond ?? least);
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }

  parameters(stream: StreamId, isWhole: boolean): CompactionTask | null | undefined {
    const task = isWhole && this.#offered.has(stream) ? this.#pending.get(stream)?.task : undefined;
    if (task !== undefined) return task;
    const row = this.#directory.find(stream);
    return row >= 0 && this.#directory.isCompacted(row) ? null : undefined;
  }

  impossible(): void {
    for (const stream of this.#offered) this.#end(stream, null);
  }

  published(compacted: ReadonlyMap<StreamId, unknown>, isWhole: boolean): void {
    for (const [stream, outcome] of compacted) this.#end(stream, outcome as CompactionOutcome);
    // What a stream had was trimmed meanwhile, and an earlier merge left it out.
    if (isWhole) this.impossible();
  }

  #end(stream: StreamId, outcome: CompactionOutcome | null): void {
    const pending = this.#pending.get(stream);
    this.#pending.delete(stream);
    pending?.done(outcome);
  }
}
