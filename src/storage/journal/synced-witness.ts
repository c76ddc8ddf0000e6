/** Tells the witness now and then how far the journal is on the device, so that a start misses what was cut off since. */
import type { Timer } from '../../base/clock.ts';
import type { FileContext } from '../context.ts';
import type { Syncer } from './sync.ts';

/** Each time is a small transaction of the catalog's. */
const NOTE_EVERY_MS = 1000;

export class SyncedWitness {
  readonly #context: FileContext;
  readonly #syncer: Pick<Syncer, 'syncedSequence' | 'syncedPosition'>;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(context: FileContext, syncer: Pick<Syncer, 'syncedSequence' | 'syncedPosition'>) {
    this.#context = context;
    this.#syncer = syncer;
  }

  /** More of the journal is on the device. */
  onSynced(): void {
    if (this.#timer !== null || this.#isStopped) return;
    this.#timer = this.#context.clock.setTimer(NOTE_EVERY_MS, () => {
      this.#timer = null;
      void this.#note();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #note(): Promise<void> {
    const { witness, logger } = this.#context;
    const { syncedSequence: sequence, syncedPosition: position } = this.#syncer;
    try {
      await witness.reached({ sequence, position });
    } catch (error) {
      // Less is known then, as before the first note.
      logger.debug('journal-position-unwitnessed', 'The catalog could not note how far the journal is', { error });
    }
  }
}
