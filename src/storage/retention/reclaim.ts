/**
/**
 * Has journal files removed that no stream needs. Newest snapshots in a file that is otherwise dead are written again, and
 * so is the journal's copy of the catalog.
 */
import type { Timer } from '../../base/clock.ts';
import { turn } from '../../base/real-time.ts';
import type { EngineContext } from '../context.ts';
import { FILE_HEADER_BYTES } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { Journal } from '../journal/journal.ts';
import type { SnapshotStore } from '../journal/snapshots.ts';
import type { RunSource } from '../runs/run-source.ts';
import { StorageError } from '../types.ts';
import { Liveness } from './liveness.ts';

/** Changes within this time share one pass. */
const PASS_DELAY_MS = 200;
/** Until a dead file that somebody reads, or for which a full disk has no room, is looked at again. */
const RETRY_DELAY_MS = 2000;
/** Dead bytes in files that only the next seal can free, from which that seal is not waited for. */
const SEAL_FOR_DEAD_BYTES = 32 * 1024 * 1024;
/** Streams looked at in one go for snapshots; then others have their turn. */
const ROWS_AT_ONCE = 64 * 1024;
/** How much more than it costs such a seal must free, while there is space. */
const SEAL_GAIN = 8;

function unlessDamaged(error: unknown): null {
  if (error instanceof StorageError && error.code === 'CORRUPT') return null;
  throw error;
}

export class Reclaimer {
  readonly #context: EngineContext;
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  readonly #liveness = new WeakMap<RunSource, Liveness>();
  #timer: Timer | null = null;
  #running = false;
  #stopped = false;
  #moveCatalog: (() => Promise<void>) | null = null;

  constructor(context: EngineContext, journal: Journal, snapshots: SnapshotStore) {
    this.#context = context;
    this.#journal = journal;
    this.#snapshots = snapshots;
  }

  /** Whom to ask to move the copy of the catalog out of the way. */
  onCatalogPins(listener: () => Promise<void>): void {
    this.#moveCatalog = listener;
  }

  /** Has the copy of the catalog moved out of the way. */
  async moveCatalog(): Promise<void> {
    await this.#moveCatalog?.();
  }

  /** Looks for dead files soon. */
  schedule(delayMs = PASS_DELAY_MS): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = this.#context.clock.setTimer(delayMs, () => {
      this.#timer = null;
      if (this.#stopped) return;
      // The pass under way may have seen already what changed since.
      if (this.#running) {
        this.schedule();
        return;
      }
      this.#running = true;
      this.#pass()
        .catch((error: unknown) => {
          if (this.#stopped) return;
          this.#context.logger.warn('reclaim-failed', 'Looking for dead journal files failed', { error });
        })
        .finally(() => {
          this.#running = false;
        });
    });
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** One look at all files, oldest first. */
  async #pass(): Promise<void> {
    const { table } = this.#context;
    await this.#journal.settleCheckpoint();
    const dead: JournalFile[] = [];
    let stuckBytes = 0;
    let isPinned = false;
    for (const file of table.list.slice(0, -1)) {
      if (this.#stopped) return;
      if (table.get(file.sequence) !== file || !(await this.#isDead(file))) continue;
      if (!this.#journal.isReplaced(file)) stuckBytes += file.written;
      else if (file.references > 0) this.schedule(RETRY_DELAY_MS);
      else if (this.#holdsCatalog(file)) isPinned = true;
      else if (!(await this.#carrySnapshots(file))) dead.push(file);
    }
    if (dead.length > 0) await this.#journal.remove(dead);
    if (isPinned && !this.#stopped) await this.#unpin();
    stuckBytes += await this.#deadActiveBytes();
    if (this.#paysToSeal(stuckBytes) && !this.#stopped) await this.#sealForDead();
  }

  /** On a full disk every byte counts that is more than a seal takes; else there must be much to win. */
  #paysToSeal(stuckBytes: number): boolean {
    const { sealBytes, refusal } = this.#journal;
    if (refusal?.code === 'DISK_FULL') return stuckBytes > sealBytes;
    return refusal === null && stuckBytes >= Math.max(SEAL_FOR_DEAD_BYTES, SEAL_GAIN * sealBytes);
  }

  /** Has the copy of the catalog moved; a full disk may have no room for that just now, and is not waited for. */
  async #unpin(): Promise<void> {
    const moved = this.#moveCatalog?.();
    if (this.#journal.refusal?.code === 'DISK_FULL') this.schedule(RETRY_DELAY_MS);
    else await moved;
  }

  async #sealForDead(): Promise<void> {
    await this.#journal.sealForCheckpoint();
    // Sealed, it can be removed now; or there was no room for the seal, which may come.
    if (this.#journal.refusal?.code === 'DISK_FULL') this.schedule(RETRY_DELAY_MS);
  }

  async #isDead(file: JournalFile): Promise<boolean> {
    const { sources, directory } = this.#context;
    const source = sources.covering(file.sequence);
    // What it has is in segments, or it is on its way out already.
    if (source?.firstSequence !== file.sequence) return true;
    let liveness = this.#liveness.get(source);
    if (liveness === undefined) {
      liveness = new Liveness();
      this.#liveness.set(source, liveness);
    }
    // Where nobody knows what is in it, other files may go nevertheless.
    return (await liveness.isDead(source, directory).catch(unlessDamaged)) ?? false;
  }

  /** A file that is dead otherwise has a part of the catalog's copy that counts. */
  #holdsCatalog(file: JournalFile): boolean {
    const { sources, directory } = this.#context;
    const source = sources.covering(file.sequence);
    return source !== undefined && this.#liveness.get(source)?.holdsCatalog(directory) === true;
  }

  /** Bytes of the file being written, if no stream needs any of them. */
  async #deadActiveBytes(): Promise<number> {
    const { active } = this.#journal;
    const { sources, directory } = this.#context;
    const source = sources.covering(active.sequence);
    if (source === undefined || active.written <= FILE_HEADER_BYTES) return 0;
    // Looked at anew each time: what was dead goes on where a stream goes on.
    const isDead = await new Liveness().isDead(source, directory).catch(unlessDamaged);
    return isDead === true && this.#journal.active === active ? active.written : 0;
  }

  /** Writes newest snapshots in the file again; true when there were any, so that the file has to wait. */
  async #carrySnapshots(file: JournalFile): Promise<boolean> {
    const { directory } = this.#context;
    const streams: number[] = [];
    for (let row = 0; row < directory.rowLimit; row++) {
      if (row % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await turn();
      if (directory.snapshotFile.get(row) === file.sequence) streams.push(directory.stream.get(row));
    }
    for (const stream of streams) {
      if (directory.find(stream) < 0) continue;
      const snapshot = await this.#snapshots.read(stream);
      const row = directory.find(stream);
      if (row < 0 || directory.snapshotFile.get(row) !== file.sequence || snapshot === null) continue;
      if (this.#snapshots.isPending(stream)) continue; // a newer one is on its way, and must stay the newest
      const isPaidFor = this.#journal.takesEntry(snapshot.bytes.length, false);
      if (!isPaidFor && this.#journal.refusal !== null) continue; // a later look may find more room
      this.#snapshots.write(stream, snapshot.offset, snapshot.bytes, undefined, isPaidFor);
    }
    if (streams.length > 0) this.schedule(this.#journal.refusal === null ? PASS_DELAY_MS : RETRY_DELAY_MS);
    return streams.length > 0;
  }
}
