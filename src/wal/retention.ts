/** Truncates what is beyond a log's limits, twice a minute. */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { LogCore } from './core.ts';
import type { RetentionLimits } from './options.ts';

const CHECK_MS = 30_000;

export class WalRetention {
  readonly #core: LogCore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: RetentionLimits;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(core: LogCore, clock: Clock, logger: Logger, limits: RetentionLimits) {
    this.#core = core;
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = limits;
  }

  /** Looks at all streams after a while, and again and again. */
  start(): void {
    this.#timer = this.#clock.setTimer(CHECK_MS, () => {
      void this.#look().then(() => {
        if (!this.#isStopped) this.start();
      });
    });
  }

  /** Begins with no further stream. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    for (const stream of Array.from(this.#core.streamIds())) {
      if (this.#isStopped) return;
      try {
        await this.#core.retain(stream, this.#limits);
      } catch (error) {
        if (this.#isStopped) return;
        // Tried again at the next check; a log that failed tells so by its appends.
        this.#logger.warn('retention-failed', 'Entries that may go could not be truncated', { stream, error });
      }
    }
  }
}
