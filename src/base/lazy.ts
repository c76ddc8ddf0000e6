/** What is made when it is first asked for. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #making: Promise<T> | null = null;
  #made: T | null = null;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    return (this.#making ??= this.#make().then((made) => (this.#made = made)));
  }

  /** Null before it is there. */
  get made(): T | null {
    return this.#made;
  }
}
