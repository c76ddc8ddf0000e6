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
import { StallWatch } from './stalls.ts';
import type { Syncer } from './sync.ts';
import type { CommitSink } from './commit-sink.ts';

/** Writes up to this size are made on the event loop's thread. */
const SYNC_WRITE_BYTES = 256 * 1024;
/** So are those up to this size that make the file grow, while the disk keeps up. */
const SYNC_GROW_BYTES = 64 * 1024;
/** Before those up to this size it grows for others, too. */
const SMALL_BYTES = 8 * 1024;

export class FileSink implements CommitSink {
  readonly #context: FileContext;
  readonly #syncer: Syncer;
  readonly #roller: Roller;
  readonly #fullDisk: () => FullDisk;
  readonly copiesAll = false;
  readonly hasThread = true;
  readonly #stalls: StallWatch;
  /** The write that was begun last was synchronous. */
  #isSync = false;

  constructor(context: FileContext, syncer: Syncer, roller: Roller, fullDisk: () => FullDisk) {
    this.#context = context;
    this.#syncer = syncer;
    this.#roller = roller;
    this.#fullDisk = fullDisk;
    this.#stalls = new StallWatch(context.clock);
  }

  get file(): JournalFile {
    return this.#roller.active.file;
  }

  get end(): number {
    return this.#roller.active.claimed;
  }

  get roomBytes(): number {
    const { refusal, entryBytes } = this.#fullDisk();
    return refusal === null ? this.#context.maxSegmentSize - aligned(this.end) : entryBytes;
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
    const isSmall = byteLength <= SYNC_GROW_BYTES || (byteLength <= SYNC_WRITE_BYTES && ready.covers(commit.end));
    this.#isSync = isSmall && !mustUseThread && !this.#stalls.seemsStalled(this.#syncer.runningSinceMs);
    if (this.#isSync) {
      if (byteLength <= SMALL_BYTES) ready.extend(commit.position, commit.end);
      writeFullySync(active.handle, commit.buffers, commit.position);
      return undefined;
    }
    stats.asyncCommits += 1;
    return writeFully(active.handle, commit.buffers, commit.position);
  }

  written(commit: Commit, tookMs: number, nowMs: number): void {
    if (this.#isSync) this.#stalls.wroteAtOnce(tookMs, nowMs);
    else this.#stalls.wroteOnThread(commit.end - commit.position, tookMs, nowMs);
    applyCommit(this.#context, commit);
    this.#roller.prepareNext();
    this.#fullDisk().onWritten();
    this.#syncer.markDirty(this.#roller.active);
    this.#syncer.within(commit.flushMs);
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
}
