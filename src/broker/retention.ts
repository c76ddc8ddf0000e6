/** Runs retention now and then, for as long as a broker lives. */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PartitionManager } from '../partition/types.ts';

class RetentionTimer implements Disposable {
  readonly #clock: Clock;
  readonly #run: () => Promise<void>;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(clock: Clock, run: () => Promise<void>) {
    this.#clock = clock;
    this.#run = run;
  }

  start(intervalMs: () => number): void {
    if (this.#isStopped) return;
    this.#timer = this.#clock.setTimer(intervalMs(), () => {
      void this.#run().finally(() => this.start(intervalMs));
    });
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }
}

export function startRetention(
  config: BrokerConfig,
  partitions: PartitionManager,
  clock: Clock,
  logger: Logger,
): Disposable {
  const retention = new RetentionTimer(clock, async () => {
    try {
      await partitions.applyRetention();
    } catch (error) {
      // Retention comes again; what it could not drop stays readable.
      logger.warn('retention-failed', 'Retention could not run', { error });
    }
  });
  retention.start(() => config.int('log.retention.check.interval.ms'));
  return retention;
}
