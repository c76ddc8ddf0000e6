/**
 * What the planner goes by: how much of each source is still needed. Looking costs a walk over the source's index, so it is
 * done only once more bytes are dead than is known where, a few sources at a time, those first that were not looked at for
 * longest. Between that a source is taken for as live as it was.
 */
import type { Directory } from '../directory.ts';
import type { RunSource } from '../runs/run-source.ts';
import { StorageError } from '../types.ts';
import { lookAt } from './live-bytes.ts';

/** Sources looked at before the next decision. */
const LOOKS = 4;
/** Dead bytes that are not known where, by live byte, from which they are looked for. */
const UNKNOWN_SHARE = 0.1;

interface Look {
  readonly liveBytes: number;
  readonly ranges: number;
  /** Bytes that were dead in all sources when it was looked at. */
  readonly atDeadBytes: number;
  /** Bytes that seemed dead right after the source was made: what estimates cannot know, and nobody wins back. */
  readonly residueBytes: number;
  /** Nobody knows what is in it: its index is damaged. */
  readonly isDamaged: boolean;
}

export class LiveFigures {
  readonly #directory: Directory;
  readonly #pause: () => Promise<void>;
  readonly #looks = new WeakMap<RunSource, Look>();

  constructor(directory: Directory, pause: () => Promise<void>) {
    this.#directory = directory;
    this.#pause = pause;
  }

  /** Bytes of the source's batches that are live, as far as is known. */
  liveBytes(source: RunSource): number {
    const look = this.#looks.get(source);
    if (look === undefined) return source.batchBytes;
    return Math.min(source.batchBytes, look.liveBytes + look.residueBytes);
  }

  isDamaged(source: RunSource): boolean {
    return this.#looks.get(source)?.isDamaged === true;
  }

  /** Ranges of streams in it; looks if it was not looked at yet. */
  async ranges(source: RunSource, all: readonly RunSource[]): Promise<number> {
    if (!this.#looks.has(source)) await this.#look(source, this.#deadBytes(all), false);
    return this.#looks.get(source)?.ranges ?? 0;
  }

  /** Looks at a source that a merge has just made: what seems dead in it is not. */
  async lookAtNew(source: RunSource, all: readonly RunSource[]): Promise<void> {
    await this.#look(source, this.#deadBytes(all), true);
  }

  /**
   * Looks again where it pays.
   * @param all sources of the journal
   * @param candidates those that something can be done about
   * @param slackBytes dead bytes that are not worth a look
   * @returns true when there is more to look at
   */
  async refresh(all: readonly RunSource[], candidates: readonly RunSource[], slackBytes: number): Promise<boolean> {
    const dead = this.#deadBytes(all);
    const known = candidates.reduce((sum, source) => sum + source.batchBytes - this.liveBytes(source), 0);
    const worth = Math.max(slackBytes, UNKNOWN_SHARE * this.#directory.totalLiveBytes);
    if (dead - known <= worth) return false;
    const since = (source: RunSource): number => this.#looks.get(source)?.atDeadBytes ?? 0;
    const stale = candidates
      .filter((source) => !this.isDamaged(source) && dead - since(source) > worth)
      .sort((a, b) => since(a) - since(b));
    for (const source of stale.slice(0, LOOKS)) await this.#look(source, dead, false);
    return stale.length > LOOKS;
  }

  async #look(source: RunSource, atDeadBytes: number, isNew: boolean): Promise<void> {
    try {
      const { liveBytes, ranges } = await lookAt(source, this.#directory, this.#pause);
      const residueBytes = isNew
        ? Math.max(0, source.batchBytes - liveBytes)
        : (this.#looks.get(source)?.residueBytes ?? 0);
      this.#looks.set(source, { liveBytes, ranges, atDeadBytes, residueBytes, isDamaged: false });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const unknown = { liveBytes: source.batchBytes, ranges: 0, residueBytes: 0 };
      this.#looks.set(source, { ...unknown, atDeadBytes, isDamaged: true });
    }
  }

  #deadBytes(all: readonly RunSource[]): number {
    const stored = all.reduce((sum, { batchBytes }) => sum + batchBytes, 0);
    return Math.max(0, stored - this.#directory.totalLiveBytes);
  }
}
