/** A partition's stream in the engine, which the first append creates. */
import type { LogEngine, StorageError, StreamId, StreamState } from '../storage/types.ts';

const EMPTY: StreamState = { logStartOffset: 0, logEndOffset: 0, liveBytes: 0 };

export class PartitionStream {
  readonly #engine: LogEngine;
  readonly #id: StreamId;
  #exists: boolean;

  constructor(engine: LogEngine, id: StreamId) {
    this.#engine = engine;
    this.#id = id;
    this.#exists = engine.has(id);
  }

  /** Whether the engine has it. */
  get exists(): boolean {
    return this.#exists;
  }

  get state(): StreamState {
    return this.#exists ? this.#engine.state(this.#id) : EMPTY;
  }

  /** Why the engine takes nothing, or null. */
  get refusal(): StorageError | null {
    return this.#engine.refusal;
  }

  /**
   * Makes it unless it is there. `isInternal`: its records are never dropped to make room in memory.
   * @throws StorageError when the journal takes nothing
   */
  create(isInternal: boolean): void {
    if (this.#exists) return;
    if (this.#engine.refusal !== null) throw this.#engine.refusal;
    this.#engine.createStream(this.#id, { internal: isInternal });
    this.#exists = true;
  }

  /** Bytes from `offset` to `endOffset`, as if all records were of the same size. */
  estimatedBytes(offset: number, endOffset: number): number {
    const { logStartOffset, logEndOffset, liveBytes } = this.state;
    const share = (endOffset - offset) / Math.max(1, logEndOffset - logStartOffset);
    return Math.floor(liveBytes * Math.min(1, share));
  }

  /** Moves the log start offset. */
  trim(logStartOffset: number): Promise<void> {
    return this.#engine.trim(this.#id, logStartOffset);
  }
}
