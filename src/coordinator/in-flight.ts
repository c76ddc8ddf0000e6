/**
 * Appends of one log that are not committed yet, in log order: who waits for them, and what takes them out of the state
 * when they are lost.
 */
import type { PartitionLog } from '../partition/types.ts';
import type { KafkaError } from '../../protocol/errors.ts';
import type { Settle } from './settled-within.ts';
import { coordinatorError } from './errors.ts';
import type { Undo } from './types.ts';

interface InFlight {
  readonly undos: readonly Undo[];
  readonly settles: Settle[];
}

export class InFlightAppends {
  readonly #log: PartitionLog;
  readonly #entries: InFlight[] = [];

  constructor(log: PartitionLog) {
    this.#log = log;
  }

  /** True if all that was appended is committed. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Follows the newest append, that ends at `endOffset` (exclusive). */
  add(endOffset: number, undos: readonly Undo[], settle: Settle): void {
    const entry: InFlight = { undos, settles: [settle] };
    this.#entries.push(entry);
    this.#log.whenCommitted(endOffset, (error) => {
      if (error === null) this.#committed(entry);
      else this.#lost(entry, error);
    });
  }

  /** Settles with the newest append; at once when there is none. */
  wait(settle: Settle): void {
    const last = this.#entries.at(-1);
    if (last === undefined) settle(null);
    else last.settles.push(settle);
  }

  /** Gives up on everything, and leaves the state as it is. */
  abandon(error: KafkaError): void {
    for (const { settles } of this.#entries.splice(0)) {
      for (const settle of settles) settle(error);
    }
  }

  /** Commits come in log order: what lies before `entry` is committed as well. */
  #committed(entry: InFlight): void {
    const count = this.#entries.indexOf(entry) + 1;
    for (const done of this.#entries.splice(0, count)) {
      for (const settle of done.settles) settle(null);
    }
  }

  /** A lost append takes all later ones with it: the log ends before it. */
  #lost(entry: InFlight, cause: Error): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    const lost = this.#entries.splice(index);
    for (const { undos } of lost.toReversed()) {
      for (const undo of undos.toReversed()) undo();
    }
    const error = coordinatorError(cause);
    for (const { settles } of lost) {
      for (const settle of settles) settle(error);
    }
  }
}
