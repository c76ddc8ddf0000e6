/**
 * What the log says of a full disk: how much is missing, and what holds it. A disk that is nearly full is full again and
 * again, so "there is space again" is said once that has lasted and what was refused would fit, and a full disk is told
 * anew only now and then; the last line always says how things stand.
 */
import type { Timer } from '../../base/clock.ts';
import type { FileContext } from '../context.ts';

const TELL_AGAIN_MS = 60_000;
/** How long there must have been space before it is told. */
const SETTLED_MS = 5000;
const MB = 1_000_000;

export interface SpaceNeeds {
  /** Bytes free for this process, or -1 when unknown. */
  readonly usableBytes: number;
  /** Free bytes at which writes go on. */
  readonly neededBytes: number;
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}

/** Why an append is refused, in a sentence without a full stop. */
export function refusalText({ usableBytes, neededBytes }: SpaceNeeds): string {
  const needed = megabytes(Math.ceil(neededBytes / (MB / 10)) * (MB / 10));
  if (usableBytes < 0) return `No space left for the journal: ${needed} must be free for writes to go on`;
  const isWithheld = usableBytes >= neededBytes;
  const why = isWithheld ? ', but may not be used (a quota?)' : '';
  return `No space left for the journal: ${megabytes(usableBytes)} are free${why}, ${needed} must be for writes to go on`;
}

/** What the last line said; null: that there is space, or nothing yet. */
type Told = 'full' | 'short' | null;

export class SpaceReports {
  readonly #context: FileContext;
  #told: Told = null;
  /** When it was last told that the disk is full, and that there is some space, on the monotonic clock. */
  #fullMs = Number.NEGATIVE_INFINITY;
  #shortMs = Number.NEGATIVE_INFINITY;
  /** The largest write that found no space since there was enough. */
  #refusedBytes = 0;
  #settling: Timer | null = null;

  constructor(context: FileContext) {
    this.#context = context;
  }

  /** A write of so many bytes found no space. */
  refused(byteLength: number): void {
    this.#refusedBytes = Math.max(this.#refusedBytes, byteLength);
  }

  /** The disk is full, or still is. */
  full(needs: SpaceNeeds): void {
    this.stop();
    const { clock, logger, folder, table, directory } = this.#context;
    const nowMs = clock.monotonicMs();
    if (this.#told === 'full' && nowMs - this.#fullMs < TELL_AGAIN_MS) return;
    this.#told = 'full';
    this.#fullMs = nowMs;
    const { journalBytes } = table;
    const liveBytes = Math.min(journalBytes, directory.totalLiveBytes);
    const deadBytes = journalBytes - liveBytes;
    const holds = `${megabytes(journalBytes)}, ${megabytes(deadBytes)} of them not needed any more`;
    const message = `${refusalText(needs)}. The journal holds ${holds}. Appends are refused; topics and records can be deleted`;
    logger.warn('disk-full', message, { folder, ...needs, journalBytes, liveBytes, deadBytes });
  }

  /** There is space again. */
  space(): void {
    if (this.#told === null) return;
    this.#settling ??= this.#context.clock.setTimer(SETTLED_MS, () => void this.#settled());
  }

  /** Tells that there is space, unless it is too little for what was refused: whoever wrote that may try again. */
  async #settled(): Promise<void> {
    const { clock, files, folder, logger } = this.#context;
    const settling = this.#settling;
    const { usableBytes } = await files.space(folder);
    if (this.#settling !== settling) return;
    this.#settling = null;
    if (usableBytes < 0 || usableBytes >= this.#refusedBytes) {
      this.#told = null;
      this.#refusedBytes = 0;
      logger.info('disk-space-back', 'There is space for the journal again: appends are taken');
      return;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#shortMs >= TELL_AGAIN_MS) {
      this.#told = 'short';
      this.#shortMs = nowMs;
      const refusedBytes = this.#refusedBytes;
      const message =
        `There is some space for the journal again: appends are taken as far as they fit. One write of ` +
        `${megabytes(refusedBytes)} was refused: ${megabytes(usableBytes)} are free, and ` +
        `${megabytes(refusedBytes - usableBytes)} more must be`;
      logger.warn('disk-space-short', message, { folder, usableBytes, refusedBytes });
    }
    this.space();
  }

  stop(): void {
    this.#settling?.cancel();
    this.#settling = null;
  }
}
