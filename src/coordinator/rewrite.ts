/**
 * Keeps an internal topic's partition short. A coordinator holds its whole state in memory, so instead of compacting
 * old data in place it appends the live records once more and moves the log start past everything before: the space,
 * and the journal files that old records would pin, come free.
 */
import type { JournalUsage } from '../storage/types.ts';
import type { CoordinatorShard } from './types.ts';
import type { ShardRunner } from './shard-runner.ts';

/** A log below this size is not worth rewriting for its dead bytes. */
const MIN_REWRITE_BYTES = 1_048_576;
/** A log is rewritten when this many times as large as after its last rewrite. */
const GROWTH_FACTOR = 4;
/**
 * Dead bytes of the journal from which a log is rewritten, however small: it may be what pins them. Once for as many
 * bytes written to the journal, in case it is not.
 */
export const PINNED_BYTES = 512 * 1_048_576;
/** The same as a multiple of the log's size, so that a large one is not rewritten too often. */
const PINNED_FACTOR = 16;
/** Age after which a log is rewritten even when it is not large, so that it does not pin old journal files. */
export const REWRITE_AGE_MS = 3_600_000;
/** The same for a log that nothing was appended to meanwhile. */
const IDLE_REWRITE_AGE_MS = 86_400_000;

/** How soon it is looked again whether a log is due to which nothing was appended: heartbeats ask thousands of times a second. */
const LOOK_MS = 1000;
/** Pause after a rewrite that failed. */
const RETRY_MS = 60_000;

/** Decides when a partition's log is rewritten, and does it. */
export class LogRewriter<T, S extends CoordinatorShard<T>> {
  readonly #runner: ShardRunner<T, S>;
  readonly #journal: () => JournalUsage;
  /** Size of the log after the last rewrite. */
  #liveBytes = 0;
  /** Start of the last rewrite, on the monotonic clock, and the end of the log after it. */
  #rewrittenAtMs: number;
  #rewrittenEndOffset = 0;
  /** Bytes written to the journal until then. */
  #writtenBytesThen: number;
  #notBeforeMs = 0;
  /** When it was looked last, and where the log ended then. */
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #lookedEndOffset = -1;
  #running: Promise<void> | null = null;

  constructor(runner: ShardRunner<T, S>, nowMs: number, journal: () => JournalUsage) {
    this.#runner = runner;
    this.#journal = journal;
    this.#writtenBytesThen = journal().writtenBytes;
    this.#rewrittenAtMs = nowMs;
  }

  /** Starts a rewrite if the log has grown or aged enough; gives what to wait for. `nowMs` is monotonic. */
  maybeRewrite(nowMs: number): Promise<void> | null {
    if (this.#running !== null || this.#runner.status !== 'active') return this.#running;
    const { logEndOffset } = this.#runner.log;
    if (logEndOffset === this.#lookedEndOffset && nowMs < this.#lookedAtMs + LOOK_MS) return null;
    this.#lookedAtMs = nowMs;
    this.#lookedEndOffset = logEndOffset;
    if (nowMs < this.#notBeforeMs || !this.#isDue(nowMs)) return null;
    this.#notBeforeMs = nowMs + RETRY_MS;
    this.#running = this.#rewrite(nowMs).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  #isDue(nowMs: number): boolean {
    const { log } = this.#runner;
    if (log.sizeBytes > Math.max(MIN_REWRITE_BYTES, GROWTH_FACTOR * this.#liveBytes)) return true;
    if (log.sizeBytes === 0) return false;
    if (this.#mayPin(log.sizeBytes)) return true;
    const isIdle = log.logEndOffset === this.#rewrittenEndOffset;
    return nowMs - this.#rewrittenAtMs >= (isIdle ? IDLE_REWRITE_AGE_MS : REWRITE_AGE_MS);
  }

  /** True when the journal holds much that is dead, and has grown since this log last moved out of the way. */
  #mayPin(sizeBytes: number): boolean {
    const usage = this.#journal();
    const leastBytes = Math.max(PINNED_BYTES, PINNED_FACTOR * sizeBytes);
    return usage.writtenBytes - this.#writtenBytesThen >= leastBytes && usage.deadBytes >= leastBytes;
  }

  /** @throws KafkaError (as a rejection) when an append fails: the old records are then still there */
  async #rewrite(nowMs: number): Promise<void> {
    const { log, shard } = this.#runner;
    const startOffset = log.logEndOffset;
    const { writtenBytes } = this.#journal();
    for (const piece of shard.liveRecords()) {
      // Appended in this turn as a whole: a write in between could be newer than the rest of it.
      await this.#runner.rewrite(piece);
    }
    // Waits for what was in flight when the rewrite began, should there have been nothing to write.
    await this.#runner.rewrite([]);
    await log.deleteRecords(startOffset, 'coordinator');
    this.#liveBytes = log.sizeBytes;
    this.#rewrittenAtMs = nowMs;
    this.#writtenBytesThen = writtenBytes;
    this.#rewrittenEndOffset = log.logEndOffset;
    this.#notBeforeMs = 0;
  }
}
