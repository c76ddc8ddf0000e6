/**
 * Writes commits into the active file. A small one into ready space is written at once, since a thread would cost more
 * than the write; a large one, one beyond ready space, or any while the disk stalls goes to a thread.
 */
import { broken } from '../../base/invariant.ts';
import type { FileContext } from '../context.ts';
import { writeFully, writeFullySync } from '../files/files.ts';
import type { HeaderContext } from '../format/entry.ts';
import { aligned, ENTRY_HEADER_BYTES } from '../format/format.ts';
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
/** A synchronous write that took longer than this shows a stalling disk, or a busy machine: the next ones use a thread. */
const STALL_MS = 5;
/** So many writes in a row must be quick on the thread until they are synchronous again; twice as many each time that ... */
const PROBES = 8;
/** ... it stalls again within this; at most so many. */
const STALL_AGAIN_MS = 1000;
const MAX_PROBES = 32;

export class FileSink implements CommitSink {
  readonly #context: FileContext;
  readonly #syncer: Syncer;
  readonly #roller: Roller;
  readonly #fullDisk: () => FullDisk;
  readonly copiesAll = false;
  readonly hasThread = true;
  /** Quick writes on the thread that are still missing. */
  #missingProbes = 0;
  #wantedProbes = PROBES;
  #stalledMs = Number.NEGATIVE_INFINITY;
  /** The write that was begun last was synchronous. */
  #isSync = false;

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

  mustRoll(byteLength: number, nowMs: number): boolean {
    return this.#roller.mustRoll(byteLength, nowMs);
  }

  roll(): Promise<void> {
    return this.#roller.roll();
  }

  blocker(end: number): Promise<void> | null {
    return this.#roller.ready.blocker(end);
  }

  headerContext(nowMs: number): HeaderContext {
    return this.#syncer.headerContext(this.#roller.active, nowMs);
  }

  write(commit: Commit, mustUseThread: boolean): Promise<void> | undefined {
    const { active, ready } = this.#roller;
    const { stats } = this.#context;
    if (active.claimed !== commit.position) broken(`A write begins at ${commit.position}, not at ${active.claimed}`);
    active.claimed = commit.end;
    const byteLength = commit.end - commit.position;
    const isQuick = byteLength <= SYNC_WRITE_BYTES && this.#missingProbes === 0 && !mustUseThread;
    this.#isSync = isQuick && (byteLength <= SYNC_GROW_BYTES || ready.covers(commit.end));
    if (this.#isSync) {
      writeFullySync(active.handle, commit.buffers, commit.position);
      return undefined;
    }
    stats.asyncCommits += 1;
    return writeFully(active.handle, commit.buffers, commit.position);
  }

  written(commit: Commit, tookMs: number, nowMs: number): void {
    this.#noteSpeed(commit.end - commit.position, tookMs, nowMs);
    applyCommit(this.#context, commit);
    this.#roller.prepareNext();
    this.#fullDisk().onWritten();
    this.#syncer.markDirty(this.#roller.active);
    this.#roller.ready.advance(nowMs);
  }

  async cut({ position, buffers }: Commit): Promise<void> {
    const { active, ready } = this.#roller;
    await ready.stop();
    const first = (buffers[0] as Buffer).subarray(0, ENTRY_HEADER_BYTES);
    const there = Buffer.alloc(first.length);
    await active.handle.read(there, position);
    await active.handle.truncate(position);
    // Entries that were written and are refused now must not come back with a power cut.
    if (there.equals(first)) await active.handle.datasync();
    active.claimed = position;
    ready.cutTo(position);
  }

  /** Learns from the last write whether the next ones may be synchronous. */
  #noteSpeed(byteLength: number, tookMs: number, nowMs: number): void {
    const isQuick = tookMs <= STALL_MS;
    if (!this.#isSync) {
      if (this.#missingProbes === 0 || byteLength > SYNC_WRITE_BYTES) return;
      this.#missingProbes = isQuick ? this.#missingProbes - 1 : this.#wantedProbes;
    } else if (!isQuick) {
      const isAgain = nowMs - this.#stalledMs < STALL_AGAIN_MS;
      this.#wantedProbes = isAgain ? Math.min(this.#wantedProbes * 2, MAX_PROBES) : PROBES;
      this.#missingProbes = this.#wantedProbes;
      this.#stalledMs = nowMs;
    }
  }
}
