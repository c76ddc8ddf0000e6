/**
 * What a full disk does to the journal. Batches are refused; what frees space (trims, deletions, removals of files and
 * the seals that these wait for) is still written, out of a reserve that was made before. Its states:
 *
 * - whole: it can pay for a seal of the file being written as it is now, and for entries besides. It grows with what a
 *   seal takes; nothing is refused.
 * - given: a write found no space. The spare goes first; then entries take from the reserve down to what a seal needs,
 *   the seal takes that, and the catalog may take all.
 * - being made again: whatever comes free goes into the reserve, and is taken from it again. Once it is whole, and there
 *   is some room besides, so that the disk is not full again at once, nothing is refused any more.
 */
import type { Timer } from '../../base/clock.ts';
import type { FileContext } from '../context.ts';
import { type DiskSpace, isNoSpace } from '../files/files.ts';
import { ENTRY_HEADER_BYTES } from '../format/format.ts';
import { rowBytesAtMost } from '../index/checkpoint-row.ts';
import { CATALOG_STREAM, StorageError } from '../types.ts';
import { leastReserve, type SpaceReserve } from './reserve.ts';
import { refusalText, SpaceReports } from './space-reports.ts';
import type { SpareFile } from './spare.ts';
import type { JournalWriter } from './writer.ts';

const RETRY_MS = 500;
/** A file system gives whole blocks. */
const BLOCK_BYTES = 4096;
/** What the catalog gets at a time, and what entries take in one write at most, one large entry aside. */
const PIECE_BYTES = 64 * 1024;
/** Looks at what the reserve should hold, while as much is written as the least reserve holds. */
const LOOKS = 64;
/** Room besides the reserve at which writes go on, in parts of the least reserve. */
const HEADROOM_PARTS = 4;

export interface FullDiskHost {
  readonly reserve: SpaceReserve;
  readonly spare: SpareFile;
  readonly writer: Pick<JournalWriter, 'acks' | 'refusePending' | 'pause' | 'resume' | 'poison'>;
  /** Bytes that a seal of the file being written would take now. */
  readonly sealBytes: () => number;
  /** Called when the disk is full, and when there is space again, before the writer goes on. */
  readonly onFull: () => void;
  readonly onSpace: () => void;
  /** Something else is wrong with the disk. */
  readonly onFailure: (error: unknown) => void;
}

export class FullDisk {
  readonly #context: FileContext;
  readonly #host: FullDiskHost;
  readonly #reports: SpaceReports;
  readonly #leastBytes: number;
  #retry: Timer | null = null;
  #isStopped = false;
  /** With what the journal is closed on a disk that stays full; null: it is not being closed. */
  #end: StorageError | null = null;
  #isGrowing = false;
  /** Bytes that had been written at the last look. */
  #lookedAtBytes = Number.NEGATIVE_INFINITY;
  /** Why appends are refused; null while there is space. */
  refusal: StorageError | null = null;

  constructor(context: FileContext, host: FullDiskHost) {
    this.#context = context;
    this.#host = host;
    this.#reports = new SpaceReports(context);
    this.#leastBytes = leastReserve(context.maxSegmentSize);
  }

