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
  readonly isDead: boolean;
  readonly liveBytes: number;
  readonly ranges: number;
  /** Bytes that had died by then, wherever. */
  readonly atDiedBytes: number;
  readonly cutBytes: number;
  /** `cutBytes` when the source had just been made: of batches that a log start lies in, which nobody wins back. */
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
    return Math.min(source.batchBytes, look.liveBytes + Math.min(look.residueBytes, look.cutBytes));
  }

  /** Nothing in the source is live, as far as is known. */
  isDead(source: RunSource): boolean {
    return this.#looks.get(source)?.isDead === true;
  }

  isDamaged(source: RunSource): boolean {
    return this.#looks.get(source)?.isDamaged === true;
  }

  /** Ranges of streams in it; looks if it was not looked at yet. */
  async ranges(source: RunSource): Promise<number> {
    if (!this.#looks.has(source)) await this.#look(source, false);
    return this.#looks.get(source)?.ranges ?? 0;
  }

  /** Looks at a source that a merge has just made: what seems to lie before a log start in it does not. */
  async lookAtNew(source: RunSource): Promise<void> {
    await this.#look(source, true);
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
    const { diedBytes } = this.#directory;
    // One that was not looked at yet comes first.
    const at = (source: RunSource): number => this.#looks.get(source)?.atDiedBytes ?? -1;
    const stale = candidates
      .filter((source) => !this.isDamaged(source) && (at(source) < 0 || diedBytes - at(source) > worth))
      .sort((a, b) => at(a) - at(b));
    for (const source of stale.slice(0, LOOKS)) await this.#look(source, false);
    return stale.length > LOOKS;
  }

  async #look(source: RunSource, isNew: boolean): Promise<void> {
    const atDiedBytes = this.#directory.diedBytes;
    try {
      const figures = await lookAt(source, this.#directory, this.#pause);
      const residueBytes = isNew ? figures.cutBytes : (this.#looks.get(source)?.residueBytes ?? 0);
      this.#looks.set(source, { ...figures, atDiedBytes, residueBytes, isDamaged: false });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const unknown = { isDead: false, liveBytes: source.batchBytes, cutBytes: 0, ranges: 0, residueBytes: 0 };
      this.#looks.set(source, { ...unknown, atDiedBytes, isDamaged: true });
    }
  }

  #deadBytes(all: readonly RunSource[]): number {
    const stored = all.reduce((sum, { batchBytes }) => sum + batchBytes, 0);
    return Math.max(0, stored - this.#directory.totalLiveBytes);
  }
}
