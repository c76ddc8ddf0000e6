/**
 * Writes commits into the active file. A small one into ready space is written at once, since a thread would cost more
 * than the write; a large one, one beyond ready space, or any while the disk stalls goes to a thread.
 */
import { broken } from '../../base/invariant.ts';
import type { FileContext } from '../context.ts';
import { writeFully, writeFullySync } from '../files/files.ts';
import type { HeaderContext } from '../format/entry.ts';
import { aligned } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { applyCommit } from './apply-commit.ts';
import type { Commit } from './commit.ts';
import type { FullDisk } from './full-disk.ts';
import type { Roller } from './roller.ts';
import type { Syncer } from './sync.ts';
import type { CommitSink } from './writer.ts';

/** Writes up to this size are made on the event loop's thread. */
const SYNC_WRITE_BYTES = 256 * 1024;
/** So are those up to this size that make the file grow, while the disk keeps up. */
const SYNC_GROW_BYTES = 64 * 1024;
/** A synchronous write that took longer than this shows a stalling disk: the next ones use a thread. */
const STALL_MS = 5;
const STALL_PENALTY_MS = 1000;

export class FileSink implements CommitSink {
  readonly #context: FileContext;
  readonly #syncer: Syncer;
  readonly #roller: Roller;
  readonly #fullDisk: () => FullDisk;
  readonly copiesAll = false;
  readonly hasThread = true;
  #stalledUntilMs = Number.NEGATIVE_INFINITY;

  constructor(context: FileContext, syncer: Syncer, roller: Roller, fullDisk: () => FullDisk) {
    this.#context = context;
    this.#syncer = syncer;
    this.#roller = roller;
    this.#fullDisk = fullDisk;
  }

  get file(): JournalFile {
    return this.#roller.active.file;
  }

  get roomBytes(): number {
    const { refusal, entryBytes } = this.#fullDisk();
    return refusal === null ? this.#context.maxSegmentSize - aligned(this.file.written) : entryBytes;
  }

  mustRoll(byteLength: number): boolean {
    return this.#roller.mustRoll(byteLength);
  }

  roll(): Promise<void> {
    return this.#roller.roll();
  }

  blocker(end: number): Promise<void> | null {
    return this.#roller.ready.blocker(end);
  }

  headerContext(): HeaderContext {
    return this.#syncer.headerContext(this.#roller.active);
  }

  write(commit: Commit, mustUseThread: boolean): Promise<void> | undefined {
    const { active, ready } = this.#roller;
    const { clock, stats } = this.#context;
    if (active.claimed !== commit.position) broken(`A write begins at ${commit.position}, not at ${active.claimed}`);
    active.claimed = commit.end;
    const startedMs = clock.monotonicMs();
    const byteLength = commit.end - commit.position;
    const isQuick = byteLength <= SYNC_WRITE_BYTES && startedMs >= this.#stalledUntilMs && !mustUseThread;
    if (isQuick && (byteLength <= SYNC_GROW_BYTES || ready.covers(commit.end))) {
      writeFullySync(active.handle, commit.buffers, commit.position);
      const tookMs = clock.monotonicMs() - startedMs;
      if (tookMs > STALL_MS) this.#stalledUntilMs = startedMs + tookMs + STALL_PENALTY_MS;
      return undefined;
    }
    stats.asyncCommits += 1;
    return writeFully(active.handle, commit.buffers, commit.position);
  }

  written(commit: Commit): void {
    applyCommit(this.#context, commit);
    this.#roller.prepareNext();
    this.#fullDisk().onWritten();
    this.#syncer.markDirty(this.#roller.active);
    this.#roller.ready.advance();
  }

  async cut({ position }: Commit): Promise<void> {
    const { active, ready } = this.#roller;
    await ready.stop();
    await active.handle.truncate(position);
    active.claimed = position;
    ready.cutTo(position);
  }
}
