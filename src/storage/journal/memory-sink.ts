/** Where commits of a journal in memory go: nowhere, as the tail cache keeps what was laid down. */
import type { EngineContext } from '../context.ts';
import { aligned, FILE_HEADER_BYTES } from '../format/format.ts';
import type { HeaderContext } from '../format/entry.ts';
import { ActiveIndex } from '../index/active-index.ts';
import { JournalFile } from '../index/journal-file.ts';
import { RunIndex } from '../index/run-index.ts';
import { MAX_RUNS_PER_FILE } from '../options.ts';
import { applyCommit } from './apply-commit.ts';
import type { CommitSink } from './commit-sink.ts';
import type { Commit } from './commit.ts';
import type { JournalEvents } from './journal.ts';
import type { MemoryLimit } from './memory-limit.ts';

function newFile({ clock }: EngineContext, sequence: number, startLsn: number): JournalFile {
  const file = new JournalFile({ sequence, path: '', salt: 0, createdMs: clock.now(), startLsn });
  file.index = new ActiveIndex();
  return file;
}

export class MemorySink implements CommitSink {
  readonly #context: EngineContext;
  readonly #limit: MemoryLimit;
  readonly #events: JournalEvents;
  readonly copiesAll = true;
  readonly hasThread = false;
  file: JournalFile;

  constructor(context: EngineContext, limit: MemoryLimit, events: JournalEvents) {
    this.#context = context;
    this.#limit = limit;
    this.#events = events;
    this.file = newFile(context, 1, 0);
    this.#begin();
  }

  get end(): number {
    return this.file.written;
  }

  get roomBytes(): number {
    return this.#context.maxSegmentSize - aligned(this.file.written);
  }

  mustRoll(byteLength: number, nowMs: number): boolean {
    const { written, index, createdMs } = this.file;
    const { maxSegmentSize, maxSegmentAgeMs } = this.#context;
    if (written <= FILE_HEADER_BYTES) return false;
    if ((index as ActiveIndex).runCount >= MAX_RUNS_PER_FILE) return true;
    return aligned(written) + byteLength > maxSegmentSize || nowMs - createdMs > maxSegmentAgeMs;
  }

  async roll(): Promise<void> {
    this.#events.onBeforeSeal();
    const sealed = this.file;
    sealed.index = await RunIndex.inSlices(sealed.index as ActiveIndex);
    sealed.seal = { checkpointPosition: 0, checkpointEnd: 0, indexPosition: 0, indexLength: 0 };
    this.file = newFile(this.#context, sealed.sequence + 1, sealed.startLsn + sealed.written);
    this.#begin();
    this.#events.onSealed(sealed);
  }

  blocker(): null {
    return null;
  }

  headerContext(writtenMs: number): HeaderContext {
    return { salt: this.file.salt, syncedFilesBack: 0, syncedPosition: 0, recycledEnd: 0, writtenMs };
  }

  write(): undefined {
    return undefined;
  }

  written(commit: Commit): void {
    applyCommit(this.#context, commit);
    this.#limit.enforce();
  }

  cut(): Promise<void> {
    return Promise.resolve();
  }

  #begin(): void {
    this.#context.table.list.push(this.file);
    this.#events.onBegun(this.file);
  }
}
