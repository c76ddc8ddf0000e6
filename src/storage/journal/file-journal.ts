/**
 * A journal in files of a folder: written (`writer.ts`, `file-sink.ts`), synced (`sync.ts`), sealed and rolled
 * (`sealer.ts`, `roller.ts`); and what happens when the disk is full (`full-disk.ts`) or fails.
 */
import type { FileContext } from '../context.ts';
import { isNoSpace } from '../files/files.ts';
import type { PendingEntry } from '../format/entry.ts';
import { FILE_HEADER_BYTES } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { type Durability, type JournalEnd, StorageError } from '../types.ts';
import type { AckQueue } from './acks.ts';
import { revertAppend } from './apply-commit.ts';
import { FileSink } from './file-sink.ts';
import { FullDisk } from './full-disk.ts';
import type { Journal, JournalEvents } from './journal.ts';
import { poisoned } from './outcomes.ts';
import { ReadySpace } from './ready-space.ts';
import { FileRemoval } from './removal.ts';
import { SpaceReserve } from './reserve.ts';
import { Roller } from './roller.ts';
import { Sealer } from './sealer.ts';
import { SpareFile } from './spare.ts';
import { Syncer } from './sync.ts';
import { SyncedWitness } from './synced-witness.ts';
import type { WritableFile } from './writable-file.ts';
import { JournalWriter } from './writer.ts';

/** A clean stop seals a file with this much in it; a start reads less than that in no time. */
const SEAL_AT_CLOSE_BYTES = 16 * 1024 * 1024;

export class FileJournal implements Journal {
  readonly #context: FileContext;
  readonly #events: JournalEvents;
  readonly #writer: JournalWriter;
  readonly #syncer: Syncer;
  readonly #syncedWitness: SyncedWitness;
  readonly #sealer: Sealer;
  readonly #roller: Roller;
  readonly #removal: FileRemoval;
  readonly #fullDisk: FullDisk;
  /** The empty file left behind the last one at a clean stop. */
  #left: JournalFile | null = null;
  /** Files before this one were said to be replaced. */
  #replacedBefore = 0;
  /** Why nothing will be taken any more: it failed or is closed. */
  #stopped: StorageError | null = null;

