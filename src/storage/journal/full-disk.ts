/**
 * What a full disk does to the journal: batches are refused until there is space. The spare goes first; without one the
 * reserve, so that trims and deletions can still be written; and when that is used up too, nothing is tried until the
 * reserve can be made again.
 */
import type { Timer } from '../../base/clock.ts';
import type { EngineContext } from '../context.ts';
import { StorageError } from '../types.ts';
import type { SpaceReserve } from './reserve.ts';
import type { SpareFile } from './spare.ts';
import type { JournalWriter } from './writer.ts';

const RETRY_MS = 500;
/** Share of the reserve that snapshots may use: what frees space must always find room. */
const SNAPSHOT_SHARE = 4;
/** A disk that is nearly full is full again and again: that is told once in this time. */
const TELL_AGAIN_MS = 60_000;

export interface FullDiskHost {
  /** Null in memory mode. */
  readonly reserve: SpaceReserve | null;
  readonly spare: SpareFile | null;
  readonly writer: Pick<JournalWriter, 'acks' | 'refusePending' | 'pause' | 'resume'>;
  /** Called when there is space again, before the writer goes on. */
  readonly onSpace: () => void;
}

export class FullDisk {
  readonly #context: EngineContext;
  readonly #host: FullDiskHost;
  #retry: Timer | null = null;
  #isStopped = false;
  /** Gives away the spare or the reserve; true when there was one. */
  #making: Promise<boolean> = Promise.resolve(false);
  /** Bytes of snapshots taken since the disk is full. */
  #snapshotBytes = 0;
  /** When it was last told that the disk is full, on the monotonic clock. */
  #toldMs = Number.NEGATIVE_INFINITY;
  /** That the disk is full was told, and that there is space again was not. */
  #isTold = false;
  /** Why appends are refused; null while there is space. */
  refusal: StorageError | null = null;

  constructor(context: EngineContext, host: FullDiskHost) {
    this.#context = context;
    this.#host = host;
  }

  /** A write or a file found no space. What could not be written is queued again. */
  begin(): void {
    const { writer } = this.#host;
    if (this.#isStopped) return;
    const isFirst = this.refusal === null;
    this.refusal ??= new StorageError('DISK_FULL', 'No space left for the journal');
    writer.refusePending(this.refusal);
    writer.pause();
    if (isFirst) {
      this.#tellFull();
      this.#making = this.#giveAll();
    }
    this.#retryLater();
  }

  /** Somebody else on this disk found no space: gives what there is, the spare first; false when that is nothing. */
  async makeRoom(): Promise<boolean> {
    if (this.#isStopped) return false;
    if ((await this.#host.spare?.drop()) === true) return true;
    if (this.refusal !== null) return false; // all was given then
    this.begin();
    return await this.#making;
  }

  /** True when the reserve has room for a snapshot that a trim needs, which then may be written on a full disk. */
  takesSnapshot(byteLength: number): boolean {
    const left = (this.#host.reserve?.byteLength ?? 0) / SNAPSHOT_SHARE - this.#snapshotBytes;
    if (byteLength > left) return false;
    if (this.refusal !== null) this.#snapshotBytes += byteLength;
    return true;
  }

  /** The journal has failed or is being closed: tries nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#retry = null;
  }

  async #giveAll(): Promise<boolean> {
    const { reserve, spare, writer } = this.#host;
    const hasRoom = (await spare?.drop()) === true || (await reserve?.free()) === true;
    if (hasRoom && this.refusal !== null && !this.#isStopped) writer.resume();
    return hasRoom;
  }

  #retryLater(): void {
    if (this.#isStopped) return;
    this.#retry ??= this.#context.clock.setTimer(RETRY_MS, () => void this.#tryAgain());
  }

  async #tryAgain(): Promise<void> {
    this.#retry = null;
    const { reserve, writer, onSpace } = this.#host;
    if (this.refusal === null || this.#isStopped) return;
    try {
      // The ends of streams fell back: what is appended by somebody who was not told yet would not fit.
      if (writer.acks.untoldEntries > 0) return this.#goOnRefusing();
      await reserve?.make();
    } catch {
      if (this.#isStopped) return;
      if (!this.#isTold && this.#isTimeToTell()) this.#tellFull();
      return this.#goOnRefusing();
    }
    this.refusal = null;
    this.#snapshotBytes = 0;
    this.#tellSpace();
    onSpace();
    writer.resume();
  }

  /** Space may have come back that the reserve is too large for: lets waiting trims try again. */
  #goOnRefusing(): void {
    this.#host.writer.resume();
    this.#retryLater();
  }

  #isTimeToTell(): boolean {
    return this.#context.clock.monotonicMs() - this.#toldMs >= TELL_AGAIN_MS;
  }

  #tellFull(): void {
    const { clock, logger, folder } = this.#context;
    this.#isTold = this.#isTimeToTell();
    if (this.#isTold) this.#toldMs = clock.monotonicMs();
    const message = 'No space left for the journal: appends are refused';
    logger[this.#isTold ? 'warn' : 'debug']('disk-full', message, { folder });
  }

  #tellSpace(): void {
    const message = 'There is space for the journal again';
    this.#context.logger[this.#isTold ? 'info' : 'debug']('disk-space-back', message);
    this.#isTold = false;
  }
}
