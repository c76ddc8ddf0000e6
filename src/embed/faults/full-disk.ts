/** A disk that is full, for a broker in memory, too: its journal takes no records, and reads go on. */
import { type LogEngine, StorageError } from '../../storage/types.ts';

/** Replaces what the engine says and does of itself, until it is disposed of. */
export class FilledDisk implements Disposable {
  readonly #engine: LogEngine;
  readonly #onFreed: () => void;

  constructor(engine: LogEngine, onFreed: () => void) {
    this.#engine = engine;
    this.#onFreed = onFreed;
    const refusal = new StorageError('DISK_FULL', 'No space left for the journal');
    Object.defineProperties(engine, {
      refusal: { configurable: true, get: () => refusal },
      append: {
        configurable: true,
        value: (): never => {
          throw refusal;
        },
      },
    });
  }

  /** There is space again. Idempotent. */
  free(): void {
    // The engine's own are its class's, behind these.
    Reflect.deleteProperty(this.#engine, 'refusal');
    Reflect.deleteProperty(this.#engine, 'append');
    this.#onFreed();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}
