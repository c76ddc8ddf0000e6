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

export class Meters<M extends Metered> {
  readonly #max: number;
  readonly #onForgotten: () => void;
  /** The longest unused first. */
  readonly #meters = new Map<string, M>();
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

  get all(): Iterable<M> {
    return this.#meters.values();
  }

  /** The one of this name, made if need be; then it is the last to be forgotten. */
  get(name: string, nowMs: number, make: () => M): M {
    if (nowMs - this.#lookedMs >= LOOK_MS) this.#look(nowMs);
    const known = this.#meters.get(name);
    if (known === undefined) this.#nameCharacters += name.length;
    const meter = known ?? make();
    this.#meters.delete(name);
    this.#meters.set(name, meter);
    while (this.#meters.size > this.#max || this.#nameCharacters > MAX_NAME_CHARACTERS) {
      const [oldest] = this.#meters.keys();
      this.#forget(oldest as string);
    }
    return meter;
  }

  forgetAll(): void {
    this.#meters.clear();
    this.#nameCharacters = 0;
    this.#onForgotten();
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    for (const [name, { lastMs }] of this.#meters) if (nowMs - lastMs >= FORGOTTEN_MS) this.#forget(name);
  }

  #forget(name: string): void {
    this.#meters.delete(name);
    this.#nameCharacters -= name.length;
    this.#onForgotten();
  }
}
