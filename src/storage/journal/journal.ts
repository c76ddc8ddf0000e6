/**
 * The journal as a whole: the file being written, rolling to the next, and what happens when the disk is full or fails.
 */
import { ABORT_NOTE_BYTES } from '../format/abort-note.ts';
import { ActiveIndex } from '../index/active-index.ts';
import { applyBatch, applyControl } from '../index/apply.ts';
import { checkpointBytes, encodeCheckpoint } from '../index/checkpoint.ts';
import type { EngineContext } from '../context.ts';
import { isNoSpace } from '../files/files.ts';
import { aligned, EntryKind, FILE_HEADER_BYTES, getInt64, viewOf } from '../format/format.ts';
import { MAX_RUNS_PER_FILE } from '../options.ts';
import { RunIndex } from '../index/run-index.ts';
import { type JournalEnd, StorageError } from '../types.ts';
import type { Commit } from './commit.ts';
import { createJournalFile } from './create.ts';
import type { PendingEntry } from '../format/entry.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { FullDisk } from './full-disk.ts';
import { NextFile } from './next-file.ts';
import { ReadySpace } from './ready-space.ts';
import { SpaceReserve } from './reserve.ts';
import { sealBytes, sealFile } from './seal.ts';
import { SpareFile } from './spare.ts';
import { Syncer } from './sync.ts';
import { SyncedWitness } from './synced-witness.ts';
import { JournalWriter, poisoned } from './writer.ts';

/** The next file is made when this much of the active one is left. */
const PREPARE_NEXT_BYTES = 16 * 1024 * 1024;
/** A checkpoint may take this share of the journal written since the last one; else the seal goes without. */
const CHECKPOINT_SHARE = 8;

export interface JournalEvents {
  readonly onBeforeSeal: () => void;
  readonly onSealed: (file: JournalFile) => void;
  /** The journal goes on in this file. */
  readonly onBegun: (file: JournalFile) => void;
  readonly onFailure: (error: StorageError) => void;
  /** The disk is full, or there is space again: what could not be freed before may be now. */
  readonly onSpaceChanged: () => void;
  /** Called after each commit. */
  readonly onWritten: () => void;
}

export class Journal {
  readonly #context: EngineContext;
  readonly #events: JournalEvents;
  readonly writer: JournalWriter;
  readonly syncer: Syncer;
  readonly #reserve: SpaceReserve | null;
  readonly #fullDisk: FullDisk;
  /** Null in memory mode. */
  readonly spare: SpareFile | null;
  #active: JournalFile;
  #index: ActiveIndex;
  #ready: ReadySpace | null = null;
  readonly #next: NextFile;
  readonly #syncedWitness: SyncedWitness | null;
  #bytesSinceCheckpoint = 0;
  /** The next seal holds a checkpoint whatever it costs. */
  #mustCheckpoint = false;
  /** The empty file left behind the last one at a clean stop. */
  #left: JournalFile | null = null;
  /** Why nothing will be taken any more: it failed or is closed. */
  #end: StorageError | null = null;
  /** The newest file whose seal holds a checkpoint; 0 before the first. */
  checkpointSequence: number;

