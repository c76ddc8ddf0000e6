/**
 * A journal in memory: files are what the tail cache holds of them, and a commit is written as soon as it is laid down.
 * When it is full, the oldest data goes.
 */
import type { EngineContext } from '../context.ts';
import type { PendingEntry } from '../format/entry.ts';
import { FILE_HEADER_BYTES } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { type JournalEnd, StorageError } from '../types.ts';
import { revertAppend } from './apply-commit.ts';
import type { Journal, JournalEvents } from './journal.ts';
import { MemoryLimit } from './memory-limit.ts';
import { MemorySink } from './memory-sink.ts';
import { JournalWriter } from './writer.ts';

export class MemoryJournal implements Journal {
  readonly #context: EngineContext;
  readonly #events: JournalEvents;
  readonly #limit: MemoryLimit;
  readonly #writer: JournalWriter;
  readonly #sink: MemorySink;
  /** Why nothing will be taken any more: it failed or is closed. */
  #stopped: StorageError | null = null;

  /** @param maxMemoryBytes bound of what it holds */
  constructor(context: EngineContext, maxMemoryBytes: number, events: JournalEvents) {
    this.#context = context;
    this.#events = events;
    this.#limit = new MemoryLimit(context, maxMemoryBytes);
    this.#sink = new MemorySink(context, this.#limit, events);
    const { clock, logger, stats, cache, staging, directory } = context;
    this.#writer = new JournalWriter({
      clock,
      logger,
      stats,
      cache,
      staging,
      sink: this.#sink,
      acknowledge: (acks) => void acks.advance(Number.POSITIVE_INFINITY),
      revert: (entry) => revertAppend(directory, entry),
      onDiskFull: () => undefined,
      onPoison: (error) => this.#poison(error),
    });
  }

  get active(): JournalFile {
    return this.#sink.file;
  }

  get end(): JournalEnd {
    return { sequence: this.active.sequence, position: this.active.written };
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
    if (this.active.written > FILE_HEADER_BYTES) await this.#writer.requestRoll();
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

  #poison(error: StorageError): void {
    if (this.#stopped !== null) return;
    this.#stopped = error;
    this.#context.logger.error('journal-poisoned', error.message, { error: error.cause });
    this.#writer.poison(error);
    this.#events.onFailure(error);
  }
}
