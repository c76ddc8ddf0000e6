/** Goes from one journal file to the next: when that is due, and what happens to both. */
import { broken } from '../../base/invariant.ts';
import type { FileContext } from '../context.ts';
import { aligned, FILE_HEADER_BYTES } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { MAX_RUNS_PER_FILE } from '../options.ts';
import { createJournalFile } from './create.ts';
import { NextFile } from './next-file.ts';
import type { ReadySpace } from './ready-space.ts';
import type { Sealer } from './sealer.ts';
import type { SpareFile } from './spare.ts';
import type { WritableFile } from './writable-file.ts';

/** The next file is made when this much of the active one is left. */
const PREPARE_NEXT_BYTES = 16 * 1024 * 1024;

export interface RollerHost {
  readonly sealer: Sealer;
  readonly spare: SpareFile;
  /** True while the disk is full. */
  readonly isFull: () => boolean;
  readonly makeReady: (file: WritableFile, isFast: boolean) => ReadySpace;
  readonly onBeforeSeal: () => void;
  readonly onBegun: (file: JournalFile) => void;
  readonly onSealed: (file: JournalFile) => void;
}

export class Roller {
  readonly #context: FileContext;
  readonly #host: RollerHost;
  readonly #next: NextFile;
  /** The file being written, and the space that is ready in it. */
  active: WritableFile;
  ready: ReadySpace;

  constructor(context: FileContext, active: WritableFile, host: RollerHost) {
    this.#context = context;
    this.#host = host;
    this.#next = new NextFile(context, host.spare, host.isFull);
    this.active = active;
    this.ready = host.makeReady(active, false);
  }

  /** True when an entry that needs `byteLength` bytes must go to a new file; `nowMs` is the wall clock's. */
  mustRoll(byteLength: number, nowMs: number): boolean {
    const { file, claimed, index } = this.active;
    // What a full disk still takes is little, and a seal would need room of its own.
    if (claimed <= FILE_HEADER_BYTES || this.#host.isFull()) return false;
    if (index.runCount >= MAX_RUNS_PER_FILE) return true;
    const { maxSegmentSize, maxSegmentAgeMs } = this.#context;
    return aligned(claimed) + byteLength > maxSegmentSize || nowMs - file.createdMs > maxSegmentAgeMs;
  }

  /** Starts to make the next file when this one is nearly full. */
  prepareNext(): void {
    const { maxSegmentSize } = this.#context;
    const { file, index } = this.active;
    const left = Math.min(PREPARE_NEXT_BYTES, maxSegmentSize / 4);
    const isNear = file.written > maxSegmentSize - left || index.runCount > MAX_RUNS_PER_FILE * 0.9;
    if (isNear) this.#next.prepare(file.sequence + 1);
  }

  /** Seals the file and goes on in the next. When it fails, the file is written on. */
  async roll(): Promise<void> {
    const { sealer, makeReady, onBeforeSeal, onBegun, onSealed } = this.#host;
    onBeforeSeal();
    const { active, ready } = this;
    const { file, handle } = active;
    await ready.stop();
    let next: WritableFile;
    try {
      next = await this.#next.get(file.sequence + 1);
    } catch (error) {
      ready.cutTo(Number.POSITIVE_INFINITY);
      throw error;
    }
    const witnessed = this.#next.witness(next.file);
    try {
      await sealer.seal(active);
    } catch (error) {
      // What was written behind the end is cut away, so that a later attempt starts clean.
      await handle.truncate(file.written);
      ready.cutTo(file.written);
      throw error;
    } finally {
      await witnessed;
    }
    if (next.file.sequence !== file.sequence + 1) broken(`File ${next.file.sequence} follows file ${file.sequence}`);
    this.#next.taken();
    next.file.startLsn = file.startLsn + file.written;
    this.active = next;
    const { table } = this.#context;
    table.list.push(next.file);
    onBegun(next.file);
    table.releaseHandle(file);
    this.ready = makeReady(next, ready.isFast);
    this.ready.advance(this.#context.clock.monotonicMs());
    onSealed(file);
  }

  /** Gives up the file that was made ahead. */
  discardNext(): Promise<void> {
    return this.#next.discard();
  }

  /** Leaves an empty file behind a sealed one: its header vouches for all before it, so the next start reads nothing. */
  async createLast(): Promise<JournalFile> {
    const { file, handle } = await createJournalFile(this.#context, this.active.file.sequence + 1, true);
    await handle.close();
    return file;
  }
}