  /**
   * @param active the last file, recovered or new, all of it on the device
   * @param checkpointSequence the newest file whose seal holds a checkpoint, or 0
   */
  constructor(context: FileContext, active: WritableFile, checkpointSequence: number, events: JournalEvents) {
    this.#context = context;
    this.#events = events;
    const { clock, stats, flushIntervalMs, logger, cache, staging, directory } = context;
    const spare = new SpareFile(context, () => this.refusal === null);
    const onFailure = (error: unknown): void => this.#poison(poisoned(error));
    this.#syncer = new Syncer(
      { clock, stats, flushIntervalMs, onSynced: () => this.#onSynced(), onFailure },
      active.file,
    );
    this.#syncedWitness = new SyncedWitness(context, this.#syncer);
    this.#sealer = new Sealer(context, this.#syncer, checkpointSequence);
    this.#roller = new Roller(context, active, {
      sealer: this.#sealer,
      spare,
      isFull: () => this.isFull,
      makeReady: (file, isFast) => this.#makeReady(file, isFast),
      onBeforeSeal: events.onBeforeSeal,
      onBegun: events.onBegun,
      onSealed: events.onSealed,
    });
    this.#writer = new JournalWriter({
      clock,
      logger,
      stats,
      cache,
      staging,
      sink: new FileSink(context, this.#syncer, this.#roller, () => this.#fullDisk),
      acknowledge: (acks) => this.#acknowledge(acks),
      revert: (entry) => revertAppend(directory, entry),
      onDiskFull: (byteLength) => this.#fullDisk.begin(byteLength),
      onPoison: (error) => this.#poison(error),
    });
    this.#removal = new FileRemoval(context, spare, (entry) => this.push(entry));
    this.#fullDisk = new FullDisk(context, {
      reserve: new SpaceReserve(context),
      spare,
      writer: this.#writer,
      sealBytes: () => this.sealBytes,
      onFull: events.onSpaceChanged,
      onSpace: () => {
        this.#roller.ready.cutTo(this.#roller.active.claimed);
        events.onSpaceChanged();
      },
      onFailure,
    });
  }

  async start(): Promise<void> {
    await this.#fullDisk.start();
    if (!this.isFull) await this.#roller.ready.prepare();
  }

  get active(): JournalFile {
    return this.#roller.active.file;
  }

  get end(): JournalEnd {
    const { sequence, written } = this.#left ?? this.active;
    return { sequence, position: written };
  }

  get refusal(): StorageError | null {
    return this.#stopped ?? this.#fullDisk.refusal;
  }

  get isFull(): boolean {
    return this.#stopped === null && this.#fullDisk.refusal !== null;
  }

  get pendingBytes(): number {
    return this.#writer.acks.pendingBytes;
  }

  needsSync(asked: Durability): boolean {
    return asked === 'fsync' || this.#context.durability === 'fsync';
  }

  push(entry: PendingEntry): void {
    this.#writer.push(entry);
  }

  async flush(): Promise<void> {
    await this.#writer.whenWritten();
    if (this.#stopped !== null) throw this.#stopped;
    const goal = this.active.startLsn + this.active.written;
    // A file that was made just now is on the device, though no sync was for it.
    while (this.#syncer.syncedLsn < goal && !this.#syncer.isClean) {
      if (this.#syncer.isStopped) throw this.refusal ?? new StorageError('CLOSED', 'The engine is closed');
      await this.#syncer.sync();
    }
  }

  async seal(): Promise<void> {
    await this.#writer.whenWritten();
    if (this.refusal !== null || this.active.written <= FILE_HEADER_BYTES) return;
    await this.#writer.requestRoll();
  }

  get sealBytes(): number {
    return this.#sealer.sealBytes(this.#roller.active);
  }

  async sealForCheckpoint(): Promise<void> {
    if (this.#stopped !== null) return;
    this.#sealer.wantCheckpoint();
    if (this.isFull) await this.#fullDisk.makeRoomForSeal();
    await this.#writer.requestRoll();
  }

  async settleCheckpoint(): Promise<void> {
    // A start goes by the newest checkpoint that is proven to be on the device: what follows in the journal proves it.
    if (!this.#sealer.isCheckpointSynced) await this.#syncer.sync();
  }

  isReplaced(file: JournalFile): boolean {
    return this.#sealer.isCheckpointSynced && file.sequence < this.#sealer.checkpointSequence;
  }

  remove(files: readonly JournalFile[]): Promise<void> {
    return this.#removal.remove(files);
  }

  makeRoom(mayUseReserve: boolean): Promise<boolean> {
    return this.#fullDisk.makeRoom(mayUseReserve);
  }

  takesEntry(byteLength: number, mayWait: boolean): boolean {
    return this.#stopped === null && this.#fullDisk.takesEntry(byteLength, mayWait);
  }

  async close(): Promise<void> {
    const closed = new StorageError('CLOSED', 'The engine is closed');
    const deleted = this.#removal.stop();
    // An entry written behind the place where the file is being cut would be lost after it was acknowledged.
    this.#writer.refuseNew(closed);
    const full = new StorageError('CLOSED', 'Closed with a full disk');
    if (this.isFull) this.#writer.poison(full);
    this.#fullDisk.closeWith(full);
    await this.#writer.whenIdle();
    this.#syncedWitness.stop();
    this.#fullDisk.stop();
    await this.#roller.ready.stop();
    try {
      if (this.refusal === null) await this.#finish();
    } finally {
      this.#syncer.stop();
      this.#stopped = this.refusal ?? closed;
      this.#writer.poison(this.#stopped);
      await this.#roller.discardNext();
      this.#writer.close();
      await deleted;
      await this.#removal.close();
      await this.#fullDisk.settle();
    }
  }

  /** Writes the end of the last file if it grew large (a start reads it otherwise), and syncs. */
  async #finish(): Promise<void> {
    const { active } = this.#roller;
    try {
      if (active.file.written - FILE_HEADER_BYTES >= SEAL_AT_CLOSE_BYTES) {
        await this.#sealer.seal(active).catch((error: unknown) => this.#giveUpSeal(error));
      } else await active.handle.truncate(active.file.written);
    } finally {
      this.#syncer.markDirty(active);
      await this.#syncer.sync();
      await this.#roller.discardNext();
      if (active.file.seal !== null && this.refusal === null) {
        this.#left = await this.#roller.createLast().catch((error: unknown) => this.#giveUpSeal(error));
      }
    }
  }

  #giveUpSeal(error: unknown): null {
    // The next start reads the entries instead; a full disk must not keep a broker from stopping.
    this.#context.logger.warn('seal-failed', 'The last journal file could not be sealed', { error });
    return null;
  }

  #onSynced(): void {
    this.#writer.acknowledge();
    this.#syncedWitness.onSynced();
    if (!this.#sealer.isCheckpointSynced || this.#sealer.checkpointSequence === this.#replacedBefore) return;
    this.#replacedBefore = this.#sealer.checkpointSequence;
    this.#events.onReplaced();
  }

  #acknowledge(acks: AckQueue): void {
    if (acks.advance(this.#syncer.syncedLsn)) this.#syncer.request();
  }

  /** Refuses everything for good. */
  #poison(error: StorageError): void {
    if (this.#stopped !== null) return;
    this.#stopped = error;
    this.#syncer.stop();
    this.#syncedWitness.stop();
    this.#fullDisk.stop();
    this.#context.logger.error('journal-poisoned', error.message, { error: error.cause });
    this.#writer.poison(error);
    this.#events.onFailure(error);
  }

  #makeReady(file: WritableFile, isFast: boolean): ReadySpace {
    return new ReadySpace(file, {
      isFast,
      clock: this.#context.clock,
      maxEnd: Math.max(this.#context.maxSegmentSize, file.file.written),
      isWanted: () => !this.isFull,
      onFailure: (error) => {
        // The writer finds out itself if it matters: what it writes then grows the file.
        if (isNoSpace(error)) this.#fullDisk.begin(0);
        else this.#poison(poisoned(error));
      },
    });
  }
}
