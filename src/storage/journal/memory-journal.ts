/**
 * A journal in memory: files are what the tail cache holds of them, and a commit is written as soon as it is laid down.
 * When it is full, the oldest data goes.
 */
import type { EngineContext } from '../context.ts';
import type { PendingEntry } from '../format/entry.ts';
import { aligned, FILE_HEADER_BYTES } from '../format/format.ts';
import { ActiveIndex } from '../index/active-index.ts';
import { JournalFile } from '../index/journal-file.ts';
import { RunIndex } from '../index/run-index.ts';
import { MAX_RUNS_PER_FILE } from '../options.ts';
import { type JournalEnd, StorageError } from '../types.ts';
import { applyCommit, revertAppend } from './apply-commit.ts';
import type { Journal, JournalEvents } from './journal.ts';
import { MemoryLimit } from './memory-limit.ts';
import type { CommitSink } from './commit-sink.ts';
import { JournalWriter } from './writer.ts';

function newFile({ clock }: EngineContext, sequence: number, startLsn: number): JournalFile {
  const file = new JournalFile({ sequence, path: '', salt: 0, createdMs: clock.now(), startLsn });
  file.index = new ActiveIndex();
  return file;
}

export class MemoryJournal implements Journal {
  readonly #context: EngineContext;
  readonly #events: JournalEvents;
  readonly #limit: MemoryLimit;
  readonly #writer: JournalWriter;
  #active: JournalFile;
  /** Why nothing will be taken any more: it failed or is closed. */
  #stopped: StorageError | null = null;

  /** @param maxMemoryBytes bound of what it holds */
  constructor(context: EngineContext, maxMemoryBytes: number, events: JournalEvents) {
    this.#context = context;
    this.#events = events;
    this.#limit = new MemoryLimit(context, maxMemoryBytes);
    this.#active = newFile(context, 1, 0);
    this.#begin();
    const { clock, logger, stats, cache, staging, directory } = context;
    this.#writer = new JournalWriter({
      clock,
      logger,
      stats,
      cache,
      staging,
      sink: this.#sink(),
      acknowledge: (acks) => void acks.advance(Number.POSITIVE_INFINITY),
      revert: (entry) => revertAppend(directory, entry),
      onDiskFull: () => undefined,
      onPoison: (error) => this.#poison(error),
    });
  }

  get active(): JournalFile {
    return this.#active;
  }

  get end(): JournalEnd {
    return { sequence: this.#active.sequence, position: this.#active.written };
  }

  get refusal(): StorageError | null {
    return this.#stopped ?? this.#limit.refusal;
  }

  get isFull(): boolean {
    return this.#stopped === null && this.#limit.refusal !== null;
  }

  get pendingBytes(): number {
    return this.#writer.acks.pendingBytes;
  }

  async start(): Promise<void> {}

  needsSync(): boolean {
    return false;
  }

  push(entry: PendingEntry): void {
    this.#writer.push(entry);
  }

  async flush(): Promise<void> {
    await this.#writer.whenWritten();
    if (this.#stopped !== null) throw this.#stopped;
  }

  async seal(): Promise<void> {
    await this.#writer.whenWritten();
    if (this.#active.written > FILE_HEADER_BYTES) await this.#writer.requestRoll();
  }

  async close(): Promise<void> {
    const closed = new StorageError('CLOSED', 'The engine is closed');
    this.#writer.refuseNew(closed);
    await this.#writer.whenIdle();
    this.#stopped ??= closed;
    this.#writer.poison(this.#stopped);
    this.#writer.close();
  }

  readonly sealBytes = 0;

  sealForCheckpoint(): Promise<void> {
    return this.#writer.requestRoll();
  }

  async settleCheckpoint(): Promise<void> {}

  isReplaced(): boolean {
    return true;
  }

  async remove(files: readonly JournalFile[]): Promise<void> {
    const { table, sources, cache } = this.#context;
    for (const file of files) {
      table.remove(file);
      sources.removeFile(file.sequence);
      cache.drop(file);
    }
  }

  makeRoom(): Promise<boolean> {
    return Promise.resolve(false);
  }

  takesEntry(): boolean {
    return this.#stopped === null;
  }

  #sink(): CommitSink {
    const context = this.#context;
    const active = (): JournalFile => this.#active;
    return {
      get file() {
        return active();
      },
      get roomBytes() {
        return context.maxSegmentSize - aligned(active().written);
      },
      copiesAll: true,
      hasThread: false,
      mustRoll: (byteLength, nowMs) => this.#mustRoll(byteLength, nowMs),
      roll: () => this.#roll(),
      blocker: () => null,
      headerContext: (writtenMs) => {
        return { salt: active().salt, syncedFilesBack: 0, syncedPosition: 0, recycledEnd: 0, writtenMs };
      },
      write: () => undefined,
      written: (commit) => {
        applyCommit(context, commit);
        this.#limit.enforce();
      },
      cut: () => Promise.resolve(),
    };
  }

  #mustRoll(byteLength: number, nowMs: number): boolean {
    const { written, index, createdMs } = this.#active;
    const { maxSegmentSize, maxSegmentAgeMs } = this.#context;
    if (written <= FILE_HEADER_BYTES) return false;
    if ((index as ActiveIndex).runCount >= MAX_RUNS_PER_FILE) return true;
    return aligned(written) + byteLength > maxSegmentSize || nowMs - createdMs > maxSegmentAgeMs;
  }

  async #roll(): Promise<void> {
    this.#events.onBeforeSeal();
    const sealed = this.#active;
    sealed.index = await RunIndex.inSlices(sealed.index as ActiveIndex);
    sealed.seal = { checkpointPosition: 0, checkpointEnd: 0, indexPosition: 0, indexLength: 0 };
    this.#active = newFile(this.#context, sealed.sequence + 1, sealed.startLsn + sealed.written);
    this.#begin();
    this.#events.onSealed(sealed);
  }

  #begin(): void {
    this.#context.table.list.push(this.#active);
    this.#events.onBegun(this.#active);
  }

  #poison(error: StorageError): void {
    if (this.#stopped !== null) return;
    this.#stopped = error;
    this.#context.logger.error('journal-poisoned', error.message, { error: error.cause });
    this.#writer.poison(error);
    this.#events.onFailure(error);
  }
}
