/**
 * What is to be closed again, the last opened first: the part of the language's AsyncDisposableStack that is used here,
 * which Node 22 does not have.
 */
export class ClosingStack implements AsyncDisposable {
  #closers: Array<() => unknown> = [];

  /** Has `opened` closed with the others; gives it back. */
  use<T extends AsyncDisposable>(opened: T): T {
    return this.adopt(opened, (it) => it[Symbol.asyncDispose]());
  }

  /** As `use`, with what closes it. */
  adopt<T>(opened: T, close: (opened: T) => unknown): T {
    this.#closers.push(() => close(opened));
    return opened;
  }

  /** All that is here becomes the concern of the stack that is returned; this one is empty. */
  move(): ClosingStack {
    const moved = new ClosingStack();
    moved.#closers = this.#closers;
    this.#closers = [];
    return moved;
  }

  /** Closes all, each after the one before, also where one fails. @throws the first error */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
