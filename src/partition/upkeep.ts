/**
 * What is done to all partitions in use now and then: producers that are silent are forgotten, what is known of producers is
 * kept with the streams before a seal, and partitions that nobody uses are given up.
 */
import type { Timer } from '../base/clock.ts';
import type { OpenTopics, PartitionManagerOptions } from './open-topics.ts';
import type { StreamPartitionLog } from './partition-log.ts';

/** How often idle partitions are looked for; one that was not in use in between goes. */
const IDLE_MS = 20_000;
/** As often with many partitions in use. */
const IDLE_MS_OF_MANY = 2000;

function writeSnapshot(log: StreamPartitionLog): void {
  if (!log.deleted) log.producers.writeSnapshot(log.logEndOffset);
}

export class Upkeep {
  readonly #options: PartitionManagerOptions;
  readonly #topics: OpenTopics;
  #expiryTimer: Timer | null = null;
  #idleTimer: Timer | null = null;
  #isEvicting = false;
  #isWritingSnapshots = false;
  #isClosed = false;

  /** Starts with `scheduleExpiry` and `scheduleEviction`. */
  constructor(options: PartitionManagerOptions, topics: OpenTopics) {
    this.#options = options;
    this.#topics = topics;
    options.engine.onBeforeSeal(() => this.#writeSnapshots());
  }

  /** Has producers expire as the settings say now. */
  scheduleExpiry(): void {
    const { clock, config } = this.#options;
    this.#expiryTimer?.cancel();
    this.#expiryTimer = clock.setTimer(config.int('producer.id.expiration.check.interval.ms'), () => {
      const nowMs = clock.now();
      const expirationMs = config.int('producer.id.expiration.ms');
      void this.#topics.forEachLog((log) => log.producers.expire(nowMs, expirationMs));
      this.scheduleExpiry();
    });
  }

  /** Has idle partitions given up: sooner if there are many by now. */
  scheduleEviction(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#options.clock.setTimer(this.#topics.areMany ? IDLE_MS_OF_MANY : IDLE_MS, () => {
      if (this.#isEvicting) return;
      this.#isEvicting = true;
      void this.#evictIdle().finally(() => {
        this.#isEvicting = false;
        if (!this.#isClosed) this.scheduleEviction();
      });
    });
  }

  /** Ends the timers; a last snapshot of all is written when the engine closes. */
  close(): void {
    this.#isClosed = true;
    this.#expiryTimer?.cancel();
    this.#idleTimer?.cancel();
  }

  /** Keeps what is known of producers with their streams: at a clean stop at once, else in slices. */
  #writeSnapshots(): void {
    if (this.#isClosed) {
      for (const log of this.#topics.logs()) writeSnapshot(log);
    } else if (!this.#isWritingSnapshots) {
      this.#isWritingSnapshots = true;
      void this.#topics.forEachLog(writeSnapshot).finally(() => {
        this.#isWritingSnapshots = false;
      });
    }
  }

  /** Gives up partitions that are not in use, but those of internal topics: coordinators hold on to them. */
  #evictIdle(): Promise<void> {
    return this.#topics.forEachLog((log, open) => {
      if (!open.topic.isInternal && log.evictIfIdle()) this.#topics.forget(open, log.index);
    });
  }
}