  /** Makes the reserve what it must be. A disk without room for that is full. */
  async start(): Promise<void> {
    const { reserve } = this.#host;
    await reserve.find();
    if (reserve.byteLength < this.#wantedBytes()) await this.#growInTime(reserve);
  }

  /** Something was written: lets the reserve grow with what a seal takes, in time. */
  onWritten(): void {
    const { bytesWritten } = this.#context.stats;
    // A look takes as long as a tenth of a small write.
    if (bytesWritten - this.#lookedAtBytes < this.#leastBytes / LOOKS) return;
    if (this.#isGrowing || this.refusal !== null || this.#isStopped) return;
    this.#lookedAtBytes = bytesWritten;
    const { reserve } = this.#host;
    if (reserve.byteLength < this.#wantedBytes()) void this.#growInTime(reserve);
  }

  /** A write of `byteLength` bytes, or a file (0), found no space. What could not be written is queued again. */
  begin(byteLength: number): void {
    const { writer, onFull } = this.#host;
    if (this.#isStopped) return;
    const isFirst = this.refusal === null;
    this.refusal ??= new StorageError('DISK_FULL', 'No space left for the journal');
    this.#reports.refused(byteLength);
    writer.refusePending(this.refusal);
    writer.pause();
    this.#retryLater();
    if (isFirst) {
      void this.#measure();
      onFull();
    }
    void this.#makeWay(isFirst, byteLength);
  }

  /** Bytes that one write of entries may have. */
  get entryBytes(): number {
    const { reserve, sealBytes } = this.#host;
    return Math.min(PIECE_BYTES, reserve.byteLength - sealBytes() - 2 * BLOCK_BYTES);
  }

  /** The catalog found no space on this disk: gives it some, of the spare first; false when there is none to give. */
  async makeRoom(mayUseReserve: boolean): Promise<boolean> {
    if (this.#isStopped) return false;
    if ((await this.#host.spare.drop()) === true) return true;
    if (!mayUseReserve) return false;
    this.begin(0);
    return await this.#take(PIECE_BYTES, 0);
  }

  /** Gives a seal all the room there is, since somebody else may take some of it first; the writer tries it at once. */
  async makeRoomForSeal(): Promise<void> {
    await this.#take(Number.POSITIVE_INFINITY, 0);
    if (!this.#isStopped) this.#host.writer.resume();
  }

  /**
   * True when the reserve has room for an entry without which nothing goes, which then may be written on a full disk.
   * @param mayWait a seal may have taken all of the reserve: what is small beside a block then waits, as what it goes with
   */
  takesEntry(byteLength: number, mayWait: boolean): boolean {
    const { reserve, sealBytes, writer } = this.#host;
    if (this.refusal === null) return byteLength <= (this.#wantedBytes() - sealBytes()) / 2;
    const room = Math.max(reserve.byteLength - sealBytes(), mayWait ? BLOCK_BYTES : 0);
    return byteLength + writer.acks.pendingBytes <= room / 2;
  }

  /** The journal is being closed: what finds no room soon is given up with this. */
  closeWith(error: StorageError): void {
    this.#end = error;
  }

  /** The journal has failed or is closed: tries nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#retry = null;
    this.#reports.stop();
  }

  /** Resolves when it does nothing with the disk any more; after `stop`. */
  async settle(): Promise<void> {
    await this.#host.reserve.idle();
  }

  /**
   * What the reserve should hold: a seal, and room for entries besides: the deletion of every stream, which takes its row out
   * of the seal's checkpoint, and twice what must be written anew to free a file: a snapshot of the largest size, the copy
   * of the catalog.
   */
  #wantedBytes(): number {
    const { directory, table } = this.#context;
    const rowBytes = rowBytesAtMost(directory, table.list.at(-1)?.sequence ?? 0);
    const deletions = directory.size * Math.max(0, ENTRY_HEADER_BYTES - rowBytes);
    const least = this.#leastBytes;
    const row = directory.find(CATALOG_STREAM);
    const anew = Math.max(directory.largestSnapshotBytes, row < 0 ? 0 : directory.liveBytes.get(row));
    // In steps, so that it grows seldom.
    return Math.ceil((this.#host.sealBytes() + deletions + least / 2 + 2 * anew) / least) * least;
  }

  async #growInTime(reserve: SpaceReserve): Promise<void> {
    this.#isGrowing = true;
    try {
      await reserve.grow(this.#wantedBytes());
    } catch (error) {
      if (isNoSpace(error)) this.begin(0);
      else this.#host.onFailure(error);
    } finally {
      this.#isGrowing = false;
    }
  }

  /** What waits may be written: at first perhaps where a refused batch has left room. */
  async #makeWay(isFirst: boolean, byteLength: number): Promise<void> {
    const { spare, writer, sealBytes } = this.#host;
    const hasRoom =
      (await spare.drop()) === true ||
      isFirst ||
      (byteLength > 0 && (await this.#take(byteLength + PIECE_BYTES, sealBytes())));
    if (hasRoom && this.refusal !== null && !this.#isStopped) writer.resume();
  }

  async #take(byteLength: number, floor: number): Promise<boolean> {
    try {
      return await this.#host.reserve.take(byteLength, floor);
    } catch {
      return false;
    }
  }

  #retryLater(): void {
    if (this.#isStopped) return;
    this.#retry ??= this.#context.clock.setTimer(RETRY_MS, () => void this.#tryAgain());
  }

  async #tryAgain(): Promise<void> {
    this.#retry = null;
    if (this.refusal === null || this.#isStopped) return;
    const { writer, onSpace } = this.#host;
    if (this.#end !== null) {
      writer.poison(this.#end);
      return;
    }
    const isWhole = await this.#makeWhole();
    // The ends of streams fell back: what is appended by somebody who was not told yet would not fit.
    if (this.#isStopped || !isWhole || writer.acks.untoldEntries > 0) {
      if (!this.#isStopped) await this.#measure();
      this.#retryLater();
      if (!this.#isStopped) writer.resume(); // what waits may fit by now
      return;
    }
    this.refusal = null;
    this.#reports.space();
    onSpace();
    writer.resume();
  }

  /** Tries to make the reserve whole; true when it is and there is room besides. */
  async #makeWhole(): Promise<boolean> {
    const { reserve } = this.#host;
    const wanted = this.#wantedBytes();
    try {
      await reserve.grow(wanted);
      const { usableBytes } = await this.#space();
      if (usableBytes >= 0 && usableBytes < this.#headroomBytes()) return false;
      // A quota shows only when something is written.
      await reserve.grow(wanted + this.#headroomBytes());
      return true;
    } catch {
      return false;
    } finally {
      await this.#take(reserve.byteLength - wanted, 0);
    }
  }

  #headroomBytes(): number {
    return HEADROOM_PARTS * this.#leastBytes;
  }

  #space(): Promise<DiskSpace> {
    const { files, folder } = this.#context;
    return files.space(folder);
  }

  /** Looks how much is missing, for the log and for whoever is refused. */
  async #measure(): Promise<void> {
    const { usableBytes } = await this.#space();
    if (this.refusal === null || this.#isStopped) return;
    const missing = Math.max(0, this.#wantedBytes() - this.#host.reserve.byteLength);
    const needs = { usableBytes, neededBytes: missing + this.#headroomBytes() };
    this.refusal = new StorageError('DISK_FULL', refusalText(needs));
    this.#reports.full(needs);
  }
}
