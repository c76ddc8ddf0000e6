/** What is done for partitions now and then, for as long as a broker lives: retention and compaction. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PartitionManager } from '../partition/types.ts';
import { RepeatedTimer } from './repeated-timer.ts';

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
        if (!timer.isStopped) logger.warn(event, message, { error }); // it comes again
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
