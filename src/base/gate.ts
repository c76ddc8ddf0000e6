/** Lets a few run at a time, the others in the order in which they came. */
export class Gate {
  readonly #places: number;
  #running = 0;
  #waiting: Array<() => void> = [];

  /** @param places how many run at a time */
  constructor(places: number) {
    this.#places = places;
  }

  /** Runs `work` as soon as there is a place, at once if there is one now; its place is free when it is settled. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#places) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // The next one takes over the place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
