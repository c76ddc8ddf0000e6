/**
 * A file that only takes up space, so that what frees space finds some on a full disk: entries that say what may go, and
 * the seal without which it cannot. It gives way from its end, no more than is asked for, and takes back what it can
 * get; while it is not whole, nothing else is written.
 */
import { join } from 'node:path';
import type { FileContext } from '../context.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { isNoSpace, systemCode, writeFully } from '../files/files.ts';

const RESERVE_NAME = 'reserve';
const MAX_LEAST_BYTES = 2 * 1024 * 1024;
const MIN_LEAST_BYTES = 16 * 1024;
/** Share of a journal file: with small files less is written between two chances to free space. */
const LEAST_SHARE = 64;
const STEP_BYTES = 256 * 1024;

/** Bytes of a reserve that has nothing special to provide for. */
export function leastReserve(maxSegmentSize: number): number {
  return Math.min(MAX_LEAST_BYTES, Math.max(MIN_LEAST_BYTES, Math.floor(maxSegmentSize / LEAST_SHARE)));
}

export class SpaceReserve {
  readonly #files: Files;
  readonly #path: string;
  /** Changes of the file, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Bytes it holds now. */
  byteLength = 0;

  constructor({ files, folder }: Pick<FileContext, 'files' | 'folder'>) {
    this.#files = files;
    this.#path = join(folder, RESERVE_NAME);
  }

  /** Looks what an earlier start has left. */
  find(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#withFile('write', async () => undefined);
    });
  }

  /**
   * Grows to `byteLength`, or as far as there is room.
   * @throws the system's error where there is no room for all of it; what it has got stays
   */
  grow(byteLength: number): Promise<void> {
    return this.#inTurn(async () => {
      const write = async (file: OpenFile): Promise<void> => {
        const zeros = Buffer.alloc(Math.min(STEP_BYTES, Math.max(0, byteLength - this.byteLength)));
        for (let at = this.byteLength; at < byteLength; at += STEP_BYTES) {
          await writeFully(file, [zeros.subarray(0, byteLength - at)], at);
        }
        await file.datasync();
      };
      if (!(await this.#withFile('write', write))) await this.#withFile('create', write);
    });
  }

  /** Shrinks by `byteLength`, but not below `floor`; false when that leaves nothing to give. */
  take(byteLength: number, floor = 0): Promise<boolean> {
    return this.#inTurn(async () => {
      let given = 0;
      await this.#withFile('write', async (file) => {
        given = Math.min(byteLength, this.byteLength - floor);
        if (given > 0) await file.truncate(this.byteLength - given);
      });
      return given > 0;
    });
  }

  /** Resolves when no change of the file is under way. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  /** Does something with the file and looks how long it is then; false when there is no such file. */
  async #withFile(mode: 'write' | 'create', action: (file: OpenFile) => Promise<void>): Promise<boolean> {
    let file: OpenFile;
    try {
      file = await this.#files.open(this.#path, mode);
    } catch (error) {
      this.byteLength = 0;
      if (mode === 'write' && systemCode(error) === 'ENOENT') return false;
      throw error;
    }
    try {
      this.byteLength = await file.size();
      await action(file);
    } finally {
      this.byteLength = await file.size().catch(() => 0);
      await file.close();
    }
    return true;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(change);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** Does something at a start; when the disk is full, once more with `byteLength` bytes of the reserve. */
export async function withReserve<T>(
  context: Pick<FileContext, 'files' | 'folder'>,
  byteLength: number,
  action: (isRetry: boolean) => Promise<T>,
): Promise<T> {
  try {
    return await action(false);
  } catch (error) {
    const reserve = new SpaceReserve(context);
    if (!isNoSpace(error) || !(await reserve.take(byteLength))) throw error;
    return await action(true);
  }
}
