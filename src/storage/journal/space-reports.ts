/**
 * What the log says of a full disk: how much is missing, and what holds it. A disk that is nearly full is full again and
 * again, so "there is space again" is said once that has lasted, and a full disk is told anew only now and then; the
 * last line always says how things stand.
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

export class SpaceReports {
  readonly #context: FileContext;
  /** When it was last told that the disk is full, on the monotonic clock; null when the last line says otherwise. */
  #toldMs: number | null = null;
  #settling: Timer | null = null;

  constructor(context: FileContext) {
    this.#context = context;
  }

  /** The disk is full, or still is. */
  full(needs: SpaceNeeds): void {
    this.stop();
    const { clock, logger, folder, table, directory } = this.#context;
    const nowMs = clock.monotonicMs();
    if (this.#toldMs !== null && nowMs - this.#toldMs < TELL_AGAIN_MS) return;
    this.#toldMs = nowMs;
    const { journalBytes } = table;
    const liveBytes = Math.min(journalBytes, directory.totalLiveBytes);
    const deadBytes = journalBytes - liveBytes;
    const holds = `${megabytes(journalBytes)}, ${megabytes(deadBytes)} of them not needed any more`;
    const message = `${refusalText(needs)}. The journal holds ${holds}. Appends are refused; topics and records can be deleted`;
    logger.warn('disk-full', message, { folder, ...needs, journalBytes, liveBytes, deadBytes });
  }

  /** There is space again. */
  space(): void {
    if (this.#toldMs === null) return;
    this.#settling ??= this.#context.clock.setTimer(SETTLED_MS, () => {
      this.#settling = null;
      this.#toldMs = null;
      this.#context.logger.info('disk-space-back', 'There is space for the journal again: appends are taken');
    });
  }

  stop(): void {
    this.#settling?.cancel();
    this.#settling = null;
  }
}
