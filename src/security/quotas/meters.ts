/**
 * What is measured, by who shares it: bounded, as anybody may make up client ids. Who was not seen for an hour is
 * forgotten, as in Kafka; beyond so many, or so much of names, who was not seen for the longest time.
 */

/** As Kafka's sensors. */
const FORGOTTEN_MS = 60 * 60 * 1000;
/** Between two looks for those. */
const LOOK_MS = 60 * 1000;
const MAX_METERS = 10_000;
/** Characters of all names together: a client id may have 32,767. */
export const MAX_NAME_CHARACTERS = 4_000_000;

export interface Metered {
  /** Clock.monotonicMs of the last time that it was measured. */
  readonly lastMs: number;
}

interface Place<M extends Metered> {
  readonly meter: M;
  /** Its `lastMs` when it took this place. */
  readonly sinceMs: number;
}

export class Meters<M extends Metered> {
  readonly #max: number;
  readonly #onForgotten: () => void;
  /** In the order in which they took their places: the longest unused first, but for those used since. */
  readonly #meters = new Map<string, Place<M>>();
  #nameCharacters = 0;
  #lookedMs = -Infinity;

  /** @param onForgotten called when one that somebody may still hold does not count any more */
  constructor(onForgotten: () => void = () => {}, max = MAX_METERS) {
    this.#onForgotten = onForgotten;
    this.#max = max;
  }

  get size(): number {
    return this.#meters.size;
  }

  *all(): Generator<M> {
    for (const { meter } of this.#meters.values()) yield meter;
  }

  /** The one of this name, made if need be; then it is the last to be forgotten. */
  get(name: string, nowMs: number, make: () => M): M {
    if (nowMs - this.#lookedMs >= LOOK_MS) this.#look(nowMs);
    const known = this.#meters.get(name);
    if (known === undefined) this.#nameCharacters += name.length;
    const meter = known?.meter ?? make();
    this.#place(name, meter);
    if (this.#hasTooMany) this.#makeRoom(name);
    return meter;
  }

  forgetAll(): void {
    this.#meters.clear();
    this.#nameCharacters = 0;
    this.#onForgotten();
  }

  get #hasTooMany(): boolean {
    return this.#meters.size > this.#max || this.#nameCharacters > MAX_NAME_CHARACTERS;
  }

  /** Gives it the last place. */
  #place(name: string, meter: M): void {
    this.#meters.delete(name);
    this.#meters.set(name, { meter, sinceMs: meter.lastMs });
  }

  /** Forgets the longest unused. Clients use what they hold without asking here, and it takes its new place only now. */
  #makeRoom(asked: string): void {
    for (const [name, { meter, sinceMs }] of this.#meters) {
      if (!this.#hasTooMany) return;
      if (name === asked || meter.lastMs > sinceMs) this.#place(name, meter);
      else this.#forget(name);
    }
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    for (const [name, { meter }] of this.#meters) if (nowMs - meter.lastMs >= FORGOTTEN_MS) this.#forget(name);
  }

  #forget(name: string): void {
    this.#meters.delete(name);
    this.#nameCharacters -= name.length;
    this.#onForgotten();
  }
}
