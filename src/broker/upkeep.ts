/** What is done for partitions now and then, for as long as a broker lives: retention and compaction. */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PartitionManager } from '../partition/types.ts';

/** A setting of 0 ms means often, not without end. */
const LEAST_INTERVAL_MS = 10;

class RepeatedTimer {
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
    this.#timer = this.#clock.setTimer(Math.max(LEAST_INTERVAL_MS, intervalMs()), () => {
      void this.#run().finally(() => this.start(intervalMs));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }
}

/** Starts retention, and compaction unless it is switched off; what is returned stops them. */
export function startUpkeep(
  config: BrokerConfig,
  partitions: PartitionManager,
  clock: Clock,
  logger: Logger,
): () => void {
  const timers: RepeatedTimer[] = [];
  const repeat = (event: string, message: string, run: () => Promise<void>, setting: string): void => {
    const timer = new RepeatedTimer(clock, async () => {
      try {
        await run();
      } catch (error) {
        logger.warn(event, message, { error }); // it comes again
      }
    });
    timer.start(() => config.int(setting));
    timers.push(timer);
  };
  repeat(
    'retention-failed',
    'Retention could not run; what it could not drop stays readable',
    () => partitions.applyRetention(),
    'log.retention.check.interval.ms',
  );
  if (config.bool('log.cleaner.enable')) {
    repeat(
      'compaction-failed',
      'Compaction could not run',
      () => partitions.applyCompaction(),
      'log.cleaner.backoff.ms',
    );
  }
  return () => {
    for (const timer of timers) timer.stop();
  };
}
