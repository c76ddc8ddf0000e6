/**
 * Publishes what merges made, one publication at a time. One that failed, so that nobody knows whether it was made, is asked
 * for again until it is: files of it may be part of the log, and what it replaces may not be any more.
 */
import { isError } from '../../base/realms.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';
import { StorageError } from '../types.ts';
import type { ConvertHost } from './host.ts';
import type { SegmentChange, SegmentPublisher } from './publication.ts';

/** Until one that failed is asked for again. */
const AGAIN_MS = 10_000;

/** @param error of a merge or a publication: nothing was published, for lack of room */
export function isDiskFull(error: unknown): boolean {
  return isError(error) && 'code' in error && error.code === 'DISK_FULL';
}

type PublishingHost = Pick<ConvertHost, 'clock' | 'flush' | 'logger' | 'refusal' | 'segments' | 'stats'>;

export class Publishing {
  readonly #host: PublishingHost;
  readonly #publisher: SegmentPublisher;
  readonly #stopped = Promise.withResolvers<never>();
  #isStopped = false;
  /** The newest that was asked for; settled when the segments at hand are those of the catalog. */
  newest: Promise<void> = Promise.resolve();

  constructor(host: PublishingHost, publisher: SegmentPublisher) {
    this.#host = host;
    this.#publisher = publisher;
    this.#stopped.promise.catch(() => undefined);
  }

  /**
   * Resolves when the change is made.
   * @param made files that go when it is not; @param check throws when it must not be
   * @throws CatalogError DISK_FULL, and what `check` and the journal throw: nothing was changed; any other when it ended
   * before the catalog said whether it was made, which the next start finds out
   */
  async publish(
    change: Omit<SegmentChange, 'forget'>,
    made: readonly SegmentDescriptor[],
    check: () => void,
  ): Promise<void> {
    const { segments, flush } = this.#host;
    const whole = { ...change, forget: segments.forgettable };
    let isAsked = false;
    try {
      // What it leaves out is dead by entries that must not be lost once it is gone. A full disk may have no room for them.
      await Promise.race([flush(), this.#stopped.promise]);
      check();
      isAsked = true;
      await this.#ask(whole);
    } catch (error) {
      if (isAsked && !isDiskFull(error)) {
        await this.#askAgain(whole, error);
        return;
      }
      await segments.discard(made);
      throw error;
    }
  }

  /** Asks for nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.reject(new StorageError('CLOSED', 'The engine is closed'));
  }

  async #ask(change: SegmentChange): Promise<void> {
    const published = this.#publisher.publish(change).then(() => this.#host.segments.published(change));
    this.newest = published.catch(() => undefined);
    await published;
  }

  async #askAgain(change: SegmentChange, error: unknown): Promise<void> {
    const { clock, logger, stats } = this.#host;
    if (this.#isOver) throw error;
    const what = 'What a merge made cannot be published: nothing more is merged until the catalog takes it';
    logger.error('publication-failed', `${what}, which is tried every ${AGAIN_MS / 1000} seconds`, { error });
    for (;;) {
      stats.mergesFailed += 1;
      const waited = Promise.withResolvers<void>();
      const timer = clock.setTimer(AGAIN_MS, waited.resolve);
      await Promise.race([waited.promise, this.#stopped.promise]).finally(() => timer.cancel());
      if (this.#isOver) throw error;
      try {
        await this.#ask(change);
        return;
      } catch {
        if (this.#isOver) throw error;
      }
    }
  }

  /** Closed, or the journal has failed. */
  get #isOver(): boolean {
    const refusal = this.#host.refusal();
    return this.#isStopped || (refusal !== null && refusal.code !== 'DISK_FULL');
  }
}