  /** @param active the last file, recovered or new, with an ActiveIndex and its bytes on the device. */
  constructor(context: EngineContext, active: JournalFile, checkpointSequence: number, events: JournalEvents) {
    this.#context = context;
    this.#events = events;
    this.#active = active;
    this.#index = active.index as ActiveIndex;
    this.checkpointSequence = checkpointSequence;
    const { clock, stats, flushIntervalMs, logger, cache, staging, folder, files, maxSegmentSize } = context;
    this.#reserve = folder === null ? null : new SpaceReserve(files, folder);
    this.spare = folder === null ? null : new SpareFile(context, folder, () => this.refusal === null);
    this.#syncedWitness = folder === null ? null : new SyncedWitness(context, () => this.syncer);
    this.#next = new NextFile(context, this.spare, () => this.#isFull);
    this.syncer = new Syncer(
      {
        clock,
        stats,
        flushIntervalMs,
        onSynced: () => {
          this.writer.acknowledge();
          this.#syncedWitness?.onSynced();
        },
        onFailure: (error) => this.poison(poisoned(error)),
      },
      active,
    );
    this.writer = new JournalWriter({
      clock,
      logger,
      stats,
      cache,
      staging,
      syncer: this.syncer,
      inMemory: folder === null,
      active: () => ({ file: this.#active, ready: this.#ready }),
      mustRoll: (byteLength) => this.#mustRoll(byteLength),
      room: () => (this.#isFull ? this.#fullDisk.entryBytes : maxSegmentSize - aligned(this.#active.written)),
      roll: () => this.#roll(),
      apply: (commit) => this.#apply(commit),
      revert: (entry) => this.#revert(entry),
      onDiskFull: (byteLength) => this.#fullDisk.begin(byteLength),
      onPoison: (error) => this.poison(error),
    });
    this.#fullDisk = new FullDisk(context, {
      reserve: this.#reserve,
      spare: this.spare,
      writer: this.writer,
      sealBytes: () => this.sealBytes,
      onFull: () => events.onSpaceChanged(),
      onSpace: () => {
        this.#ready?.cutTo(this.#active.claimed);
        events.onSpaceChanged();
      },
      onFailure: (error) => this.poison(poisoned(error)),
    });
  }

  /** Makes space ready; the journal can be written to before that. */
  async start(): Promise<void> {
    if (this.#context.folder === null) return;
    this.#ready = this.#readySpace(this.#active, false);
    await this.#fullDisk.start();
    if (!this.#isFull) await this.#ready.prepare();
  }

  get active(): JournalFile {
    return this.#active;
  }

  /** See LogEngine. */
  get end(): JournalEnd {
    const { sequence, written } = this.#left ?? this.#active;
    return { sequence, position: written };
  }

  /** Why appends are refused, or null. */
  get refusal(): StorageError | null {
    return this.#end ?? this.#fullDisk.refusal;
  }

  get #isFull(): boolean {
    return this.#fullDisk.refusal !== null;
  }

  /** Bytes that a seal of the active file with a checkpoint, and the file behind it, would take now. */
  get sealBytes(): number {
    const { directory, table } = this.#context;
    return sealBytes(this.#index, checkpointBytes(directory, table.list.length));
  }

  /** Gives space to somebody else on this disk who found none; false when there was nothing to give. */
  makeRoom(mayUseReserve: boolean): Promise<boolean> {
    return this.#fullDisk.makeRoom(mayUseReserve);
  }

  /** True when a snapshot of this size that a trim needs may be written, on a full disk too. */
  takesSnapshot(byteLength: number): boolean {
    return this.#end === null && this.#fullDisk.takesSnapshot(byteLength);
  }

  /** Seals the active file, full or not, if there is anything in it; resolves when it is done or has failed. */
  async seal(): Promise<void> {
    await this.writer.whenWritten();
    if (this.refusal !== null || this.#active.written <= FILE_HEADER_BYTES) return;
    await this.writer.requestRoll();
  }

  /**
   * Seals the active file, even if there is nothing in it, for a checkpoint that dead files wait for; on a full disk out
   * of the reserve. Resolves when it is done or has failed.
   */
  async sealForCheckpoint(): Promise<void> {
    if (this.#end !== null) return;
    this.#mustCheckpoint = true;
    if (this.#isFull) await this.#fullDisk.makeRoomForSeal();
    await this.writer.requestRoll();
  }

  /** Refuses everything for good. */
  poison(error: StorageError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.syncer.stop();
    this.#syncedWitness?.stop();
    this.#fullDisk.stop();
    this.#context.logger.error('journal-poisoned', error.message, { error: error.cause });
    this.writer.poison(error);
    this.#events.onFailure(error);
  }

  /**
   * Writes the end of the last file if it grew large (a start reads it otherwise), syncs and closes; its files are the
   * table's to close. When a step fails, the others are done nevertheless, and then it rejects.
   */
  async close(sealFrom: number): Promise<void> {
    // An entry written behind the place where the file is being cut would be lost after it was acknowledged.
    this.writer.refuseNew(new StorageError('CLOSED', 'The engine is closed'));
    if (this.refusal?.code === 'DISK_FULL') this.writer.poison(new StorageError('CLOSED', 'Closed with a full disk'));
    await this.writer.whenIdle();
    this.#syncedWitness?.stop();
    this.#fullDisk.stop();
    await this.#ready?.stop();
    try {
      if (this.refusal === null) await this.#finish(sealFrom);
    } finally {
      this.syncer.stop();
      const end = this.refusal ?? new StorageError('CLOSED', 'The engine is closed');
      this.#end = end;
      this.writer.poison(end);
      await this.#next.discard();
      this.writer.close();
    }
  }

  async #finish(sealFrom: number): Promise<void> {
    try {
      if (this.#context.folder !== null && this.#active.written - FILE_HEADER_BYTES >= sealFrom) {
        await this.#sealActive().catch((error: unknown) => this.#giveUpSeal(error));
      } else await this.#active.handle?.truncate(this.#active.written);
    } finally {
      this.syncer.markDirty(this.#active);
      this.syncer.request();
      await this.syncer.settle();
      await this.#next.discard();
      if (this.#active.seal !== null && this.refusal === null) await this.#createLast();
    }
  }

  /** Leaves an empty file behind a sealed one: its header vouches for all before it, so the next start reads nothing. */
  async #createLast(): Promise<void> {
    try {
      const file = await createJournalFile(this.#context, this.#active.sequence + 1, true);
      this.#left = file;
      await file.handle?.close();
    } catch (error) {
      this.#giveUpSeal(error);
    }
  }

  /** True when the newest checkpoint is known to be on the device, and what is written from now on says so. */
  get isCheckpointSynced(): boolean {
    const { syncedSequence, syncedPosition } = this.syncer;
    if (this.checkpointSequence === 0 || syncedSequence < this.checkpointSequence) return false;
    if (syncedSequence > this.checkpointSequence) return true;
    return syncedPosition === this.#context.table.get(syncedSequence)?.written;
  }

  #giveUpSeal(error: unknown): void {
    // The next start reads the entries instead; a full disk must not keep a broker from stopping.
    this.#context.logger.warn('seal-failed', 'The last journal file could not be sealed', { error });
  }

  #readySpace(file: JournalFile, isFast: boolean): ReadySpace {
    return new ReadySpace(file, {
      isFast,
      clock: this.#context.clock,
      maxEnd: Math.max(this.#context.maxSegmentSize, file.written),
      isWanted: () => !this.#isFull,
      onFailure: (error) => {
        // The writer finds out itself if it matters: what it writes then grows the file.
        if (isNoSpace(error)) this.#fullDisk.begin(0);
        else this.poison(poisoned(error));
      },
    });
  }

  #mustRoll(byteLength: number): boolean {
    const { written } = this.#active;
    // What a full disk still takes is little, and a seal would need room of its own.
    if (written <= FILE_HEADER_BYTES || this.#isFull) return false;
    if (this.#index.runCount >= MAX_RUNS_PER_FILE) return true;
    if (aligned(written) + byteLength > this.#context.maxSegmentSize) return true;
    return this.#context.clock.now() - this.#active.createdMs > this.#context.maxSegmentAgeMs;
  }

  async #roll(): Promise<void> {
    this.#events.onBeforeSeal();
    const { table, folder } = this.#context;
    await this.#ready?.stop();
    let next: JournalFile;
    try {
      next = await this.#next.get(this.#active.sequence + 1);
    } catch (error) {
      this.#ready?.cutTo(Number.POSITIVE_INFINITY);
      throw error;
    }
    const sealed = this.#active;
    const witnessed = this.#next.witness(next);
    try {
      await this.#sealActive();
    } catch (error) {
      // What was written behind the end is cut away, so that a later attempt starts clean.
      await sealed.handle?.truncate(sealed.written);
      sealed.claimed = sealed.written;
      this.#ready?.cutTo(sealed.written);
      throw error;
    } finally {
      await witnessed;
    }
    this.#next.taken();
    next.startLsn = sealed.startLsn + sealed.written;
    this.#index = new ActiveIndex();
    next.index = this.#index;
    this.#active = next;
    table.list.push(next);
    this.#events.onBegun(next);
    table.releaseHandle(sealed);
    if (folder !== null) {
      this.#ready = this.#readySpace(next, this.#ready?.isFast ?? false);
      this.#ready.advance();
    }
    this.#events.onSealed(sealed);
  }

  async #sealActive(): Promise<void> {
    const { table, directory, folder, staging, stats } = this.#context;
    const file = this.#active;
    if (folder === null) {
      file.index = RunIndex.fromActive(this.#index);
      file.seal = { checkpointPosition: 0, checkpointEnd: 0, indexPosition: 0, indexLength: 0 };
      return;
    }
    this.#bytesSinceCheckpoint += file.written;
    const older = table.list.filter((other) => other !== file && !other.removed);
    const pays = checkpointBytes(directory, older.length) * CHECKPOINT_SHARE <= this.#bytesSinceCheckpoint;
    const mustHave = this.#mustCheckpoint || this.checkpointSequence === 0;
    const parts = pays || mustHave ? encodeCheckpoint(directory, older) : [];
    const header = this.syncer.headerContext(file);
    const { seal, index, end } = await sealFile(file, parts, header, staging);
    file.written = file.claimed = end;
    file.seal = seal;
    stats.filesSealed += 1;
    table.keepIndex(file, index);
    this.syncer.markDirty(file);
    if (parts.length === 0) return;
    this.checkpointSequence = file.sequence;
    this.#bytesSinceCheckpoint = 0;
    this.#mustCheckpoint = false;
  }

  #apply(commit: Commit): void {
    const { directory } = this.#context;
    const { file, writtenMs } = commit;
    for (const entry of commit.entries) {
      const { position, aborted } = entry;
      const payloadLength = aborted === null ? entry.payloadLength : entry.payloadLength - ABORT_NOTE_BYTES;
      const place = { file, index: this.#index, position, payloadLength, writtenMs };
      if (entry.kind === EntryKind.BATCH) {
        applyBatch(directory, this.#rowOf(entry), entry, place, aborted);
      } else {
        const removed = entry.kind === EntryKind.TRIM && entry.payload !== null ? entry.payload.bytes : null;
        applyControl(directory, entry, place, removed === null ? 0 : getInt64(viewOf(removed), 0));
        if (entry.kind === EntryKind.FILE_REMOVED) this.#forget(entry.baseOffset);
      }
    }
    this.#prepareNext();
    this.#fullDisk.onWritten();
    this.#events.onWritten();
  }

  /**
   * From here on checkpoints do not list the file, and not before: a start may go by any checkpoint, with what the
   * journal says behind it.
   */
  #forget(sequence: number): void {
    const { table, sources } = this.#context;
    const file = table.get(sequence);
    if (file !== undefined) table.remove(file);
    sources.removeFile(sequence);
  }

  /** The entry's row, unless its stream was deleted since. */
  #rowOf(entry: PendingEntry): number {
    return this.#context.directory.stream[entry.row] === entry.stream ? entry.row : -1;
  }

  #revert(entry: PendingEntry): void {
    if (entry.kind !== EntryKind.BATCH) return;
    const row = this.#rowOf(entry);
    const { directory } = this.#context;
    if (row >= 0) directory.logEnd[row] = directory.writtenEnd[row] as number;
  }

  #prepareNext(): void {
    const { folder, maxSegmentSize } = this.#context;
    if (folder === null) return;
    const left = Math.min(PREPARE_NEXT_BYTES, maxSegmentSize / 4);
    const isNear = this.#active.written > maxSegmentSize - left || this.#index.runCount > MAX_RUNS_PER_FILE * 0.9;
    if (isNear) this.#next.prepare(this.#active.sequence + 1);
  }
}
